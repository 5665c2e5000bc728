package kit

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"stocktake/internal/blob"
	"stocktake/internal/lang"
)

// Field is one question of a form. The label is the message with the field's key; a message
// "<key>.hint" is the hint, "<key>.example" the example.
type Field struct {
	ID, Name, Kind       string
	Label, Hint, Example string
	Value                string
	Required             bool
	Max, Rows            int
	Options              []Option // of select, radios, checks; the currencies of money
	Error                string
	ErrorLang            lang.Code
	Lang                 lang.Code // of what is written in it; "" is any
	Auto                 string    // autocomplete
	Accept               string    // of a file
	Most                 int       // bytes of a file
	Unit                 string    // beside a number
	Parts                []Part    // of a date or an amount
	Any                  string    // text of the empty choice of a select
	Guess                string    // "zone": the script chooses the time zone of the browser where none is chosen
}

// Part is one of the inputs of a field that has several.
type Part struct {
	ID, Name, Label, Value, Mode string
	Size                         int
	Options                      []Option
}

func (f *Form) add(kind, name, key, stored string) *Field {
	x := &Field{ID: "f-" + strings.ReplaceAll(name, ".", "-"), Name: name, Kind: kind, Label: f.r.T(key)}
	if f.r.P.Has(key + ".hint") {
		x.Hint = f.r.T(key + ".hint")
	}
	if f.r.P.Has(key + ".example") {
		x.Example = f.r.T(key + ".example")
	}
	if f.posted {
		x.Value = f.values.Get(name)
	} else {
		x.Value = stored
		f.values.Set(name, stored)
	}
	f.Fields = append(f.Fields, x)
	return x
}

// Text is a line, Long several lines with a count of characters. Email, URL, Number are lines
// that are checked for what they are.
func (f *Form) Text(name, key, stored string) *Field   { return f.add("text", name, key, stored) }
func (f *Form) Email(name, key, stored string) *Field  { return f.add("email", name, key, stored) }
func (f *Form) URL(name, key, stored string) *Field    { return f.add("url", name, key, stored) }
func (f *Form) Number(name, key, stored string) *Field { return f.add("number", name, key, stored) }

// Secret is a line that nobody reads along; it never comes back on the page.
func (f *Form) Secret(name, key string) *Field {
	x := f.add("password", name, key, "")
	x.Value = ""
	return x
}

func (f *Form) Long(name, key, stored string, rows int) *Field {
	x := f.add("long", name, key, stored)
	x.Rows = rows
	return x
}

// Hidden carries a value along.
func (f *Form) Hidden(name, stored string) *Field {
	x := f.add("hidden", name, name, stored)
	x.Label = ""
	return x
}

// File is one file to send; the form is then sent in parts, and its route needs a Body. It is
// declared last: of a form with a file that is too large, only what stands before it arrives.
func (f *Form) File(name, key, accept string) *Field {
	x := f.add("file", name, key, "")
	x.Accept, x.Most, f.Files = accept, blob.MaxBytes, true
	return x
}

// Select is a list that opens; with any, the text of an empty choice before the others.
func (f *Form) Select(name, key, stored string, options []Option) *Field {
	return f.choice("select", name, key, []string{stored}, options)
}

// Radios shows all choices, of which one is made; Checks any number of them.
func (f *Form) Radios(name, key, stored string, options []Option) *Field {
	return f.choice("radios", name, key, []string{stored}, options)
}
func (f *Form) Checks(name, key string, stored []string, options []Option) *Field {
	return f.choice("checks", name, key, stored, options)
}

// Check is a single box; its value is "yes".
func (f *Form) Check(name, key string, stored bool) *Field {
	x := f.add("check", name, key, "")
	if !f.posted && stored {
		f.values.Set(name, "yes")
	}
	x.Options = []Option{{Value: "yes", Text: x.Label, Chosen: f.Checked(name)}}
	return x
}

func (f *Form) choice(kind, name, key string, stored []string, options []Option) *Field {
	x := f.add(kind, name, key, "")
	if !f.posted {
		f.values[name] = stored
	}
	x.Value = f.values.Get(name)
	x.Options = slices.Clone(options)
	for i := range x.Options {
		x.Options[i].Chosen = slices.Contains(f.values[name], x.Options[i].Value)
	}
	return x
}

