package exchange

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"stocktake/internal/compact"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/text"
)

// resolver finds out who is meant by a code or a name, and makes the parties that are new.
type resolver struct {
	pack   *compact.Pack
	named  map[string]NamedParty
	known  map[string]party.Party // published before, or made for an earlier row
	byName map[string][]string    // folded name to the codes of those that have it
	made   map[string]*newParty   // parties that this import brings
	order  []string               // codes of made, parents and members before those that name them
	making map[string]bool        // groups whose members are being made
	erased map[string]bool        // codes of parties that were erased from the register
}

// newParty appears on the day on which the first of its pledges became public.
type newParty struct {
	party.Party
	Effective string // "" is the day of the import
	Row       int    // that named it first
	Unnamed   bool   // made only because a part of it was named; its name is its code until a row names it
}

func newResolver(pack *compact.Pack, m *ColumnMap, published []party.Party, erased ...string) *resolver {
	r := &resolver{pack: pack, erased: said(erased), known: map[string]party.Party{}, byName: map[string][]string{}, made: map[string]*newParty{}, making: map[string]bool{}}
	if m != nil {
		r.named = m.Parties
	}
	for _, p := range published {
		r.learn(p)
	}
	return r
}

func (r *resolver) learn(p party.Party) {
	r.known[p.Code] = p
	for _, name := range p.Names {
		key := party.Fold(name)
		if !slices.Contains(r.byName[key], p.Code) {
			r.byName[key] = append(r.byName[key], p.Code)
		}
	}
}

// found is the outcome for one row: the codes in order, the parties that would be new.
type found struct {
	codes   []string
	fresh   []*newParty
	renamed map[string]map[lang.Code]string // parties made unnamed, that this row names
	bad     []Finding
}

// mention is one party as a row names it.
type mention struct {
	token, label, kind string
	language           lang.Code // of the row
}

// resolve reads the parties of one row. Nothing new is kept before accept, so that the row
// can still be refused.
func (r *resolver) resolve(rec record, language lang.Code) found {
	var f found
	tokens := SplitList(rec.Values["parties"])
	labels, kinds := SplitList(rec.Values["party_names"]), SplitList(rec.Values["party_kinds"])
	fault := func(column, value, format string, args ...any) {
		f.bad = append(f.bad, Finding{Row: rec.Row, Column: column, Value: value, Expected: fmt.Sprintf(format, args...)})
	}
	switch {
	case len(tokens) > mostParties:
		fault("parties", "", "names %d parties; at most %d are allowed", len(tokens), mostParties)
		return f
	case len(labels) > 0 && len(labels) != len(tokens):
		fault("party_names", rec.Values["party_names"], "has %d names; as many as parties are expected: %d", len(labels), len(tokens))
		return f
	case len(kinds) > 1 && len(kinds) != len(tokens):
		fault("party_kinds", rec.Values["party_kinds"], "has %d kinds; one for all or as many as parties are expected: %d", len(kinds), len(tokens))
		return f
	}
	for i, token := range tokens {
		m := mention{token: token, language: language}
		if len(kinds) == 1 {
			m.kind = kinds[0]
		} else if len(kinds) > 0 {
			m.kind = kinds[i]
		}
		if len(labels) > 0 {
			m.label = labels[i]
		}
		code, bad := r.one(&f, m)
		if bad != nil {
			bad.Row = rec.Row
			f.bad = append(f.bad, *bad)
			continue
		}
		if !slices.Contains(f.codes, code) {
			f.codes = append(f.codes, code)
		}
	}
	for _, p := range f.fresh {
		p.Row = rec.Row
	}
	return f
}

// mostParties is how many the rules allow in one pledge.
const mostParties = 100

