package page

import (
	"cmp"
	"strconv"
	"strings"

	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// Voice is what somebody else than its parties says of a pledge, or the reply to it.
type Voice struct {
	Number   int
	What     string // assessment or comment; "" of a reply
	Who      Item   // a party or an institution, never a person
	On, Of   string // its day; the report that it speaks of
	Contests Said
	Text     []Said
	Source   string
	Evidence []Piece
	Reply    *Voice
	Silence  string // the last day for a reply, where none was received
	Position int64
	Receipt  string // address of the file; "" before it is published
}

// Piece is evidence elsewhere.
type Piece struct{ URL, Title, By, On string }

// Voices shows what others say of a pledge.
func (r *Reader) Voices(v PartyNamer, id string, all []pledge.Voice) (out []Voice) {
	for _, x := range all {
		shown := Voice{}
		if x.Assessment != nil {
			shown = r.Assessed(v, *x.Assessment)
		} else {
			shown = r.Commented(v, *x.Comment)
			if x.Comment.Reply == nil {
				shown.Silence = r.P.Date(x.Comment.ReplyBy)
			}
		}
		shown.Number, shown.Position = x.Number, x.Position
		shown.Receipt = "/" + string(r.Lang) + "/pledges/" + id + "/voices/" + strconv.FormatInt(x.Position, 10) + "/receipt"
		out = append(out, shown)
	}
	return out
}

// Assessed shows an assessment.
func (r *Reader) Assessed(v PartyNamer, a pledge.Assessment) Voice {
	return Voice{What: pledge.AssessmentKind, Who: r.speaker(v, a.Assessor), On: r.P.Date(a.On), Of: r.reportOf(a.Report), Text: paragraphs(a.Finding, a.Language), Source: a.Source}
}

// Commented shows a comment with its reply.
func (r *Reader) Commented(v PartyNamer, c pledge.Comment) Voice {
	out := Voice{What: pledge.CommentKind, Who: r.speaker(v, c.By), On: r.P.Date(c.On), Of: r.reportOf(c.Report), Contests: Say(c.Contests, c.Language),
		Text: paragraphs(c.Text, c.Language), Evidence: r.pieces(c.Evidence)}
	if c.Reply != nil {
		out.Reply = &Voice{Who: r.speaker(v, c.Reply.By), On: r.P.Date(c.Reply.On), Text: paragraphs(c.Reply.Text, c.Reply.Language), Evidence: r.pieces(c.Reply.Evidence)}
	}
	return out
}

// speaker is a party of the register with its page, or a name as it was given.
func (r *Reader) speaker(v PartyNamer, name string) Item {
	if p, ok := v.Party(name); ok {
		return Item{Href: r.PartyLink(name), Text: r.PartyName(p)}
	}
	return Item{Text: name}
}

func (r *Reader) reportOf(number int) string {
	if number == 0 {
		return ""
	}
	return r.T("pledge.report", "number", number)
}

func (r *Reader) pieces(links []pledge.Link) (out []Piece) {
	for _, l := range links {
		if strings.HasPrefix(l.URL, "https://") || strings.HasPrefix(l.URL, "http://") {
			out = append(out, Piece{URL: l.URL, Title: cmp.Or(l.Title, l.URL), By: l.Source, On: r.P.Date(l.On)})
		}
	}
	return out
}

func paragraphs(s string, c lang.Code) (out []Said) {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, Say(line, c))
		}
	}
	return out
}