// Date is a day, a month or a year: as exactly as one knows it. Its value is in DateValue.
func (f *Form) Date(name, key, stored string) *Field {
	x := f.add("date", name, key, "")
	if !f.posted {
		year, month, day := splitDate(stored)
		f.values.Set(name+".year", year)
		f.values.Set(name+".month", month)
		f.values.Set(name+".day", day)
	}
	months := []Option{{Value: "", Text: "–"}}
	chosen := strings.TrimLeft(f.values.Get(name+".month"), "0")
	for m := time.January; m <= time.December; m++ {
		v := strconv.Itoa(int(m))
		months = append(months, Option{Value: v, Text: f.r.P.MonthName(m), Chosen: v == chosen})
	}
	x.Parts = []Part{
		{ID: x.ID + "-day", Name: name + ".day", Label: f.r.T("work.date.day"), Value: f.values.Get(name + ".day"), Mode: "numeric", Size: 2},
		{ID: x.ID + "-month", Name: name + ".month", Label: f.r.T("work.date.month"), Options: months},
		{ID: x.ID + "-year", Name: name + ".year", Label: f.r.T("work.date.year"), Value: f.values.Get(name + ".year"), Mode: "numeric", Size: 4},
	}
	if x.Hint == "" {
		x.Hint = f.r.T("work.date.hint")
	}
	return x
}

func splitDate(s string) (year, month, day string) {
	parts := append(strings.Split(s, "-"), "", "", "")
	return parts[0], strings.TrimLeft(parts[1], "0"), strings.TrimLeft(parts[2], "0")
}

// DateValue is the date that was typed: "2026-05-20", "2026-05", "2026" or "". ok is false
// where it is none.
func (f *Form) DateValue(name string) (date string, ok bool) {
	year, month, day := f.Value(name+".year"), f.Value(name+".month"), f.Value(name+".day")
	if year == "" {
		return "", month == "" && day == ""
	}
	date, layout := year, "2006"
	if month != "" {
		date, layout = date+"-"+pad(month), "2006-01"
		if day != "" {
			date, layout = date+"-"+pad(day), time.DateOnly
		}
	} else if day != "" {
		return "", false
	}
	_, err := time.Parse(layout, date)
	return date, err == nil
}

func pad(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}

// Money is an amount with its currency, chosen of the options or, where there are none, typed
// as three letters. Its value is in MoneyValue.
func (f *Form) Money(name, key, amount, currency string, currencies []Option) *Field {
	x := f.add("money", name, key, "")
	if !f.posted {
		f.values.Set(name+".amount", amount)
		f.values.Set(name+".currency", currency)
	}
	chosen := strings.ToUpper(f.Value(name + ".currency"))
	options := slices.Clone(currencies)
	for i := range options {
		options[i].Chosen = options[i].Value == chosen
	}
	x.Parts = []Part{
		{ID: x.ID + "-amount", Name: name + ".amount", Label: f.r.T("work.money.amount"), Value: f.values.Get(name + ".amount"), Mode: "decimal", Size: 16},
		{ID: x.ID + "-currency", Name: name + ".currency", Label: f.r.T("work.money.currency"), Value: chosen, Size: 3, Options: options},
	}
	return x
}

var (
	decimalText = regexp.MustCompile(`^\d{1,15}(\.\d{1,4})?$`)
	groups      = regexp.MustCompile(`^\d{1,3}([.,]\d{2,3})*$`) // thousands; also lakhs
	noSigns     = strings.NewReplacer(",", "", ".", "")
)

// MoneyValue is the amount as a decimal with a point, and the currency. ok is false where only
// one of the two is there, or the amount is no number. Spaces and commas between thousands are
// taken out; a comma as the decimal sign is understood where it cannot be anything else.
func (f *Form) MoneyValue(name string) (amount, currency string, ok bool) {
	typed, currency := f.Value(name+".amount"), strings.ToUpper(f.Value(name+".currency"))
	if typed == "" {
		return "", currency, true
	}
	amount, ok = Decimal(typed)
	return amount, currency, ok && len(currency) == 3
}