// one finds the party behind a single code or name.
func (r *resolver) one(f *found, m mention) (string, *Finding) {
	if m.token == "" {
		return "", &Finding{Column: "parties", Expected: "must have a code or a name between the semicolons"}
	}
	if n, ok := r.named[m.token]; ok {
		return r.fromMap(f, n, m)
	}
	if p, ok := r.get(f, m.token); ok {
		if m.kind != "" && m.kind != p.Kind {
			return "", &Finding{Column: "party_kinds", Value: m.kind, Expected: fmt.Sprintf("must be %s, the kind of %s, or empty", p.Kind, p.Code)}
		}
		r.name(f, p.Code, m)
		return p.Code, nil
	}
	if c, ok := place.ByAlpha3(m.token); ok && len(m.token) == 3 && m.token == strings.ToLower(m.token) {
		return r.country(f, c, m)
	}
	if code, bad := r.published(m); code != "" || bad != nil {
		return code, bad
	}
	if m.kind == "" || party.State(m.kind) {
		if c, ok := place.Lookup(m.token); ok {
			return r.country(f, c, m)
		}
	}
	p := party.Party{Kind: m.kind}
	switch {
	case party.ValidCode(m.token) && m.label != "":
		p.Code, p.Names = m.token, map[lang.Code]string{languageOf(m.label, lang.EN): m.label}
	case partOfState(m) != "":
		return "", &Finding{Column: "parties", Value: m.token, Expected: partOfState(m)}
	case m.kind == "":
		return "", &Finding{Column: "parties", Value: m.token, Expected: "is no party that is known; for a new one its kind is needed in party_kinds"}
	default:
		p.Code, p.Names = text.Slug(m.token, ""), map[lang.Code]string{languageOf(m.token, m.language): m.token}
		if p.Code == "" {
			return "", &Finding{Column: "parties", Value: m.token, Expected: "has no Latin letters to make a code of; write a code here and the name in party_names"}
		}
		if taken, ok := r.get(f, p.Code); ok {
			return "", &Finding{Column: "parties", Value: m.token, Expected: fmt.Sprintf(
				"is a new name, but its code %q belongs to %s; write the code of the party that is meant, or a new code with the name in party_names", p.Code, taken.Name(lang.EN))}
		}
	}
	return r.add(f, p)
}

// published finds a party by its name in some language; a kind beside it tells apart those that
// share one.
func (r *resolver) published(m mention) (string, *Finding) {
	var codes []string
	for _, code := range r.byName[party.Fold(m.token)] {
		if m.kind == "" || r.known[code].Kind == m.kind {
			codes = append(codes, code)
		}
	}
	switch len(codes) {
	case 0:
		return "", nil
	case 1:
		return codes[0], nil
	}
	return "", &Finding{Column: "parties", Value: m.token, Expected: "is the name of several parties; write the code of one of them: " + strings.Join(codes, ", ")}
}

// country is a State by its code or name. Where an area acts as a State is for people to say:
// its kind must then stand beside it.
func (r *resolver) country(f *found, c place.Country, m mention) (string, *Finding) {
	p := party.FromCountry(c)
	switch {
	case p.Kind == "":
		p.Kind = m.kind
	case m.kind != "" && m.kind != p.Kind:
		return "", &Finding{Column: "party_kinds", Value: m.kind, Expected: fmt.Sprintf("must be %s, the kind of %s, or empty", p.Kind, p.Code)}
	}
	return r.add(f, p)
}

func (r *resolver) fromMap(f *found, n NamedParty, m mention) (string, *Finding) {
	if _, ok := r.get(f, n.Code); ok {
		return n.Code, nil
	}
	kind := n.Kind
	if kind == "" {
		kind = m.kind
	}
	if c, ok := place.ByAlpha3(n.Code); ok && len(n.Code) == 3 {
		return r.country(f, c, mention{kind: n.Kind})
	}
	if bad := r.members(f, n); bad != nil {
		return "", bad
	}
	p := party.Party{Code: n.Code, Kind: kind, Names: n.Names, Country: n.Country, At: n.At, Members: n.Members}
	if len(p.Names) == 0 {
		p.Names = map[lang.Code]string{languageOf(m.token, lang.EN): m.token}
	}
	return r.add(f, p)
}

// members makes those members of a group that are new, if the map names them too.
func (r *resolver) members(f *found, n NamedParty) *Finding {
	if r.making[n.Code] {
		return nil // a circle; the rules for parties find it
	}
	r.making[n.Code] = true
	defer delete(r.making, n.Code)
	for _, code := range n.Members {
		if _, ok := r.get(f, code); ok {
			continue
		}
		if c, ok := place.ByAlpha3(code); ok && len(code) == 3 {
			if _, bad := r.country(f, c, mention{}); bad != nil {
				return bad
			}
		}
		for _, name := range slices.Sorted(maps.Keys(r.named)) {
			if r.named[name].Code != code {
				continue
			}
			if _, bad := r.fromMap(f, r.named[name], mention{token: name, language: lang.EN}); bad != nil {
				return bad
			}
			break
		}
	}
	return nil
}

// add makes a party that nobody has named before, and what it is part of.
func (r *resolver) add(f *found, p party.Party) (string, *Finding) { return r.addNew(f, p, false) }

