package tongue

import (
	"strconv"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/translate"
	"stocktake/internal/text"
	"stocktake/internal/web/page"
	"stocktake/internal/web/work/kit"
)

// workPage is a translation beside its original.
type workPage struct {
	ID, Page       string
	From, Into     string
	Original       page.Said // title
	Paragraphs     []page.Said
	Changed        []Edit // the text as it was and as it is, where it has changed
	ChangedTitle   []Edit
	Lang           lang.Code // of the original
	Dir            string
	Why, State     string
	Tone           string
	Who            string
	Mine           bool // the reader holds it
	Approved       string
	Machine        bool // what is published is by machine
	Wanted         bool
	Terms          []translate.Term
	FromLang       lang.Code
	IntoLang       lang.Code
	Form           *kit.Form
	Stored         *translate.Text // what somebody else saved meanwhile
	Saved          []savedRow
	Action         string
	Write, Approve bool
	Publish, Claim bool
	Want           bool
	Opened         *kit.Opener // somebody else who writes at it
}

// Edit is a piece of a text that stayed, was taken out or put in.
type Edit struct {
	Out, In bool
	Text    string
}

type savedRow struct {
	Version int
	At      kit.Moment
	Who     string
	Text    translate.Text
}

func (a area) work(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	w, err := a.begun(r)
	if err != nil {
		return nil, err
	}
	return a.show(k, r, w, a.form(r, w), false)
}

func (a area) begun(r *kit.Request) (translate.Work, error) {
	return a.desk.Open(r.Context(), r.Person, r.PathValue("id"), lang.Code(r.PathValue("lang")))
}

// form is what is written; base says which version of the original the writer saw.
func (a area) form(r *kit.Request, w translate.Work) *kit.Form {
	f := r.NewForm(w.Version)
	f.Text("title", "tongue.field.title", w.Text.Title).In(w.Language).Upto(300)
	f.Long("summary", "tongue.field.summary", w.Text.Summary, 4).In(w.Language)
	f.Long("text", "tongue.field.text", w.Text.Text, 14).In(w.Language)
	f.Hidden("base", version(w.Original.Version))
	f.Autosave = true
	return f
}

func (a area) show(k *kit.Kit, r *kit.Request, w translate.Work, f *kit.Form, conflict bool) (kit.Answer, error) {
	o := w.Original
	v := &workPage{
		ID: o.ID, Page: r.Link("/pledges/" + o.ID), From: o.Language.Autonym(), Into: w.Language.Autonym(), Original: page.Say(o.Title, o.Language),
		Lang: o.Language, Dir: o.Language.Dir(), FromLang: o.Language, IntoLang: w.Language, Form: f, Action: r.Link(r.Path), Wanted: w.Wanted,
		Mine: w.Holder == r.Person.ID, Machine: w.Published != nil && w.Published.By == "machine",
		Terms: translate.Terms(a.desk.Pack, o.Language, w.Language, o.Title+"\n"+o.Text),
	}
	for line := range strings.Lines(o.Text) {
		if line = strings.TrimSpace(line); line != "" {
			v.Paragraphs = append(v.Paragraphs, page.Say(line, o.Language))
		}
	}
	if w.Before != nil {
		v.ChangedTitle, v.Changed = edits(w.Before.Title, o.Title), edits(w.Before.Text, o.Text)
	}
	if w.Why != translate.Fresh {
		v.Why, v.Tone = r.T("tongue.why."+string(w.Why)), map[translate.Why]string{translate.Stale: "bad"}[w.Why]
	}
	if w.State != translate.Unbegun {
		v.State = r.T("tongue.state." + string(w.State))
	}
	if conflict {
		v.Stored, f.Version = &w.Text, version(w.Version)
	}
	s := access.Subject{State: string(pledge.StatePublished), Lead: leadFor(r, o.Lead()), Language: w.Language}
	v.Write, v.Approve, v.Publish = r.May(access.WriteTranslation, s), r.May(access.ApproveTranslation, s), r.May(access.PublishTranslation, s)
	if v.Write {
		r.Opens(access.Writing, openAs(w))
	}
	v.Claim, v.Want = v.Write && w.Holder == "", !w.Wanted && r.May(access.ReadTranslation, s)
	saved, err := a.desk.Versions(r.Context(), r.Person, o.ID, w.Language)
	if err != nil {
		return nil, err
	}
	err = a.desk.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		v.Saved = nil
		names := party.Codes(r.Context(), tx)
		if v.Approved = w.Approved; w.Approved != "" {
			if p, ok := names.Find(w.Approved); ok {
				v.Approved = p.Name(r.Lang)
			}
		}
		if v.Who, err = who(k, r, tx, w.Holder); err != nil {
			return err
		}
		other, since, err := k.Access.OpenedBy(r.Context(), tx, openAs(w), r.Person.ID)
		if err != nil {
			return err
		}
		if v.Opened = nil; other != "" {
			name := ""
			if len(r.Person.Parties(r.Today)) == 0 { // who translates for the secretariat is no party's to know
				if name, err = who(k, r, tx, other); err != nil {
					return err
				}
			}
			v.Opened = r.Opener(name, since)
		}
		for _, x := range saved {
			row := savedRow{Version: x.Version, At: r.Moment(x.At), Text: x.Text}
			if row.Who, err = who(k, r, tx, x.Person); err != nil {
				return err
			}
			v.Saved = append(v.Saved, row)
		}
		return names.Err()
	})
	return kit.Page{Name: "work", Title: "tongue.work.title", TitleArgs: []any{"id", o.ID, "language", v.Into}, Data: v, Form: f, Wide: true}, err
}

