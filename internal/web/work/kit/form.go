package kit

import (
	"cmp"
	"errors"
	"html/template"
	"net/url"
	"regexp"
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

	// Elsewhere says how a field is called that the form does not show, and where it is put right:
	// "" is nowhere. Without it only the field's words are looked for (see Request.FieldName).
	Elsewhere func(name string) (label, href string)

	r      *Request
	values url.Values
	calls  map[string]string // fields of what the form asks for, by the names that it has for them here
	posted bool
	faults []Fault
}

// Fault is what is wrong with a field, as the list over the form and the field itself say it.
type Fault struct {
	ID, Label, Says string
	Lang            lang.Code // where Says is not in the reader's language
	Href            string    // where it is put right, if not on this page
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
		a := Fault{Label: f.r.FieldName(name), Says: says, Lang: c}
		if f.Elsewhere != nil {
			a.Label, a.Href = f.Elsewhere(name)
		}
		if !slices.Contains(f.faults, a) {
			f.faults = append(f.faults, a)
		}
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
// A field's message is that of the key that Message itself is, our words for what every text is
// held to, or "<area>.fault.<field>"; else an English reader is shown what the rule says, and
// everybody else that something is not right there.
func (f *Form) Refused(err error) bool {
	fields := errs.FieldsOf(err)
	switch {
	case errs.Is(err, errs.Conflict):
		f.Key = NewKey() // nothing was done under the old one, or something else: the form can be sent again
		switch key := keyOf(err); {
		case key != "" && f.r.P.Has(key):
			f.Problem = f.r.T(key)
		case key == "" || strings.HasSuffix(key, "changed_meanwhile"):
			f.Problem = f.r.T("work.changed_meanwhile")
		default:
			f.Problem = f.r.T("work.not_now")
		}
		return false
	case !errs.Is(err, errs.Invalid), len(fields) == 0 && keyOf(err) == "":
		return true
	}
	if key := keyOf(err); key != "" && f.r.P.Has(key) {
		f.Problem = f.r.T(key)
	}
	for _, x := range fields {
		f.found(x)
	}
	return len(f.faults) == 0 && f.Problem == ""
}

// Calls says that what is asked for names a field otherwise than the form does.
func (f *Form) Calls(theirs, name string) {
	if f.calls == nil {
		f.calls = map[string]string{}
	}
	f.calls[theirs] = name
}

// found notes what the rules say of a field.
func (f *Form) found(x errs.Field) {
	name, _, _ := strings.Cut(x.Field, "[")
	name, _, _ = strings.Cut(name, ".")
	field := name
	if own := f.calls[name]; own != "" {
		field = own
	} else if f.Field(x.Field) != nil {
		field = x.Field
	}
	key, args := ofWords(x.Message)
	rules := f.r.Kit.House.Pack.Rules
	own := f.r.area + ".fault." + field
	if theirs := f.r.area + ".fault." + name; !f.r.P.Has(own) || field != name && f.r.P.Has(theirs) {
		own = theirs
	}
	switch {
	case f.r.P.Has(x.Message):
		f.Fault(field, x.Message)
	case strings.HasPrefix(key, "work.fault.private"), key != "" && field != name:
		f.Fault(field, key, args...)
	case f.r.P.Has(own):
		f.Fault(field, own, "min", rules.TextMin, "max", rules.TextMax, "n", rules.ObjectivesMax)
	case key != "":
		f.Fault(field, key, args...)
	case f.r.Lang == lang.EN:
		f.fault(field, x.Message, "")
	default:
		f.Fault(field, "work.fault.other")
	}
}

var tooLong = regexp.MustCompile(`^has [0-9]+ characters; at most ([0-9]+) are allowed$`)

// ofWords is the message key for a finding of party.Words, the rules that every text is held to;
// "" for any other.
func ofWords(says string) (key string, args []any) {
	if m := tooLong.FindStringSubmatch(says); m != nil {
		n, err := strconv.Atoi(m[1])
		if err == nil {
			return "work.fault.long", []any{"n", n}
		}
	}
	switch {
	case says == "is needed":
		return "work.fault.required", nil
	case strings.HasPrefix(says, "looks like it holds a personal e-mail address"):
		return "work.fault.private_mail", nil
	case strings.HasPrefix(says, "looks like it holds a telephone number"):
		return "work.fault.private_phone", nil
	}
	return "", nil
}

// FieldName is how a field is called in the words of the area or of the public pages; "" where
// they have none.
func (r *Request) FieldName(name string) string {
	for _, key := range []string{r.area + "." + name, "field." + name, "filter." + name} {
		if r.P.Has(key) {
			return r.T(key)
		}
	}
	return ""
}

// Shows takes over what is wrong with the fields that the form shows too: where a page has
// several forms, and another of them was sent.
func (f *Form) Shows(sent *Form) {
	for _, x := range sent.Fields {
		if f.Field(x.Name) != nil && x.Error != "" {
			f.fault(x.Name, x.Error, x.ErrorLang)
		}
	}
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
	Key                      string // of the keyboard, which ticks it
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
