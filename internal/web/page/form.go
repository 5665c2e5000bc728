package page

import (
	"cmp"
	"html/template"
	"slices"
	"sort"
	"strings"

	"stocktake/internal/compact"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/text"
)

// Form is the filters of a page as a form that works without scripts, with the active ones as
// chips that can be taken away one by one.
type Form struct {
	Action  string
	path    string // of the page, without the language
	Words   string
	AsOf    string // the day asked for; empty for today
	Common  []Select
	More    []Select
	Open    bool // one of More is active
	Hidden  []Pair
	Chips   []Chip
	Said    template.HTML // the same in a sentence, for paper
	ReadAs  []string      // which words were taken for others, or passed over
	Instead []Offer       // the filters by the region that the words name
	Clear   string
	Infer   *Chip // the one click that leaves out inferred objectives
}

// Select is one filter of the form.
type Select struct {
	Name, Label string
	Any         string // text of the empty option
	Options     []Option
}

// HTML draws the select. A form has some six hundred options: written here they cost a page a
// tenth of what a template takes for them.
func (s Select) HTML() template.HTML {
	var b strings.Builder
	b.Grow(256 + 48*len(s.Options))
	write := func(parts ...string) {
		for _, p := range parts {
			b.WriteString(p)
		}
	}
	write(`<label><span>`, template.HTMLEscapeString(s.Label), `</span><select name="`, template.HTMLEscapeString(s.Name),
		`"><option value="">`, template.HTMLEscapeString(s.Any), `</option>`)
	for _, o := range s.Options {
		write(`<option value="`, template.HTMLEscapeString(o.Value), `"`)
		if o.Selected {
			write(` selected`)
		}
		write(`>`, template.HTMLEscapeString(o.Text), `</option>`)
	}
	write(`</select></label>`)
	return template.HTML(b.String())
}

// Option is one value of a select.
type Option struct {
	Value, Text string
	Selected    bool
}

// Pair is a hidden field.
type Pair struct{ Name, Value string }

// Chip is an active filter with the link that takes it away.
type Chip struct {
	Filter, Value, Href string
}

// The filters of the form: those in sight, and those behind "more filters".
var (
	commonFilters = []string{"party_kind", "party", "objective", "nature", "stage", "channel"}
	moreFilters   = []string{"country", "region", "party_region", "commission", "lead_kind", "form", "level",
		"principle", "objectives_by", "recency", "year", "call", "currency", "mirror", "active", "overdue"}
)

// pledgingStates lists the Member States and their like that pledge: a select with every city
// and association would be of no use. Other parties are filtered from their own pages.
func (r *Reader) pledgingStates(v *explore.View) func(explore.Bucket) bool {
	return func(b explore.Bucket) bool {
		p, ok := v.Party(b.Value)
		return ok && p.IsState(r.Pack)
	}
}

// Form makes the filters of the page at path, with options from the view.
func (r *Reader) Form(v *explore.View, path string) Form {
	q := r.Query
	from := v                  // the options
	if v.Totals.Pledges == 0 { // what was chosen can be corrected only where there is something to choose
		if all, err := r.View(r.Pin()); err == nil {
			from = all
		}
	}
	f := Form{Action: r.Link(path, explore.Query{}), path: path, Words: q.Words, AsOf: q.AsOf}
	for _, name := range commonFilters {
		f.Common = r.addSelect(f.Common, &f, from, name)
	}
	for _, name := range moreFilters {
		if !r.Marks(name) {
			f.hide(name, q.Get(name))
			continue
		}
		f.More = r.addSelect(f.More, &f, from, name)
		f.Open = f.Open || len(q.Get(name)) > 0
	}
	for _, name := range explore.Filters {
		if !slices.Contains(commonFilters, name) && !slices.Contains(moreFilters, name) {
			f.hide(name, q.Get(name))
		}
	}
	if q.OwnObjectives {
		f.Hidden = append(f.Hidden, Pair{"inferred", "false"})
	}
	if r.Digits != "" {
		f.Hidden = append(f.Hidden, Pair{"digits", r.Digits})
	}
	if q.At > 0 {
		f.Hidden = append(f.Hidden, Pair{"at", itoa(q.At)})
	}
	if q.Sort != "" {
		f.Hidden = append(f.Hidden, Pair{"sort", q.Sort})
	}
	for _, name := range kept {
		if value := r.Own.Get(name); value != "" {
			f.Hidden = append(f.Hidden, Pair{name, value})
		}
	}
	f.Chips, f.ReadAs = r.Chips(v, path), r.ReadAs(v, AsTyped)
	f.Said = r.said(f.Chips)
	if len(f.Chips) > 0 {
		f.Clear = r.Link(path, explore.Query{AsOf: q.AsOf, At: q.At, Sort: q.Sort}, r.Kept()...)
	}
	f.Infer = r.Infer(v, path)
	return f
}

// Marks reports whether pages offer a filter. Marks of who is overdue, or whose pledge has lapsed, are
// a policy of the pack, and private unless it opens them. What is silent can be computed from the
// register all the same: a question asked in words of the address is answered, and the number of
// pledges on which no update was received leads to them, as every number does.
func (r *Reader) Marks(filter string) bool {
	switch filter {
	case "overdue":
		return r.Pack.Policies.Overdue == compact.Public
	case "active":
		return r.Pack.Policies.Lapsed == compact.Public || r.Pack.Calendar.LapseAfterMonths == 0
	}
	return true
}

