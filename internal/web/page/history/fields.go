package history

import (
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/text"
	"stocktake/internal/web/page"
)

// Change is one field of a pledge in the reader's words: a text word by word, with its language;
// anything else value by value.
type Change struct {
	Field  string
	Lang   lang.Code // of the text, where both versions have the same
	Dir    string
	Edits  []Edit
	Values []Value
}

// Edit is a stretch of text: op is "equal", "delete" or "insert".
type Edit struct{ Op, Text string }

// Value is one value of a field; op is that of Edit.
type Value struct {
	Op, Name string    // Name: what it is the value of, as the date of a milestone
	Text     page.Said // with its language where a party wrote it
	More     string    // what is to be known beside it: to whom money goes, how large a file is
	raw      string    // the value as the record has it, by which two are told apart
}

// Operations of Edit and Value.
const (
	stays = "equal"
	goes  = "delete"
	comes = "insert"
)

// Differences are the fields that differ between two versions of a pledge; v gives the names of
// parties. Whoever shows versions of a pledge says its fields with this.
func Differences(r *page.Reader, v page.PartyNamer, before, after pledge.Pledge) []Change {
	var out []Change
	for _, c := range pledge.Changes(before, after) {
		change := Change{Field: FieldName(r, c.Field)}
		if slices.Contains(texts, c.Field) {
			change.Lang, change.Dir = common(languageOf(c.Field, before), languageOf(c.Field, after))
			for _, e := range text.WordDiff(strings.Join(c.Before, "\n"), strings.Join(c.After, "\n")) {
				change.Edits = append(change.Edits, Edit{Op: e.Op.String(), Text: e.Text})
			}
		} else {
			change.Values = between(values(r, v, c.Field, before, c.Before), values(r, v, c.Field, after, c.After))
		}
		out = append(out, change)
	}
	return out
}

// Whole is everything that a pledge says, in the same words.
func Whole(r *page.Reader, v page.PartyNamer, p pledge.Pledge) []Change {
	var out []Change
	for _, c := range pledge.Changes(pledge.Pledge{}, p) {
		change := Change{Field: FieldName(r, c.Field)}
		if slices.Contains(texts, c.Field) {
			change.Lang, change.Dir = common("", languageOf(c.Field, p))
			change.Edits = []Edit{{Op: stays, Text: strings.Join(c.After, "\n")}}
		} else {
			change.Values = values(r, v, c.Field, p, c.After)
		}
		out = append(out, change)
	}
	return out
}

// texts are the fields that are compared word by word.
var texts = []string{"title", "text", "notice"}

func languageOf(field string, p pledge.Pledge) lang.Code {
	if field != "notice" {
		return p.Language
	}
	if p.Notice == nil {
		return ""
	}
	return p.Notice.Language
}

// common is the language of two texts, of which one may not be there; the browser finds the
// direction of two in different ones.
func common(before, after lang.Code) (lang.Code, string) {
	if before == "" || before == after {
		before = after
	}
	if before == "" || after != "" && before != after {
		return "", "auto"
	}
	return before, before.Dir()
}

// between are the values of both versions: what went, then what there is now. Where only the
// order differs, which for parties says who leads, all are told in both orders.
func between(before, after []Value) []Value {
	has := func(all []Value, x Value) bool {
		return slices.ContainsFunc(all, func(y Value) bool { return y.raw == x.raw })
	}
	ordered := !slices.ContainsFunc(before, func(x Value) bool { return !has(after, x) }) && !slices.ContainsFunc(after, func(x Value) bool { return !has(before, x) })
	var out []Value
	for _, x := range before {
		if x.Op = goes; ordered || !has(after, x) {
			out = append(out, x)
		}
	}
	for _, x := range after {
		if x.Op = comes; !ordered && has(before, x) {
			x.Op = stays
		}
		out = append(out, x)
	}
	return out
}

