package follow

import (
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/web/work/kit"
)

const mostEvidence = 10 // pieces that the form takes

// roomForEvidence is for one piece more than there is; a form that was sent comes back as it was.
func roomForEvidence(r *kit.Request, rep pledge.Report) (n int) {
	n = len(rep.Evidence) + 1
	if r.Posted() {
		for n = 0; r.Form.Has("evidence_" + strconv.Itoa(n) + "_url"); n++ {
		}
	}
	return min(n, mostEvidence)
}

// reportForm asks for a report. It begins with what rep says.
func reportForm(r *kit.Request, version any, p pledge.Pledge, rep pledge.Report) *kit.Form {
	f := r.NewForm(version)
	var stages []kit.Option
	for _, s := range pledge.Stages[1:] {
		stages = append(stages, kit.Option{Value: string(s), Text: r.T("word.stage." + string(s)), Hint: hint(r, s)})
	}
	f.Radios("stage", "follow.field.stage", string(rep.Stage), stages).Must()
	f.Long("narrative", "follow.field.narrative", rep.Narrative, 6).Upto(5_000)
	var languages []kit.Option
	for _, c := range lang.All {
		languages = append(languages, kit.Option{Value: string(c), Text: c.Autonym()})
	}
	written := rep.Language
	if written == "" {
		written = r.Lang
	}
	f.Select("language", "follow.field.language", string(written), languages).Must()
	for i, in := range p.Indicators {
		x := f.Number("value_"+strconv.Itoa(i), "follow.field.value", valueOf(rep, in.Name)).Of(in.Unit)
		x.Label = in.Name
		x.Note(r.T("follow.field.value.range", "baseline", orDash(r, in.Baseline), "target", orDash(r, in.Target)))
	}
	amount, currency := "", ""
	if rep.Spent != nil {
		amount, currency = rep.Spent.Amount, rep.Spent.Currency
	}
	f.Money("spent", "follow.field.spent", amount, currency, nil)
	for i := range roomForEvidence(r, rep) {
		var l pledge.Link
		if i < len(rep.Evidence) {
			l = rep.Evidence[i]
		}
		at := "evidence_" + strconv.Itoa(i) + "_"
		number := func(x *kit.Field, key string) *kit.Field { x.Label = r.T(key, "n", i+1); return x }
		number(f.URL(at+"url", "follow.field.url", l.URL), "follow.field.url")
		number(f.Text(at+"title", "follow.field.evidence", l.Title), "follow.field.evidence").Upto(300)
		number(f.Text(at+"source", "follow.field.source", l.Source), "follow.field.source").Upto(300)
		number(f.Date(at+"on", "follow.field.dated", l.On), "follow.field.dated")
	}
	f.Long("barriers", "follow.field.barriers", rep.Barriers, 3).Upto(5_000)
	f.Long("support", "follow.field.support", rep.Support, 3).Upto(5_000)
	return f
}

// ReportForm is the form in two parts: what most reports say, and what is folded away.
type ReportForm struct {
	*kit.Form
	First, More []*kit.Field
	Open        bool // more is unfolded, as something in it is not right
}

func inParts(f *kit.Form) *ReportForm {
	i := slices.IndexFunc(f.Fields, func(x *kit.Field) bool { return x.Name == "spent" })
	p := &ReportForm{Form: f, First: f.Fields[:i], More: f.Fields[i:]}
	p.Open = slices.ContainsFunc(p.More, func(x *kit.Field) bool { return x.Error != "" })
	return p
}

// hint says of the stages that end a pledge that they wait.
func hint(r *kit.Request, s pledge.Stage) string {
	if s == pledge.Fulfilled || s == pledge.Discontinued {
		return r.T("follow.field.stage.waits")
	}
	return ""
}

func valueOf(rep pledge.Report, indicator string) string {
	if i := slices.IndexFunc(rep.Values, func(v pledge.Value) bool { return v.Indicator == indicator }); i >= 0 {
		return rep.Values[i].Value
	}
	return ""
}

func orDash(r *kit.Request, s string) string {
	if s == "" {
		return "–"
	}
	return r.P.Decimal(s)
}

// read makes a report of what was typed, as it was typed where it is not right.
func read(f *kit.Form, p pledge.Pledge) pledge.Report {
	rep := pledge.Report{
		Stage: pledge.Stage(f.Value("stage")), Narrative: lines(f.Value("narrative")), Barriers: lines(f.Value("barriers")), Support: lines(f.Value("support")),
		Language: lang.Code(f.Value("language")),
	}
	for i, in := range p.Indicators {
		typed := f.Value("value_" + strconv.Itoa(i))
		if typed == "" {
			continue
		}
		if d, ok := kit.Decimal(typed); ok {
			typed = d
		}
		rep.Values = append(rep.Values, pledge.Value{Indicator: in.Name, Value: typed})
	}
	amount, currency, ok := f.MoneyValue("spent")
	if !ok {
		amount = f.Value("spent.amount")
	}
	if amount != "" || currency != "" {
		rep.Spent = &pledge.Money{Amount: amount, Currency: currency}
	}
	for i := range mostEvidence {
		at := "evidence_" + strconv.Itoa(i) + "_"
		if f.Field(at+"url") == nil {
			break
		}
		on, _ := f.DateValue(at + "on")
		l := pledge.Link{URL: f.Value(at + "url"), Title: f.Value(at + "title"), Source: f.Value(at + "source"), On: on}
		if l != (pledge.Link{}) {
			rep.Evidence = append(rep.Evidence, l)
		}
	}
	return rep
}

func lines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// named gives the findings of the rules the names and messages of the form's fields.
func named(err error, f *kit.Form) error {
	found := errs.FieldsOf(err)
	if !errs.Is(err, errs.Invalid) || len(found) == 0 {
		return err
	}
	out := slices.Clone(found)
	for i, x := range out {
		list, rest, inList := strings.Cut(x.Field, "[")
		n, member, _ := strings.Cut(rest, "].")
		switch {
		case inList && list == "values":
			out[i].Field, out[i].Message = "value_"+placeOf(f, "value_", n), "work.fault.number"
		case inList && list == "evidence":
			out[i].Field = "evidence_" + placeOf(f, "evidence_", n) + "_" + member
			out[i].Message = map[string]string{"url": "follow.fault.url", "on": "work.fault.date"}[member]
			if _, isDate := pledge.ParseDate(x.Value); member == "on" && isDate {
				out[i].Message = "follow.fault.dated"
			}
		case strings.HasPrefix(x.Field, "spent"):
			out[i].Field, out[i].Message = "spent", "work.fault.money"
		}
		if out[i].Message == "" {
			out[i].Message = "follow.fault.narrative"
		}
	}
	return errs.InvalidFields(out...)
}

// placeOf is the place in the form of the n-th filled in member of a list: empty ones are left
// out of the report.
func placeOf(f *kit.Form, prefix, n string) string {
	want, err := strconv.Atoi(n)
	if err != nil {
		return n
	}
	filled := map[string]bool{}
	var places []string
	for _, x := range f.Fields {
		rest, ok := strings.CutPrefix(x.Name, prefix)
		if !ok {
			continue
		}
		place, _, _ := strings.Cut(rest, "_")
		typed := f.Value(x.Name) + f.Value(x.Name+".year")
		if typed != "" && !filled[place] {
			filled[place] = true
			places = append(places, place)
		}
	}
	if want < len(places) {
		return places[want]
	}
	return n
}
