package intake

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/mail"
	"stocktake/internal/pledge"
)

// Desk is where pledges come in. Its methods ask the policy themselves, each for the person in
// whose name it is called, and each is one transaction. ifVersion is the version of the
// submission that the person has seen; where it is another by now the method refuses with
// errs.Conflict, key "work.changed_meanwhile", and changes nothing. 0 does not ask.
//
// Sent again under the same key (WithKey) by the same person, a method has the result that it had
// the first time.
type Desk struct {
	DB       *db.DB
	Book     pledge.Book // the compact and the register
	Mail     Poster
	People   People
	Rand     io.Reader
	BaseURL  string // of links in letters, without a final slash
	FourEyes bool   // who publishes has not been who accepted

	// Leaving is told, in the transaction that does so and before it publishes anything, that a
	// party leaves a published pledge, or, where party is "", that the pledge ends. May be nil.
	Leaving func(ctx context.Context, tx *db.Tx, id, party string) error

	press  press
	gather gather
}

// Poster posts letters within a transaction: a *mail.Office.
type Poster interface {
	PostAll(ctx context.Context, tx *db.Tx, letters []mail.Letter) (ids []string, err error)
}

// People finds whom to write to: an *access.Book.
type People interface {
	// ContactsOf are the living contacts of a party on a day, the first contact before deputies.
	ContactsOf(ctx context.Context, tx *db.Tx, party, day string) ([]access.Person, error)
}

// Secretariat is the office in whose name the desk publishes.
const Secretariat = "office:secretariat"

func (d *Desk) pack() *compact.Pack { return d.Book.Pack }

type keyed struct{}

// WithKey gives an action an idempotency key, at most 200 characters.
func WithKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, keyed{}, key)
}

// body is a text with its private part, as it is stored.
type body struct {
	Pledge  pledge.Pledge `json:"pledge"`
	Contact Contact       `json:"contact,omitzero"`
	Person  string        `json:"person,omitempty"` // whose account the contact is, where it was theirs who wrote it
	Public  []string      `json:"public,omitempty"` // hashes of the attachments that are to be published
}

// more is what a submission has beside its text and needs no column.
type more struct {
	Received  *Received      `json:"received,omitempty"`
	Taken     bool           `json:"taken,omitempty"`     // the party has taken over what the desk entered
	Announced string         `json:"announced,omitempty"` // id of the public announcement that stands: "ken/1"
	Confirmed *Mark          `json:"confirmed,omitempty"` // the party stands by what the desk entered
	Steps     []Clearance    `json:"steps,omitempty"`
	Accepted  *Mark          `json:"accepted,omitempty"`
	Ticked    []string       `json:"ticked,omitempty"`
	Joined    string         `json:"joined,omitempty"`
	Notice    *pledge.Notice `json:"notice,omitempty"`    // that the owner gave with a revision
	KeptBack  []string       `json:"kept_back,omitempty"` // hashes of attachments that the secretariat does not publish
	Offered   bool           `json:"offered,omitempty"`   // the text that was submitted answers another pledge
	Led       []lead         `json:"led,omitempty"`       // parties that led it and have left, the latest last
	// Agreed has the words, as their hash, that a party has confirmed, once others have been written.
	Agreed map[string]string `json:"agreed,omitempty"`
}

// record is a row of the table of submissions, with the invitations that belong to it.
type record struct {
	Submission
	x         more
	kind      string // of the lead
	doc, sent string // JSON of a body; sent is empty as long as the secretariat has been given nothing
	docAt     time.Time
	docBy     string
	docVer    int
	sentVer   int
	editor    string
	since     time.Time
	until     time.Time
	isNew     bool
	text      body // doc, read
	known     *finder
	first     bool // submitted for the first time, in this transaction
	clean     bool // the rules have found nothing to say of the text
}

const recordColumns = `ref, state, version, lead, lead_kind, language, call, late, awaited, published, assigned, author,
	created, changed, submitted, first_submitted, responded, publish_at, doc, doc_version, doc_at, doc_by, sent, sent_version,
	more, editor, editing_since, editing_until`

// recordFields are the columns by themselves.
var recordFields = strings.Fields(strings.ReplaceAll(recordColumns, ",", " "))