// Decimal reads a number as people type it in six languages: "1 250 000,50", "1,250,000.50",
// "١٢٥٠". A single point is the decimal sign, as we write it ourselves; "1,250", which could
// mean two things, is read as thousands.
func Decimal(typed string) (string, bool) {
	var b strings.Builder
	for _, c := range typed {
		switch {
		case c >= '٠' && c <= '٩':
			b.WriteRune('0' + c - '٠')
		case c == '٫':
			b.WriteByte('.')
		case c == '٬', c == ' ', c == '\u00a0', c == '\u202f', c == '\'', c == '’':
		default:
			b.WriteRune(c)
		}
	}
	s := b.String()
	commas, points := strings.Count(s, ","), strings.Count(s, ".")
	last := strings.LastIndexAny(s, ",.")
	switch {
	case commas > 0 && points > 0: // the last one is the decimal sign
		if !groups.MatchString(s[:last]) {
			return "", false
		}
		s = noSigns.Replace(s[:last]) + "." + s[last+1:]
	case commas+points > 1, commas == 1 && len(s)-last-1 == 3:
		if !groups.MatchString(s) {
			return "", false
		}
		s = noSigns.Replace(s)
	case commas == 1:
		s = strings.Replace(s, ",", ".", 1)
	}
	return s, decimalText.MatchString(s)
}

// Must says that the field is to be filled in.
func (x *Field) Must() *Field { x.Required = true; return x }

// Upto limits the characters.
func (x *Field) Upto(n int) *Field { x.Max = n; return x }

// Empty gives a list an empty choice with a text.
func (x *Field) Empty(text string) *Field { x.Any = text; return x }

// In says in which language the field is written.
func (x *Field) In(c lang.Code) *Field { x.Lang = c; return x }

// Fills says what a browser may fill in, in the words of HTML's autocomplete.
func (x *Field) Fills(what string) *Field { x.Auto = what; return x }

// Of gives a number its unit.
func (x *Field) Of(unit string) *Field { x.Unit = unit; return x }

// Note sets the hint, where it is not a message of its own.
func (x *Field) Note(hint string) *Field { x.Hint = hint; return x }

// First is the id of the field's first input, where a link to it leads.
func (x *Field) First() string {
	switch {
	case len(x.Parts) > 0:
		return x.Parts[0].ID
	case x.Kind == "radios" || x.Kind == "checks" || x.Kind == "check":
		return x.ID + "-0"
	}
	return x.ID
}

// Said are the ids of what describes the field, for aria-describedby.
func (x *Field) Said() string {
	var ids []string
	for _, p := range []struct{ text, suffix string }{{x.Hint, "-hint"}, {x.Example, "-example"}, {x.Error, "-error"}} {
		if p.text != "" {
			ids = append(ids, x.ID+p.suffix)
		}
	}
	return strings.Join(ids, " ")
}

// Dir is the direction in which the field is written.
func (x *Field) Dir() string {
	switch {
	case x.Lang != "":
		return x.Lang.Dir()
	case x.Kind == "email" || x.Kind == "url" || x.Kind == "number":
		return "ltr"
	}
	return "auto"
}

// check gives the message of what is wrong with what was sent, or nothing.
func (x *Field) check(f *Form) (key string, args []any) {
	v := f.Value(x.Name)
	filled := v != ""
	switch x.Kind {
	case "date":
		date, ok := f.DateValue(x.Name)
		if !ok {
			return "work.fault.date", nil
		}
		filled = date != ""
	case "money":
		amount, _, ok := f.MoneyValue(x.Name)
		if !ok {
			return "work.fault.money", nil
		}
		filled = amount != ""
	case "file":
		filled = f.r.Sends(x.Name)
	}
	if !filled {
		if x.Required {
			return "work.fault.required", nil
		}
		return "", nil
	}
	if x.Max > 0 && utf8.RuneCountInString(strings.ReplaceAll(v, "\r\n", "\n")) > x.Max {
		return "work.fault.long", []any{"n", x.Max}
	}
	switch x.Kind {
	case "email":
		if a, err := mail.ParseAddress(v); err != nil || a.Address != v || len(v) > 254 {
			return "work.fault.email", nil
		}
	case "url":
		if u, err := url.Parse(v); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return "work.fault.url", nil
		}
	case "number":
		if _, ok := Decimal(v); !ok {
			return "work.fault.number", nil
		}
	case "select", "radios", "checks":
		for _, chosen := range f.Values(x.Name) {
			if !slices.ContainsFunc(x.Options, func(o Option) bool { return o.Value == chosen }) {
				return "work.fault.choice", nil
			}
		}
	}
	return "", nil
}