// values puts the values of a field into the reader's words; raw is what pledge.Changes has
// of them, one for each.
func values(r *page.Reader, v page.PartyNamer, field string, p pledge.Pledge, raw []string) []Value {
	out := make([]Value, len(raw))
	for i, value := range raw {
		out[i] = Value{Op: stays, Text: page.Said{Text: value}, raw: value}
		x := &out[i]
		switch field {
		case "starts_on", "ends_on", "announced_on":
			x.Text.Text = r.P.Date(value)
		case "announced_at", "source":
			x.Text.Dir = "auto"
		case "status", "language":
			x.Text.Text = r.Word(field, value)
		case "milestones":
			x.Name, x.Text = r.P.Date(p.Milestones[i].On), page.Say(p.Milestones[i].Text, p.Language)
		case "indicators":
			indicator(r, p.Indicators[i], p.Language, x)
		case "money":
			money(r, v, *p.Money, x)
		case "attachments":
			x.Text.Text, x.More = p.Attachments[i].Name, r.Size(p.Attachments[i].Bytes)
		case "links":
			link(r, p.Links[i], x)
		default:
			if filter := fieldFilter[field]; filter != "" {
				x.Text.Text = r.ValueName(v, filter, value)
			}
		}
	}
	return out
}

func indicator(r *page.Reader, in pledge.Indicator, c lang.Code, x *Value) {
	x.Text = page.Say(in.Name, c)
	var parts []string
	for _, number := range []struct{ key, value string }{{"pledge.baseline", in.Baseline}, {"pledge.target", in.Target}} {
		if number.value != "" {
			amount := lang.Isolate(strings.TrimSpace(r.P.Decimal(number.value) + " " + in.Unit))
			parts = append(parts, r.T("frame.pair", "name", r.T(number.key), "value", amount))
		}
	}
	if len(parts) == 0 && in.Unit != "" {
		parts = []string{lang.Isolate(in.Unit)}
	}
	x.More = strings.Join(parts, " · ")
}

func money(r *page.Reader, v page.PartyNamer, m pledge.Money, x *Value) {
	x.Text.Text = strings.TrimSpace(r.P.Decimal(m.Amount) + " " + m.Currency)
	var parts []string
	if to := r.Recipient(v, m.Recipient); to != "" {
		parts = append(parts, r.T("pledge.money.to")+" "+lang.Isolate(to))
	}
	if len(m.Years) > 0 {
		years := make([]string, len(m.Years))
		for i, y := range m.Years {
			years[i] = strconv.Itoa(y)
		}
		parts = append(parts, r.P.List(years...))
	}
	x.More = strings.Join(parts, " · ")
}

func link(r *page.Reader, l pledge.Link, x *Value) {
	parts := []string{lang.Isolate(l.URL), lang.Isolate(l.Source), r.P.Date(l.On)}
	if x.Text = (page.Said{Text: l.Title, Dir: "auto"}); l.Title == "" {
		x.Text, parts[0] = page.Said{Text: l.URL, Dir: "ltr"}, ""
	}
	x.More = strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// fieldFilter names the filter whose words a field has.
var fieldFilter = map[string]string{
	"parties": "party", "channel": "channel", "form": "form", "nature": "nature", "objectives": "objective",
	"objectives_by": "objectives_by", "principles": "principle", "levels": "level", "countries": "country",
	"regions": "region", "text_by": "text_by", "mirror": "mirror", "call": "call",
}

// Fields are the fields that have a name of their own beside those of the filters.
var Fields = []string{"status", "superseded_by", "notice", "title", "text", "language", "text_by", "matches", "actions", "sdgs",
	"starts_on", "ends_on", "milestones", "indicators", "money", "announced_on", "announced_at", "attachments",
	"links", "source", "evidence", "also_recorded"}

// FieldName is the name of a field of a pledge.
func FieldName(r *page.Reader, field string) string {
	if slices.Contains(Fields, field) {
		return r.T("field." + field)
	}
	if f := fieldFilter[field]; f != "" {
		return r.FilterName(f)
	}
	return field
}