func scanRecord(scan func(...any) error) (*record, error) {
	var r record
	var language, rest string
	var created, changed, submitted, first, responded, publish, docAt, since, until int64
	var late, awaited int
	s := &r.Submission
	err := scan(&s.Ref, &s.State, &s.Version, &s.Lead, &r.kind, &language, &s.Call, &late, &awaited, &s.Published, &s.Assigned, &s.Author,
		&created, &changed, &submitted, &first, &responded, &publish, &r.doc, &r.docVer, &docAt, &r.docBy, &r.sent, &r.sentVer,
		&rest, &r.editor, &since, &until)
	if err != nil {
		return nil, err
	}
	s.Late, s.Awaited = late == 1, awaited == 1
	s.Created, s.Changed, s.Submitted, s.First = moment(created), moment(changed), moment(submitted), moment(first)
	s.Responded, s.PublishAt = moment(responded), moment(publish)
	r.docAt, r.since, r.until = moment(docAt), moment(since), moment(until)
	if err := json.Unmarshal([]byte(rest), &r.x); err != nil {
		return nil, fmt.Errorf("submission %s: %w", s.Ref, err)
	}
	if err := json.Unmarshal([]byte(r.doc), &r.text); err != nil {
		return nil, fmt.Errorf("submission %s: %w", s.Ref, err)
	}
	return &r, nil
}

func moment(micro int64) time.Time {
	if micro == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micro).UTC()
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// load reads a submission, and locks it where it will be changed.
func load(ctx context.Context, tx *db.Tx, ref string, change bool) (*record, error) {
	// Most have no invitations, and a reader is told so at once. Who locks may have waited for
	// somebody who invites: PostgreSQL shows them the new row, and of other rows what was before.
	others := `(SELECT count(*) FROM submission_invitations i WHERE i.ref = submissions.ref)`
	if change {
		others = `1`
	}
	query := `SELECT ` + others + `, ` + docsOf(`lead`) + `, ` + recordColumns + ` FROM submissions WHERE ref = $1`
	if change {
		query += tx.ForUpdate()
	}
	var invited int
	var public, waiting string
	row := tx.QueryRow(ctx, query, ref)
	r, err := scanRecord(func(columns ...any) error { return row.Scan(append([]any{&invited, &public, &waiting}, columns...)...) })
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errs.New(errs.NotFound, "there is no submission %q", ref)
	}
	if err != nil {
		return nil, fmt.Errorf("submission %s: %w", ref, err)
	}
	r.known = lookup(ctx, tx)
	r.known.learn(r.Lead, public, waiting)
	if invited > 0 {
		r.Invitations, err = invitations(ctx, tx, ref)
	}
	return r, err
}

// parties are the lead and those that have confirmed, in the order of their invitations.
func (r *record) parties() []string {
	all := []string{r.Lead}
	for _, in := range r.Invitations {
		if in.State == Confirmed && !slices.Contains(all, in.Party) {
			all = append(all, in.Party)
		}
	}
	return all
}

// publishable is a text as the register would have it: only confirmed parties are named.
func (r *record) publishable(p pledge.Pledge) pledge.Pledge {
	p.ID, p.Status, p.SupersededBy, p.Notice = r.Published, pledge.Published, "", nil
	p.Parties, p.Call = r.parties(), r.Call
	if p.Call == Standing { // ours alone: the register says that it answers no call
		p.Call = ""
	}
	return p.Tidied()
}

// given is what the secretariat was last given.
func (r *record) given() (body, error) {
	var b body
	if r.sent == "" {
		return b, errs.New(errs.NotFound, "submission %s was not submitted", r.Ref)
	}
	err := json.Unmarshal([]byte(r.sent), &b)
	return b, err
}

// subject is the submission as the policy sees it.
func (r *record) subject() access.Subject {
	s := access.Subject{State: string(r.State), Lead: r.Lead, Entered: r.x.Received != nil && !r.x.Taken}
	for _, in := range r.Invitations {
		switch in.State {
		case Confirmed:
			s.Named = append(s.Named, in.Party)
			if r.askedAgain(in) {
				s.Invited = append(s.Invited, in.Party)
			}
		case Unanswered:
			s.Invited = append(s.Invited, in.Party)
		}
	}
	s.Former = r.formerLeads()
	return s
}

// allow asks the policy, and the version. Somebody who could do it in another state is told that
// now it cannot be done, and not that they may not.
func allow(by access.Person, do access.Action, r *record, ifVersion int, today string) error {
	s := r.subject()
	err := access.Check(by, do, s, today)
	if err != nil && !errs.Is(err, errs.Forbidden) {
		return err
	}
	if ifVersion != 0 && ifVersion != r.Version {
		return changedMeanwhile(r, ifVersion)
	}
	if err != nil {
		for _, s.State = range access.States {
			if access.May(by, do, s, today) {
				return errs.New(errs.Conflict, "%s of a submission that is %q: %w", do, r.State, err).WithKey("work.not_now")
			}
		}
	}
	return err
}