// Infer is the click that leaves out inferred objectives; nil where there is nothing to leave out.
func (r *Reader) Infer(v *explore.View, path string) *Chip {
	if r.Query.OwnObjectives || v.Totals.Inferred == 0 {
		return nil
	}
	return &Chip{Href: r.Link(path, r.Query.WithOwnObjectives(true), r.Kept()...)}
}

// InferredChip says that they are left out, and undoes it.
func (r *Reader) InferredChip(path string, own ...string) Chip {
	return Chip{Filter: r.FilterName("inferred"), Value: r.T("chips.inferred"), Href: r.Link(path, r.Query.WithOwnObjectives(false), own...)}
}

func (f *Form) hide(name string, values []string) {
	for _, v := range values {
		f.Hidden = append(f.Hidden, Pair{name, v})
	}
}

// addSelect adds the select of a filter where it has anything to choose. Several values at
// once cannot be shown by a select of one; they travel hidden, stay as chips, and the select
// adds one more.
func (r *Reader) addSelect(to []Select, f *Form, v *explore.View, name string) []Select {
	active := r.Query.Get(name)
	s := Select{Name: name, Label: r.FilterName(name), Any: r.T("form.any")}
	if len(active) > 1 {
		s.Any = r.T("form.several", "n", len(active))
		f.hide(name, active)
	}
	var state func(explore.Bucket) bool
	if name == "party" {
		state = r.pledgingStates(v)
	}
	listed := map[string]bool{}
	for _, b := range r.Counts(v, name) {
		on := slices.Contains(active, b.Value)
		if len(active) > 1 && on || b.Value == None && b.Count == 0 && !on || state != nil && !state(b) {
			continue
		}
		listed[b.Value] = true
		s.Options = append(s.Options, Option{Value: b.Value, Text: r.ValueName(v, name, b.Value), Selected: on})
	}
	for _, value := range active {
		if len(active) == 1 && !listed[value] {
			s.Options = append(s.Options, Option{Value: value, Text: r.ValueName(v, name, value), Selected: true})
		}
	}
	if len(s.Options) == 0 || len(s.Options) == 1 && s.Options[0].Value == None && !s.Options[0].Selected {
		return to
	}
	if alphabetical[name] {
		lang.SortStable(r.Lang, s.Options, func(o Option) string { return o.Text })
		slices.SortStableFunc(s.Options, func(a, b Option) int { return cmp.Compare(last(a), last(b)) })
	}
	if name == "year" {
		sort.SliceStable(s.Options, func(i, j int) bool { return s.Options[i].Value > s.Options[j].Value })
	}
	return append(to, s)
}

// last is 1 for the option of what is empty.
func last(o Option) int {
	if o.Value == None {
		return 1
	}
	return 0
}

// The open lists are sorted as a dictionary of the reader's language does.
var alphabetical = map[string]bool{"party": true, "country": true, "region": true, "party_region": true, "commission": true, "call": true, "currency": true}

// hints are the messages for what is not read as other searches read it.
var hints = map[text.HintKind]string{
	text.NoWords: "search.no_words", text.OnlyWithout: "search.only_without", text.Unread: "search.unread",
	text.Star: "search.star", text.Operator: "search.operator", explore.Beginning: "search.beginning",
}

// ReadAs says which words of the question were taken for others, and what of them was passed over. What
// the reader typed goes through tidy.
func (r *Reader) ReadAs(v *explore.View, tidy func(string) string) (said []string) {
	for _, c := range v.Understood() {
		said = append(said, r.T("pledges.understood", "from", lang.Isolate(tidy(c.From)), "to", lang.Isolate(c.To)))
	}
	for _, h := range v.Hints() {
		words := make([]string, len(h.Words))
		for i, w := range h.Words {
			words[i] = lang.Isolate(tidy(w))
		}
		said = append(said, r.T(hints[h.Kind], "n", text.MostAsked, "words", r.P.List(words...)))
	}
	return said
}

// AsTyped leaves words as they are.
func AsTyped(s string) string { return s }

// said names the active filters in a sentence; nothing where there are none.
func (r *Reader) said(chips []Chip) template.HTML {
	if len(chips) == 0 {
		return ""
	}
	var pairs []string
	for _, c := range chips {
		pairs = append(pairs, string(r.HTML("frame.pair", "name", c.Filter, "value", lang.Bdi(c.Value))))
	}
	return r.HTML("chart.filters", "filters", template.HTML(strings.Join(pairs, "; ")))
}

// Chips lists the active filters of the question, each with the link without it.
func (r *Reader) Chips(v PartyNamer, path string) []Chip {
	q := r.Query
	var chips []Chip
	own := r.Kept("show", r.Own.Get("show"))
	if q.Words != "" {
		chips = append(chips, Chip{Filter: r.FilterName("q"), Value: q.Words, Href: r.Link(path, q.WithWords(""), own...)})
	}
	for _, name := range explore.Filters {
		for _, value := range q.Get(name) {
			chips = append(chips, Chip{
				Filter: r.FilterName(name), Value: r.ValueName(v, name, value),
				Href: r.Link(path, q.Without(name, value), own...),
			})
		}
	}
	if q.OwnObjectives {
		chips = append(chips, r.InferredChip(path, own...))
	}
	return chips
}
