package pledge

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/register"
)

// Kinds of the register entries in which others than its parties speak of a pledge. They stand
// beside the party's own reports and change nothing of it: no stage, no total and no filter is
// ever taken from them.
const (
	AssessmentKind = "assessment" // Assessment, subject "assessment:GCM-0158/1"
	CommentKind    = "comment"    // Comment, subject "comment:GCM-0158/1"
)

// VoiceKinds lists them.
var VoiceKinds = []string{AssessmentKind, CommentKind}

// Assessment is what an institution apart from the parties found. It has words and no stage.
type Assessment struct {
	Schema   int       `json:"schema"`
	Pledge   string    `json:"pledge"`
	Number   int       `json:"number"`           // 1, 2, … per pledge
	Report   int       `json:"report,omitempty"` // the report that it speaks of; 0: the pledge itself
	Assessor string    `json:"assessor"`         // code of a party, or name of an institution; never of a person
	On       string    `json:"on"`               // its date
	Source   string    `json:"source"`           // the public page that it was taken from
	Finding  string    `json:"finding"`
	Language lang.Code `json:"language"`
}

// Comment is what another party contests, with the reply of the party in the lead beside it.
type Comment struct {
	Schema   int       `json:"schema"`
	Pledge   string    `json:"pledge"`
	Number   int       `json:"number"`
	Report   int       `json:"report,omitempty"`
	By       string    `json:"by"`       // code of the party that comments
	On       string    `json:"on"`       // the day on which it handed the comment in
	Contests string    `json:"contests"` // what is contested
	Text     string    `json:"text"`
	Language lang.Code `json:"language"`
	Evidence []Link    `json:"evidence,omitempty"`
	AskedOn  string    `json:"asked_on"`        // the day on which the party in the lead was asked for its reply
	ReplyBy  string    `json:"reply_by"`        // the last day for it
	Reply    *Reply    `json:"reply,omitempty"` // nil: none was received by then
}

// Reply is what the party in the lead says to a comment.
type Reply struct {
	By       string    `json:"by"`
	On       string    `json:"on"`
	Text     string    `json:"text"`
	Language lang.Code `json:"language"`
	Evidence []Link    `json:"evidence,omitempty"`
}

// Mandated reports whether the pack cites a source that lets others speak in this way.
func Mandated(pack *compact.Pack, kind string) bool {
	source := map[string]string{AssessmentKind: pack.Mandates.Assessment, CommentKind: pack.Mandates.Contestation}[kind]
	_, cited := pack.Source(source)
	return cited
}

// VoiceSubject names an assessment or a comment in the register.
func VoiceSubject(kind, id string, number int) string {
	return fmt.Sprintf("%s:%s/%d", kind, id, number)
}

// Tidied is the assessment in the form in which it is recorded.
func (a Assessment) Tidied() Assessment {
	a.Schema = Schema
	tidy(&a.Assessor, &a.Finding)
	return a
}

// Tidied is the comment in the form in which it is recorded.
func (c Comment) Tidied() Comment {
	c.Schema = Schema
	tidy(&c.Contests, &c.Text)
	c.Evidence = tidyLinks(c.Evidence)
	if c.Reply != nil {
		r := *c.Reply
		tidy(&r.Text)
		r.Evidence = tidyLinks(r.Evidence)
		c.Reply = &r
	}
	return c
}

// CommentWords is how many characters a comment, and the reply to it, may have.
const CommentWords = 3_000

// Assessment says everything that is wrong with an assessment of a pledge with so many reports.
func (r Rules) Assessment(p Pledge, reports int, a Assessment) []errs.Field {
	var f findings
	f.words(party.Words{Min: 2, Max: 300}, "assessor", a.Assessor)
	if p.names(a.Assessor) {
		f.add("assessor", a.Assessor, "must be none of the parties of the pledge")
	}
	day(&f, "on", a.On)
	webAddress(&f, "source", a.Source)
	f.words(party.Words{Min: 1, Max: blockWords.Max, Lines: true}, "finding", a.Finding)
	written(&f, "language", a.Language)
	speaksOf(&f, a.Report, reports)
	return f
}