// openAs is what others are told that somebody has open.
func openAs(w translate.Work) string { return w.Original.ID + "/" + string(w.Language) }

// leadFor is the party as whose contact somebody acts: the lead, or the whole that it is part of.
func leadFor(r *kit.Request, lead string) string {
	for code := lead; code != ""; code = party.ParentOf(code) {
		if _, ok := r.Person.FocalPoint(code, r.Today); ok {
			return code
		}
	}
	return lead
}

func edits(before, after string) (out []Edit) {
	for _, e := range text.WordDiff(before, after) {
		out = append(out, Edit{Out: e.Op == text.Delete, In: e.Op == text.Insert, Text: e.Text})
	}
	return out
}

// write does what the button says. What was typed is saved before it is offered, approved or
// published.
func (a area) write(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	w, err := a.begun(r)
	if err != nil {
		return nil, err
	}
	id, into := w.Original.ID, w.Language
	back := queuePath + "/" + id + "/" + string(into)
	switch r.Form.Get("do") {
	case "claim":
		_, err := a.desk.Claim(r.Context(), r.Person, id, into)
		return kit.Done(back, "tongue.done.claimed"), err
	case "release":
		_, err := a.desk.Release(r.Context(), r.Person, id, into)
		return kit.Done(back, "tongue.done.released"), err
	case "want":
		_, err := a.desk.Want(r.Context(), r.Person, id, into)
		return kit.Done(back, "tongue.done.wanted"), err
	}
	f := a.form(r, w)
	typed := translate.Text{Title: f.Value("title"), Summary: plain(f.Value("summary")), Text: plain(f.Value("text")), By: w.Text.By}
	if typed != w.Text {
		typed.By = "human"
	}
	seen := f.IfVersion()
	if typed != w.Text || seen != w.Version || w.Version == 0 {
		base, _ := strconv.Atoi(f.Value("base")) // what is no number is no version
		saved, err := a.desk.Save(r.Context(), r.Person, id, into, seen, base, typed)
		if r.Autosaving() {
			r.Opens(access.Writing, openAs(w))
			return kit.Saved{Version: version(saved.Version), At: saved.Changed, Form: f}, err
		}
		if !f.Refused(err) {
			return a.show(k, r, w, f, errs.Is(err, errs.Conflict) && seen != w.Version)
		}
		if err != nil {
			return nil, err
		}
		seen = saved.Version
	}
	if r.Autosaving() {
		r.Opens(access.Writing, openAs(w))
		return kit.Saved{Version: version(w.Version), At: r.Now, Form: f}, nil
	}
	key := "tongue.done.saved"
	switch r.Form.Get("do") {
	case "offer":
		_, err = a.desk.Offer(r.Context(), r.Person, id, into, seen)
		key = "tongue.done.offered"
	case "approve":
		_, err = a.desk.Approve(r.Context(), r.Person, id, into, seen)
		key = "tongue.done.approved"
	case "publish":
		_, _, err = a.desk.Publish(r.Context(), r.Person, id, into, seen)
		key = "tongue.done.published"
	}
	if f.Refused(err) {
		if r.Form.Get("do") != "save" {
			r.Leaves(openAs(w))
		}
		return kit.Done(back, key), err
	}
	f.Version = version(seen)
	return a.show(k, r, w, f, false)
}

func plain(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