func changedMeanwhile(r *record, ifVersion int) error {
	return errs.New(errs.Conflict, "submission %s is at version %d by now, not %d", r.Ref, r.Version, ifVersion).WithKey("work.changed_meanwhile")
}

// turn is one action under way.
type turn struct {
	ctx   context.Context
	tx    *db.Tx
	desk  *Desk
	by    access.Person
	do    access.Action
	now   time.Time
	today string
	*record
	note string // for the trail
	past []any  // the text that this one replaces, a row of the history
}

// finder finds parties for a record, each read once in a transaction.
func (d *Desk) finder(ctx context.Context, tx *db.Tx, r *record) *finder {
	if r.known == nil {
		r.known = lookup(ctx, tx)
	}
	return r.known
}

// act runs one action: the policy, the version, the change, the trail.
func (d *Desk) act(ctx context.Context, by access.Person, ref string, ifVersion int, do access.Action, args any, f func(*turn) error) (out Submission, err error) {
	defer errs.Wrap(&err, "%s of %s", do, ref)
	err = d.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		out = Submission{}
		if done, known, err := d.known(ctx, tx, by, do, ref, ifVersion, args); err != nil || known {
			if err == nil {
				out, err = d.seen(ctx, tx, by, done)
			}
			return err
		}
		r, err := load(ctx, tx, ref, true)
		if err != nil {
			return err
		}
		t := d.turn(ctx, tx, by, do, r)
		if err := allow(by, do, r, ifVersion, t.today); err != nil {
			return err
		}
		if err := t.run(f); err != nil {
			return err
		}
		out, err = d.view(ctx, tx, by, r)
		return err
	})
	return out, err
}

func (d *Desk) turn(ctx context.Context, tx *db.Tx, by access.Person, do access.Action, r *record) *turn {
	now := tx.Now()
	return &turn{ctx: ctx, tx: tx, desk: d, by: by, do: do, now: now, today: day(now), record: r}
}

func day(t time.Time) string { return t.Format("2006-01-02") }

// run makes the change and writes what became of it. A change that finds nothing to do returns
// errNothing and leaves the version as it is.
func (t *turn) run(f func(*turn) error) error {
	from := t.State
	err := f(t)
	if errors.Is(err, errNothing) {
		return nil
	}
	if err != nil {
		return err
	}
	t.Version++
	t.Changed = t.now
	return t.put(from)
}

var errNothing = errors.New("nothing to do")