// Comment says everything that is wrong with a comment on a pledge with so many reports.
func (r Rules) Comment(p Pledge, reports int, c Comment) []errs.Field {
	var f findings
	if _, known := r.Party(c.By); !known {
		f.add("by", c.By, "is no party in the register")
	}
	if p.names(c.By) {
		f.add("by", c.By, "must be none of the parties of the pledge")
	}
	day(&f, "on", c.On)
	f.words(party.Words{Min: 1, Max: lineWords.Max}, "contests", c.Contests)
	f.words(party.Words{Min: 1, Max: CommentWords, Lines: true}, "text", c.Text)
	written(&f, "language", c.Language)
	links(&f, "evidence", c.Evidence)
	r.notAhead(&f, "evidence", c.Evidence, "comment", c.On)
	speaksOf(&f, c.Report, reports)
	if c.Reply != nil {
		r.Reply(&f, p, *c.Reply)
	}
	return f
}

// Reply adds what is wrong with a reply.
func (r Rules) Reply(f *findings, p Pledge, answer Reply) {
	if !p.names(answer.By) {
		f.add("reply.by", answer.By, "must be a party of the pledge: %s", strings.Join(p.Parties, ", "))
	}
	day(f, "reply.on", answer.On)
	f.words(party.Words{Min: 1, Max: CommentWords, Lines: true}, "reply.text", answer.Text)
	written(f, "reply.language", answer.Language)
	links(f, "reply.evidence", answer.Evidence)
	r.notAhead(f, "reply.evidence", answer.Evidence, "reply", answer.On)
}

func day(f *findings, field, s string) {
	if d, ok := ParseDate(s); !ok || d.Day == 0 {
		f.add(field, s, "must be a day of the calendar, as 2022-05-20")
	}
}

func written(f *findings, field string, c lang.Code) {
	if !lang.Known(string(c)) {
		f.add(field, string(c), "must be ar, en, es, fr, ru or zh")
	}
}

func speaksOf(f *findings, number, reports int) {
	if number < 0 || number > reports {
		f.add("report", strconv.Itoa(number), "must be the number of a report of the pledge, or 0")
	}
}

// Assess publishes an assessment; Number 0 makes a new one.
func (b Book) Assess(ctx context.Context, tx *db.Tx, t Terms, a Assessment) (Outcome, error) {
	a = a.Tidied()
	return b.voice(ctx, tx, t, AssessmentKind, a.Pledge, a.Number,
		func(r Rules, p Pledge, reports int) []errs.Field { return r.Assessment(p, reports, a) },
		func(number int) any { a.Number = number; return a })
}

// Comment publishes a comment, or a further version of it once a reply has come.
func (b Book) Comment(ctx context.Context, tx *db.Tx, t Terms, c Comment) (Outcome, error) {
	c = c.Tidied()
	return b.voice(ctx, tx, t, CommentKind, c.Pledge, c.Number,
		func(r Rules, p Pledge, reports int) []errs.Field { return r.Comment(p, reports, c) },
		func(number int) any { c.Number = number; return c })
}

