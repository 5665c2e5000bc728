package kit

import (
	"cmp"
	"errors"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

// Form is a form with what is in its fields: on a GET what is stored, on a POST what was sent,
// so that nothing typed is ever lost. Fields are declared once, by Text, Select and the like,
// for showing and for reading alike.
type Form struct {
	Action   string // where it is sent: the page's own path
	Version  string // of what is edited, as it was when the form was made
	Key      string // the same however often the form is sent
	Fields   []*Field
	Autosave bool   // saved by the script while somebody writes
	Files    bool   // has a field for a file
	Problem  string // a sentence over all faults, as that somebody else has changed it meanwhile

	r      *Request
	values url.Values
	posted bool
	faults []Fault
}

// Fault is what is wrong with a field, as the list over the form and the field itself say it.
type Fault struct {
	ID, Label, Says string
	Lang            lang.Code // where Says is not in the reader's language
}

// Names of the hidden fields.
const (
	versionField = "_version"
	keyField     = "_key"
)

// NewForm begins the form of a page. version is that of the stored thing that it edits ("" or
// a number or text of yours); on a POST, Version is what the form was made from.
func (r *Request) NewForm(version any) *Form {
	f := &Form{Action: r.Link(r.Path), Version: versionText(version), Key: NewKey(), r: r, values: url.Values{}}
	if r.Posted() {
		f.posted, f.values = true, r.Form
		f.Version = r.Form.Get(versionField)
		if key := r.Form.Get(keyField); key != "" {
			f.Key = key
		}
	}
	return f
}

func versionText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	}
	panic("kit: the version of a form is a text or a number")
}

// IfVersion is Version as a number, for methods that refuse to overwrite a newer one; 0 where
// it is none.
func (f *Form) IfVersion() int {
	n, _ := strconv.Atoi(f.Version) // what is no number is no version that we gave
	return n
}

// Posted reports whether the form was sent.
func (f *Form) Posted() bool { return f.posted }

// Value is what was sent in a field, without blanks at its ends; for a Date or Money field see
// DateValue and MoneyValue.
func (f *Form) Value(name string) string { return strings.TrimSpace(f.values.Get(name)) }

// Values are what was sent in a field of several values, without empty ones.
func (f *Form) Values(name string) []string {
	var out []string
	for _, v := range f.values[name] {
		if v = strings.TrimSpace(v); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// Checked reports whether a box or a value of it was chosen.
func (f *Form) Checked(name string) bool { return len(f.Values(name)) > 0 }

// Field finds a declared field; nil where there is none.
func (f *Form) Field(name string) *Field {
	for _, x := range f.Fields {
		if x.Name == name {
			return x
		}
	}
	return nil
}

// Get is Field for templates: a name that was not declared shows as an empty field.
func (f *Form) Get(name string) *Field {
	if x := f.Field(name); x != nil {
		return x
	}
	return &Field{Name: name, Kind: "none"}
}

// Faults are what is wrong, in the order of the fields.
func (f *Form) Faults() []Fault {
	if f.Problem != "" && len(f.faults) == 0 {
		return []Fault{{Says: f.Problem}}
	}
	return f.faults
}

// Fault notes what is wrong with a field: a message key with its arguments. A field has one
// fault at most, the first.
func (f *Form) Fault(name, key string, args ...any) {
	f.fault(name, f.r.T(key, args...), "")
}

func (f *Form) fault(name, says string, c lang.Code) {
	x := f.Field(name)
	if x == nil { // of something that this form does not show
		f.faults = append(f.faults, Fault{Label: name, Says: says, Lang: c})
		return
	}
	if x.Error != "" {
		return
	}
	x.Error, x.ErrorLang = says, c
	f.faults = append(f.faults, Fault{ID: x.First(), Label: x.Label, Says: says, Lang: c})
	slices.SortStableFunc(f.faults, func(a, b Fault) int { return cmp.Compare(f.place(a), f.place(b)) })
}

func (f *Form) place(a Fault) int {
	i := slices.IndexFunc(f.Fields, func(x *Field) bool { return x.First() == a.ID })
	if i < 0 {
		return len(f.Fields)
	}
	return i
}

// Valid checks what was sent against the fields' own rules (Must, Upto, the kinds) and reports
// whether nothing is wrong. It is false where nothing was sent.
func (f *Form) Valid() bool {
	if !f.posted {
		return false
	}
	for _, x := range f.Fields {
		if key, args := x.check(f); key != "" {
			f.Fault(x.Name, key, args...)
		}
	}
	return len(f.faults) == 0
}

// Refused takes in the error of what the form asked for, and reports whether the caller is
// done with the form: false where err is a fault of what was typed (errs.Invalid with fields,
// or a Conflict) and the page is to be shown again with it; true where it is nil or of another
// kind.
//
// A field's message is looked for as "<area>.fault.<field>", then as a key that Message itself
// is; else it is shown in English as it is.
func (f *Form) Refused(err error) bool {
	fields := errs.FieldsOf(err)
	switch {
	case errs.Is(err, errs.Conflict):
		f.Problem = f.r.T("work.changed_meanwhile")
		if e := keyOf(err); e != "" && f.r.P.Has(e) {
			f.Problem = f.r.T(e)
		}
		return false
	case !errs.Is(err, errs.Invalid), len(fields) == 0 && keyOf(err) == "":
		return true
	}
	if key := keyOf(err); key != "" && f.r.P.Has(key) {
		f.Problem = f.r.T(key)
	}
	for _, x := range fields {
		name, _, _ := strings.Cut(x.Field, "[")
		name, _, _ = strings.Cut(name, ".")
		switch key := f.r.area + ".fault." + name; {
		case f.r.P.Has(x.Message):
			f.Fault(name, x.Message)
		case f.r.P.Has(key):
			f.Fault(name, key)
		default:
			f.fault(name, x.Message, lang.EN)
		}
	}
	return len(f.faults) == 0 && f.Problem == ""
}

// keyOf is the message key of an error; "" where it has none.
func keyOf(err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e.Key
	}
	return ""
}

// attrs are the attributes of the form's element.
func attrs(f *Form) template.HTMLAttr {
	out := `method="post" novalidate action="` + template.HTMLEscapeString(f.Action) + `"`
	if f.Files {
		out += ` enctype="multipart/form-data"`
	}
	if f.Autosave {
		out += ` data-autosave`
	}
	return template.HTMLAttr(out)
}

// Option is a value to choose. Group names the heading under which a list shows it.
type Option struct {
	Value, Text, Hint, Group string
	Chosen                   bool
}

// Options makes values with their texts of pairs.
func Options(pairs ...string) []Option {
	var out []Option
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, Option{Value: pairs[i], Text: pairs[i+1]})
	}
	return out
}
