package office

import (
	"errors"
	"slices"
	"strconv"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/web/work/kit"
)

// templatesPage lists the letters with their six languages.
type templatesPage struct{ Rows []templateRow }

type templateRow struct {
	Title, Name, Kind string
	Tongues           []tongue
}

type tongue struct {
	Href, Text string
	Lang       lang.Code
	Dir        string
	Own        bool
	Broken     bool
}

func (o *office) templates(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	v := &templatesPage{}
	err := o.db.Read(r.Context(), func(tx *db.Tx) error {
		v.Rows = nil
		for _, name := range o.mail.Templates() {
			row := templateRow{Name: name}
			for _, c := range lang.All {
				t, err := o.mail.Template(r.Context(), tx, name, c)
				if err != nil {
					return err
				}
				if c == r.Lang {
					row.Title, row.Kind = title(t), t.Kind
				}
				row.Tongues = append(row.Tongues, tongue{
					Href: r.Link(lettersPath + "/" + name + "/" + string(c)), Text: c.Autonym(), Lang: c, Dir: c.Dir(), Own: t.Own, Broken: t.Broken != nil,
				})
			}
			v.Rows = append(v.Rows, row)
		}
		slices.SortStableFunc(v.Rows, func(a, b templateRow) int { return lang.Collate(r.Lang)(a.Title, b.Title) })
		return nil
	})
	return kit.Page{Name: "templates", Title: "office.letters", Data: v}, err
}

// templatePage edits a letter in one language.
type templatePage struct {
	Title, Name  string
	Tongue       string
	Lang         lang.Code
	Dir          string
	Form         *kit.Form
	Words, Links []string
	Own          bool
	Broken       []string
	Changed      kit.Moment
	BuiltSubject string
	BuiltBody    []string
	Shown        *mail.Shown
	Text         []string
	Open         string
	Back         string
	Optional     bool
}

func (o *office) template(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	name, code := r.PathValue("name"), lang.Code(r.PathValue("code"))
	var t, called mail.Template
	err := o.db.Read(r.Context(), func(tx *db.Tx) (err error) {
		if t, err = o.mail.Template(r.Context(), tx, name, code); err == nil {
			called, err = o.mail.Template(r.Context(), tx, name, r.Lang)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	form := r.NewForm(version(t))
	form.Text("subject", "office.subject", t.Subject).Must().Upto(300).In(code)
	form.Long("body", "office.body", t.Body, 16).Must().Upto(8000).In(code)
	v := &templatePage{
		Title: title(called), Name: name, Tongue: code.Autonym(), Lang: code, Dir: code.Dir(), Form: form, Words: t.Words, Links: t.Links,
		Own: t.Own, Changed: r.Moment(t.Changed), BuiltSubject: t.BuiltSubject, BuiltBody: lines(t.BuiltBody),
		Open: o.mail.OpenText(code), Back: r.Link(lettersPath), Optional: t.Kind != "",
	}
	if at, ok := errors.AsType[*mail.Fault](t.Broken); ok {
		for _, f := range at.Found {
			v.Broken = append(v.Broken, r.T("office.fault."+f.Kind, "word", f.Word, "n", f.Line))
		}
	}
	if form.Posted() {
		done, err := o.write(r, form, t)
		if done || err != nil {
			return kit.Done(lettersPath+"/"+name+"/"+string(code), "office.done."+r.Form.Get("do")), err
		}
	}
	if shown, err := o.mail.Preview(name, code, form.Value("subject"), form.Value("body")); err == nil {
		v.Shown, v.Text = &shown, lines(shown.Text)
	} else if !errs.Is(err, errs.Invalid) {
		return nil, err
	}
	return kit.Page{Name: "template", Title: "office.template", TitleArgs: []any{"letter", v.Title}, Data: v, Form: form, Wide: true}, nil
}

// version tells whether somebody else has changed the words since the form was made.
func version(t mail.Template) string {
	if t.Changed.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.Changed.UnixMicro(), 10)
}

// write does what was asked for; done is false where the form is to be shown again: for a
// preview, or since something in it is wrong.
func (o *office) write(r *kit.Request, form *kit.Form, t mail.Template) (done bool, err error) {
	do := r.Form.Get("do")
	if do != "restore" && !form.Valid() {
		return false, nil
	}
	switch do {
	case "preview":
		_, err := o.mail.Preview(t.Name, t.Language, form.Value("subject"), form.Value("body"))
		return false, refused(form, err)
	case "save", "restore":
	default:
		return false, errs.New(errs.Invalid, "do what?")
	}
	err = o.db.Write(r.Context(), func(tx *db.Tx) error {
		now, err := o.mail.Template(r.Context(), tx, t.Name, t.Language)
		if err != nil {
			return err
		}
		if form.Version != version(now) {
			return errs.New(errs.Conflict, "the letter was changed meanwhile").WithKey("office.changed_meanwhile")
		}
		if do == "restore" {
			err = o.mail.Restore(r.Context(), tx, t.Name, t.Language)
		} else {
			err = o.mail.Change(r.Context(), tx, t.Name, t.Language, form.Value("subject"), form.Value("body"), r.Person.ID)
		}
		if err != nil {
			return err
		}
		return o.audit.Audit(r.Context(), tx, r.Person, access.WriteTemplate, "letter:"+t.Name+"/"+string(t.Language))
	})
	if err = refused(form, err); err != nil {
		return false, err
	}
	return len(form.Faults()) == 0, nil
}

// refused takes faults into the form, each in words of the catalogue; any other error stays.
func refused(form *kit.Form, err error) error {
	if at, ok := errors.AsType[*mail.Fault](err); ok {
		for _, f := range at.Found {
			form.Fault(f.Field, "office.fault."+f.Kind, "word", f.Word, "n", f.Line)
		}
		return nil
	}
	if form.Refused(err) {
		return err
	}
	return nil
}