func (b Book) voice(ctx context.Context, tx *db.Tx, t Terms, kind, id string, number int, check func(Rules, Pledge, int) []errs.Field, payload func(int) any) (out Outcome, err error) {
	defer errs.Wrap(&err, "%s on pledge %s", kind, id)
	if !Mandated(b.Pack, kind) {
		return out, errs.New(errs.Forbidden, "the pack cites no mandate for %s", kind)
	}
	return b.one(ctx, tx, t, func(batch *Batch) (Outcome, error) {
		old, err := batch.standing(id)
		switch {
		case err != nil:
			return out, err
		case old == nil:
			return out, errs.New(errs.NotFound, "there is no pledge %q", id)
		case old.status == erased:
			return out, gone(id)
		}
		current, err := batch.content(id)
		if err != nil {
			return out, err
		}
		if err := batch.check(check(batch.rules, current, len(old.reports))); err != nil {
			return out, err
		}
		last, floor, withheld := 0, old.first, false
		err = batch.query(`SELECT number, effective, doc FROM voices WHERE kind = $1 AND pledge = $2`, func(scan func(...any) error) error {
			var n int
			var on, doc string
			err := scan(&n, &on, &doc)
			if last = max(last, n); n == number {
				floor, withheld = max(floor, on), doc == ""
			}
			return err
		}, kind, id)
		switch {
		case err != nil:
			return out, err
		case number < 0 || number > last:
			return out, errs.New(errs.NotFound, "pledge %s has no %s %d", id, kind, number)
		case withheld:
			return out, errs.New(errs.Gone, "%s %d on pledge %s was erased", kind, number, id)
		}
		what := Revised
		if number == 0 {
			number, what = last+1, Created
		}
		e, err := batch.add(register.Draft{Kind: kind, Subject: VoiceSubject(kind, id, number), Effective: max(batch.day(t.Effective), floor), New: what == Created}, payload(number))
		if err != nil {
			return out, err
		}
		h := e.Header
		return Outcome{What: what, ID: id, Number: number, Version: h.Version, Position: h.Position, Effective: h.Effective}, applyVoice(ctx, tx, e)
	})
}

func applyVoice(ctx context.Context, tx *db.Tx, e register.Entry) error {
	h := e.Header
	id, digits, ok := strings.Cut(strings.TrimPrefix(h.Subject, h.Kind+":"), "/")
	number, err := strconv.Atoi(digits)
	if !ok || err != nil || number < 1 {
		return fmt.Errorf("%q is no subject of kind %s", h.Subject, h.Kind)
	}
	doc := ""
	if e.WithheldBy < 0 {
		doc = string(e.Payload)
	}
	_, err = tx.Exec(ctx, `INSERT INTO voices (kind, pledge, number, version, position, effective, doc) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (kind, pledge, number) DO UPDATE SET version = excluded.version, position = excluded.position,
			effective = excluded.effective, doc = excluded.doc`, h.Kind, id, number, h.Version, h.Position, h.Effective, doc)
	return err
}

// Voice is what somebody else says of a pledge, with its place in the register: an assessment or
// a comment.
type Voice struct {
	Kind       string
	Number     int
	Version    int
	Position   int64
	Effective  string
	Assessment *Assessment
	Comment    *Comment
}

// Voices are what others had said of a pledge when the register had so many entries, as far as
// it was public by the day: assessments first, each in its latest version. What was withheld, and
// kinds for which the pack cites no mandate, are not among them.
func Voices(ctx context.Context, log *register.Log, pack *compact.Pack, id string, size int64, asOf string) (all []Voice, err error) {
	defer errs.Wrap(&err, "voices on %q", id)
	for _, kind := range VoiceKinds {
		if !Mandated(pack, kind) {
			continue
		}
		err := eachVoice(ctx, log, kind, id, func(number int, entries []register.Entry) error {
			entries = slices.DeleteFunc(entries, func(e register.Entry) bool { return e.Header.Position >= size || e.Header.Effective > asOf })
			if len(entries) == 0 || entries[len(entries)-1].WithheldBy >= 0 {
				return nil
			}
			e, err := eventOf(entries[len(entries)-1])
			all = append(all, Voice{Kind: kind, Number: number, Version: e.Version, Position: e.Position, Effective: e.Effective, Assessment: e.Assessment, Comment: e.Comment})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// eachVoice calls f with the entries of every assessment or comment on a pledge, by number.
func eachVoice(ctx context.Context, log *register.Log, kind, id string, f func(number int, entries []register.Entry) error) error {
	for number := 1; ; number++ {
		entries, err := log.History(ctx, VoiceSubject(kind, id, number))
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		if len(entries) == 0 {
			return nil
		}
		if err := f(number, entries); err != nil {
			return err
		}
	}
}