const (
	insertText  = `INSERT INTO submission_texts (ref, version, at, by, sent, doc) VALUES ($1, $2, $3, $4, $5, $6)`
	insertEvent = `INSERT INTO submission_events (ref, version, at, by, action, from_state, to_state, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
)

// put writes the record, the event that goes with its version, and the text that was replaced.
// PostgreSQL is a network away, and takes them in one statement.
func (t *turn) put(from pledge.State) error {
	event := []any{t.Ref, t.Version, micro(t.now), t.by.ID, string(t.do), string(from), string(t.State), t.note}
	if t.isNew || t.tx.Engine() != db.Postgres {
		if t.past != nil {
			if _, err := t.tx.Exec(t.ctx, insertText, t.past...); err != nil {
				return err
			}
		}
		if err := t.store(); err != nil {
			return err
		}
		_, err := t.tx.Exec(t.ctx, insertEvent, event...)
		return err
	}
	values, err := t.values()
	if err != nil {
		return err
	}
	query, args := putRecord, append(values, event...)
	if t.past != nil {
		query, args = putRecordAndText, append(args, t.past...)
	}
	_, err = t.tx.Exec(t.ctx, query, args...)
	return err
}

var (
	putRecord        = "WITH event AS (" + shifted(insertEvent, len(recordFields)) + ") " + updateRecord
	putRecordAndText = "WITH event AS (" + shifted(insertEvent, len(recordFields)) + "), past AS (" + shifted(insertText, len(recordFields)+8) + ") " + updateRecord
)

// shifted is a statement whose parameters begin behind n others.
func shifted(query string, n int) string {
	return parameter.ReplaceAllStringFunc(query, func(p string) string {
		i, _ := strconv.Atoi(p[1:]) // the pattern has digits only
		return "$" + strconv.Itoa(i+n)
	})
}

var parameter = regexp.MustCompile(`\$[0-9]+`)

// step moves the submission on in the workflow.
func (t *turn) step(do pledge.Action) (err error) {
	t.State, err = pledge.Next(t.State, do)
	return err
}

// values are the columns of the record, in the order of recordColumns.
func (r *record) values() ([]any, error) {
	rest, err := json.Marshal(r.x)
	if err != nil {
		return nil, err
	}
	return []any{
		r.Ref, string(r.State), r.Version, r.Lead, r.kind, r.language(), r.Call, truth(r.Late), truth(r.Awaited), r.Published, r.Assigned, r.Author,
		micro(r.Created), micro(r.Changed), micro(r.Submitted), micro(r.First), micro(r.Responded), micro(r.PublishAt),
		r.doc, r.docVer, micro(r.docAt), r.docBy, r.sent, r.sentVer,
		string(rest), r.editor, micro(r.since), micro(r.until),
	}, nil
}

// language is that of what the desk was given, of the draft before.
func (r *record) language() string {
	if b, err := r.given(); err == nil {
		return string(b.Pledge.Language)
	}
	return string(r.text.Pledge.Language)
}

func (t *turn) store() error {
	values, err := t.values()
	if err != nil {
		return err
	}
	if t.isNew {
		t.isNew = false
		return t.tx.InsertRows(t.ctx, "submissions", recordFields, 1, func(int) []any { return values })
	}
	_, err = t.tx.Exec(t.ctx, updateRecord, values...)
	return err
}

// updateRecord has its parameters in the order of recordColumns.
const updateRecord = `UPDATE submissions SET state = $2, version = $3, lead = $4, lead_kind = $5, language = $6, call = $7, late = $8, awaited = $9,
		published = $10, assigned = $11, author = $12, created = $13, changed = $14, submitted = $15, first_submitted = $16, responded = $17,
		publish_at = $18, doc = $19, doc_version = $20, doc_at = $21, doc_by = $22, sent = $23, sent_version = $24, more = $25,
		editor = $26, editing_since = $27, editing_until = $28 WHERE ref = $1`

// write replaces the text; what stood before goes to the history. The version that the action
// makes is the text's.
func (t *turn) write(b body) error {
	b.Pledge.Parties = []string{t.Lead}
	b.Pledge.ID, b.Pledge.Status, b.Pledge.SupersededBy, b.Pledge.Notice = t.Published, pledge.Published, "", nil
	b.Pledge = b.Pledge.Tidied()
	switch {
	case b.Contact == t.text.Contact:
		b.Person = t.text.Person
	case b.Contact.Email != "" && strings.EqualFold(b.Contact.Email, t.by.Email):
		b.Person = t.by.ID
	}
	if !t.isNew { // SetCall says it; a text alone does not change by it
		b.Pledge.Call = t.text.Pledge.Call
	}
	if b.Public == nil { // who writes the text says nothing of its files
		b.Public = t.text.Public
	}
	b.Public = slices.DeleteFunc(slices.Clone(b.Public), func(h string) bool { return !slices.Contains(hashes(b.Pledge.Attachments), h) })
	doc, err := json.Marshal(b)
	if err != nil {
		return err
	}
	if string(doc) == t.doc {
		return errNothing
	}
	if !t.isNew {
		t.past = []any{t.Ref, t.docVer, micro(t.docAt), t.docBy, truth(t.docVer == t.sentVer && t.sent != ""), t.doc}
	}
	t.clean = false
	t.keepAgreed()
	t.text, t.doc, t.docVer, t.docAt, t.docBy = b, string(doc), t.Version+1, t.now, t.by.ID
	for i := range t.x.Steps {
		t.x.Steps[i] = Clearance{Name: t.x.Steps[i].Name}
	}
	return nil
}

// give hands the text to the secretariat.
func (t *turn) give() {
	t.sent, t.sentVer, t.x.Accepted, t.x.Ticked = t.doc, t.docVer, nil, nil
}

const refLetters = "23456789ABCDEFGHJKMNPQRSTVWXYZ" // none that is taken for another

// draw makes a private reference: it tells nothing, not even how many there are.
func (d *Desk) draw(prefix string, n int) (string, error) {
	raw := make([]byte, n)
	out := []byte(prefix)
	for len(out) < len(prefix)+n {
		if _, err := io.ReadFull(d.Rand, raw); err != nil {
			return "", fmt.Errorf("draw a reference: %w", err)
		}
		for _, b := range raw {
			if int(b) < 256/len(refLetters)*len(refLetters) && len(out) < len(prefix)+n {
				out = append(out, refLetters[int(b)%len(refLetters)])
			}
		}
	}
	return string(out), nil
}