func (r *resolver) addNew(f *found, p party.Party, unnamed bool) (string, *Finding) {
	p = p.Tidied()
	if _, ok := r.get(f, p.Code); ok {
		return p.Code, nil
	}
	if r.erased[p.Code] {
		return "", &Finding{Column: "parties", Value: p.Code, Expected: "was erased from the register, and its code is never given again; name another party"}
	}
	if _, ok := r.get(f, p.Parent); p.Parent != "" && !ok {
		if bad := r.addParent(f, p); bad != nil {
			return "", bad
		}
	}
	if parent, ok := r.get(f, p.Parent); ok && p.Country == "" {
		p.Country = parent.Country
	}
	lookup := func(code string) (party.Party, bool) { return r.get(f, code) }
	if wrong := party.Validate(r.pack, lookup, p); len(wrong) > 0 {
		w := wrong[0]
		if w.Field == "kind" {
			return "", &Finding{Column: "party_kinds", Value: w.Value, Expected: fmt.Sprintf("%s (the kind of %s)", w.Message, p.Code)}
		}
		return "", &Finding{Column: "parties", Value: p.Code, Expected: fmt.Sprintf("cannot become a new party: its %s %s", w.Field, w.Message)}
	}
	f.fresh = append(f.fresh, &newParty{Party: p, Unnamed: unnamed})
	return p.Code, nil
}

// addParent makes what a new party is part of: its State, or a party of its own kind whose name
// is its code until another row names it.
func (r *resolver) addParent(f *found, p party.Party) *Finding {
	parent, unnamed := party.Party{Code: p.Parent, Kind: p.Kind, Names: map[lang.Code]string{lang.EN: p.Parent}}, true
	if c, ok := place.ByAlpha3(p.Parent); ok && len(p.Parent) == 3 {
		parent, unnamed = party.FromCountry(c), false
		if parent.Kind == "" {
			parent.Kind = p.Kind
		}
	}
	_, bad := r.addNew(f, parent, unnamed)
	return bad
}

// name gives a name to a party that was made without one.
func (r *resolver) name(f *found, code string, m mention) {
	if m.label == "" {
		return
	}
	names := map[lang.Code]string{languageOf(m.label, lang.EN): m.label}
	for _, p := range f.fresh {
		if p.Code == code && p.Unnamed {
			p.Names, p.Unnamed = names, false
		}
	}
	if p := r.made[code]; p != nil && p.Unnamed {
		if f.renamed == nil {
			f.renamed = map[string]map[lang.Code]string{}
		}
		f.renamed[code] = names
	}
}

// languageOf tells the language of a name by its letters, as far as they tell it.
func languageOf(name string, row lang.Code) lang.Code {
	for _, c := range name {
		switch {
		case unicode.Is(unicode.Arabic, c):
			return lang.AR
		case unicode.Is(unicode.Cyrillic, c):
			return lang.RU
		case unicode.Is(unicode.Han, c):
			return lang.ZH
		}
	}
	if row == lang.AR || row == lang.RU || row == lang.ZH {
		return lang.EN
	}
	return row
}

func (r *resolver) get(f *found, code string) (party.Party, bool) {
	if p, ok := r.known[code]; ok {
		return p, true
	}
	for _, p := range f.fresh {
		if p.Code == code {
			return p.Party, true
		}
	}
	return party.Party{}, false
}

// accept keeps what a good row brought. A new party is public from the first day on which one
// of its pledges is, and so is what it is part of.
func (r *resolver) accept(f found, effective string) {
	for _, p := range f.fresh {
		p.Effective = effective
		r.learn(p.Party)
		r.made[p.Code] = p
		r.order = append(r.order, p.Code)
	}
	for code, names := range f.renamed {
		p := r.made[code]
		p.Names, p.Unnamed = names, false
		r.learn(p.Party)
	}
	for _, code := range f.codes {
		r.since(code, effective)
	}
}

func (r *resolver) since(code, effective string) {
	m, ok := r.made[code]
	if !ok || effective == "" {
		return
	}
	if m.Effective == "" || effective < m.Effective {
		m.Effective = effective
	}
	r.since(m.Parent, effective)
	for _, member := range m.Members {
		r.since(member, effective)
	}
}

// countryOf takes an ISO alpha-2 code, an alpha-3 code or a name.
func countryOf(s string) (place.Country, bool) {
	if c, ok := place.ByAlpha2(s); ok && len(s) == 2 {
		return c, true
	}
	if c, ok := place.ByAlpha3(s); ok && len(s) == 3 {
		return c, true
	}
	return place.Lookup(s)
}
