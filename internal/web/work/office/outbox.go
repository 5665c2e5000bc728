package office

import (
	"context"
	"slices"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/web/work/kit"
)

const pageSize = 50

// outboxPage lists letters.
type outboxPage struct {
	Tabs   kit.Tabs
	Kinds  []kit.Option // names of letters, to choose from
	State  string       // carried along by the form
	Action string
	Rows   []outboxRow
	Pager  kit.Pager
	Empty  kit.Empty
	Server bool // letters are sent
	Letter bool // the reader may open letters
	Words  string
}

type outboxRow struct {
	Href          string
	Subject       string
	Kind          string // what letters like this one are called, where its own subject was erased
	SubjectLang   lang.Code
	SubjectDir    string
	Name, Address string
	State, Tone   string
	Error         string
	At            kit.Moment
}

// tones colour a state beside its word.
var tones = map[mail.State]string{mail.Sent: "good", mail.Bounced: "bad", mail.Failed: "bad"}

func (o *office) outbox(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	state, kind := mail.State(r.Query("state")), r.Query("letter")
	if state != "" && !slices.Contains(mail.States, state) {
		return nil, errs.New(errs.Invalid, "no state %q", state)
	}
	v := &outboxPage{
		Action: r.Link(outboxPath), State: string(state), Server: o.mail.Sends(), Letter: r.Could(access.ReadOutbox),
		Tabs: kit.Tabs{Label: r.T("office.outbox.states")}, Empty: kit.Empty{Text: r.T("office.outbox.none")},
	}
	if r.Could(access.WriteTemplate) {
		v.Words = r.Link(lettersPath)
	}
	f := mail.Filter{State: state, Template: kind, Limit: pageSize}
	err := o.db.Read(r.Context(), func(tx *db.Tx) error {
		counts, err := o.mail.Count(r.Context(), tx, f)
		if err != nil {
			return err
		}
		total := 0
		for _, n := range counts {
			total += n
		}
		v.Tabs.Items = []kit.Tab{{Href: r.With("state", ""), Text: r.T("office.outbox.all"), Count: total, Current: state == ""}}
		for _, s := range mail.States {
			if counts[s] > 0 || s == state {
				v.Tabs.Items = append(v.Tabs.Items, kit.Tab{Href: r.With("state", string(s)), Text: r.T("office.state." + string(s)), Count: counts[s], Current: s == state})
			}
		}
		if state != "" {
			total = counts[state]
		}
		v.Pager, f.Skip = r.Pager(total, pageSize)
		all, err := o.mail.List(r.Context(), tx, f)
		if err != nil {
			return err
		}
		if v.Kinds, err = o.names(r.Context(), tx, r.Lang, kind); err != nil {
			return err
		}
		v.Rows = nil
		for _, e := range all {
			v.Rows = append(v.Rows, o.row(r, e, v.Letter))
			if i := slices.IndexFunc(v.Kinds, func(k kit.Option) bool { return k.Value == e.Template }); i >= 0 && e.Subject == "" {
				v.Rows[len(v.Rows)-1].Kind = v.Kinds[i].Text
			}
		}
		return nil
	})
	return kit.Page{Name: "outbox", Title: "office.outbox", Data: v, Wide: true}, err
}

func (o *office) row(r *kit.Request, e mail.Entry, open bool) outboxRow {
	row := outboxRow{
		Subject: e.Subject, SubjectLang: e.Language, SubjectDir: e.Language.Dir(), Name: e.Name, Address: e.Address,
		State: r.T("office.state." + string(e.State)), Tone: tones[e.State], Error: e.Error, At: r.Moment(e.Created),
	}
	if open {
		row.Href = r.Link(outboxPath + "/" + e.ID)
	}
	return row
}

// names are the letters with their subjects as names, in the reader's language.
func (o *office) names(ctx context.Context, tx *db.Tx, c lang.Code, chosen string) (all []kit.Option, err error) {
	for _, name := range o.mail.Templates() {
		t, err := o.mail.Template(ctx, tx, name, c)
		if err != nil {
			return nil, err
		}
		all = append(all, kit.Option{Value: name, Text: title(t), Chosen: name == chosen})
	}
	slices.SortStableFunc(all, func(a, b kit.Option) int { return lang.Collate(c)(a.Text, b.Text) })
	return all, nil
}

// title is a letter's built-in subject with dots for its words: what a letter is called.
func title(t mail.Template) string {
	return mail.Blanked(t.BuiltSubject, "…")
}

// letterPage shows one letter.
type letterPage struct {
	Action  string
	Row     outboxRow
	Lines   []letterLine
	Dir     string
	Lang    lang.Code
	Erased  kit.Moment
	Changed kit.Moment
	Again   bool // it can be sent now
	Marked  bool // its address gave letters back
	Reason  string
	Back    string
}

// letterLine is a line of the plain part; Href where it is a link into our own pages.
type letterLine struct{ Text, Href string }

func (o *office) letter(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	id := r.PathValue("id")
	v := &letterPage{Action: r.Link(r.Path), Back: r.Link(outboxPath)}
	// Whoever opens a letter of another's is written down: it may let them in.
	err := o.db.Write(r.Context(), func(tx *db.Tx) error {
		e, err := o.mail.Entry(r.Context(), tx, id)
		if err != nil {
			return err
		}
		v.Row, v.Dir, v.Lang = o.row(r, e, false), e.Language.Dir(), e.Language
		v.Erased, v.Changed = r.Moment(e.Erased), r.Moment(e.Changed)
		v.Lines = nil
		for line := range strings.SplitSeq(strings.TrimSpace(e.Body), "\n") {
			v.Lines = append(v.Lines, letterLine{Text: line, Href: o.path(line)})
		}
		v.Again = o.mail.CanGoAgain(e) && r.Could(access.RetryJob)
		b, marked, err := mail.Returned(r.Context(), tx, e.Address)
		if err != nil {
			return err
		}
		v.Marked, v.Reason = marked && e.Address != "", strings.TrimSpace(b.Status+" "+b.Reason)
		return o.audit.Audit(r.Context(), tx, r.Person, access.ReadOutbox, "letter:"+id)
	})
	return kit.Page{Name: "letter", Title: "office.letter", Data: v}, err
}

// path is where a line of a letter leads on this site, whatever the address is by which the site
// is reached at the moment; "" for all other lines.
func (o *office) path(line string) string {
	rest, ok := strings.CutPrefix(line, o.mail.BaseURL+"/")
	if !ok || strings.ContainsAny(rest, " \t") {
		return ""
	}
	return kit.Local("/" + rest)
}

func (o *office) letterAct(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	id, done := r.PathValue("id"), ""
	err := o.db.Write(r.Context(), func(tx *db.Tx) error {
		e, err := o.mail.Entry(r.Context(), tx, id)
		if err != nil {
			return err
		}
		switch r.Form.Get("do") {
		case "again":
			done = "office.done.again"
			if err := o.mail.Again(r.Context(), tx, id); err != nil {
				return err
			}
		case "forgive":
			done = "office.done.forgiven"
			if err := mail.Forgive(r.Context(), tx, e.Address); err != nil {
				return err
			}
		default:
			return errs.New(errs.Invalid, "do what?")
		}
		return o.audit.Audit(r.Context(), tx, r.Person, access.RetryJob, "letter:"+id)
	})
	return kit.Done(outboxPath+"/"+id, done), err
}
