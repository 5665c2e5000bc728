package explore

import (
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/text"
)

// The query language is that of text.Query; docs/search.md has it in words. All clauses must
// be answered: by the text of the pledge, by one of its translations or reports that stand in
// this view, by the name of a party, or by the name of a country where it is carried out.

// readings are the languages in which a reader's word is tried, each against the texts of that
// language: Latin letters are stemmed as English, Spanish and French, and left whole for texts
// in the other languages; the analyser knows the other scripts by their letters.
var readings = []lang.Code{lang.EN, lang.ES, lang.FR, lang.ZH}

// anyReading is the language in which a query is taken apart: only French has words that the
// others would part (migrant·e·s).
const anyReading = lang.FR

// mostBeginnings is how many words the beginnings of a query stand for together; those that
// follow in the order of letters are not looked for, and a hint says so. Tests look for fewer.
var mostBeginnings = 2000

// Beginning is the kind of hint that says that a beginning stands for more words than were looked for.
const Beginning text.HintKind = "beginning"

// Hints says what of the words was passed over, or may have been meant otherwise than it was read.
func (v *View) Hints() []text.Hint { return slices.Clone(v.hints) }

// reading is a clause in one language, by keys.
type reading struct {
	language  lang.Code
	keys      []string
	beginning string // of the last key; "" for none
}

func readingsOf(c text.Clause) []reading {
	var out []reading
	for _, language := range readings {
		in := c.In(language)
		r := reading{language: language, keys: make([]string, len(in.Terms))}
		for i, t := range in.Terms {
			r.keys[i] = keyOf(language, t)
		}
		if in.Prefix != "" {
			r.beginning = keyOf(language, in.Prefix)
		}
		if len(r.keys) > 0 && !slices.ContainsFunc(out, func(o reading) bool {
			return o.beginning == r.beginning && slices.Equal(o.keys, r.keys)
		}) {
			out = append(out, r)
		}
	}
	return out
}

// answers reports whether a key answers the i-th of the reading.
func (r *reading) answers(i int, key string) bool {
	return key == r.keys[i] || r.beginning != "" && i == len(r.keys)-1 && strings.HasPrefix(key, r.beginning)
}

// in reports whether the reading stands among the keys, next to one another.
func (r *reading) in(keys []string) bool {
	for from := 0; from+len(r.keys) <= len(keys); from++ {
		i := 0
		for i < len(r.keys) && r.answers(i, keys[from+i]) {
			i++
		}
		if i == len(r.keys) {
			return true
		}
	}
	return false
}

// search is the live versions that answer the words; nothing where no words are among them.
func (v *View) search(words string) set {
	v.exact = v.s.idMeant(words)
	if _, bare := strconv.Atoi(words); v.exact != "" && bare != nil {
		words = v.exact // however it was written
	}
	clauses := text.Query(words, anyReading)
	v.hints = text.Hints(words, anyReading)
	if len(clauses) == 0 {
		return nil
	}
	beginnings := 0
	for _, c := range clauses {
		if c.Prefix != "" {
			beginnings++
		}
	}
	v.spare = mostBeginnings / max(beginnings, 1)
	out := v.b.live
	v.clauses = clauses
	means := meanings(clauses)
	for i, c := range clauses {
		f := v.find(c, means[i])
		if f.wide {
			v.hints = append(v.hints, text.Hint{Kind: Beginning, Words: []string{c.Text}})
		}
		hits := f.set()
		if c.Not {
			out = out.minus(hits)
			continue
		}
		if hits.countIn(v.b.live) == 0 && !means[i].known {
			if other, as, ok := v.correct(c); ok {
				c, f = other, as
				hits = f.set()
			}
		}
		out = out.and(hits)
		v.asked, v.hits = append(v.asked, c), append(v.hits, f)
	}
	return out
}

// idMeant is the id that stands for itself, whatever its case, with a dash, a space or nothing between
// the code and the serial; or the serial alone.
func (s *Snapshot) idMeant(words string) string {
	serial := strings.TrimSpace(words)
	if n := len(s.pack.Code); len(serial) > n && strings.EqualFold(serial[:n], s.pack.Code) {
		serial = strings.TrimLeft(serial[n:], " -\u00a0")
	}
	n, err := strconv.ParseUint(serial, 10, 32)
	if err != nil {
		return ""
	}
	return pledge.IDOf(s.pack.Code, int64(n))
}

// find looks one clause up in texts and names.
func (v *View) find(c text.Clause, m meaning) found {
	var f found
	codes, countries := map[string]bool{}, map[string]bool{}
	for _, r := range readingsOf(c) {
		v.findTexts(&r, &f)
		v.b.roll.named(&r, codes)
		countriesNamed(&r, countries)
	}
	v.settle(c, m, codes, countries)
	if i, ok := v.s.ids.get(v.s.idMeant(c.Text)); ok && c.Prefix == "" {
		if now := v.s.liveAt(i, v.b.size, v.b.day); now >= 0 {
			var one posting
			one.put(uint32(now))
			f.texts = append(f.texts, layer{one.many, tierWeights[tiers-1]})
		}
	}
	if len(codes) > 0 {
		acting, leading := v.s.ofParties(codes)
		f.names = append(f.names, layer{acting, partyWeight}, layer{leading, leadWeight})
	}
	if len(countries) > 0 {
		var sets []set
		for code := range countries {
			sets = append(sets, v.s.facts[factCountry].set(code))
		}
		f.names = append(f.names, layer{union(sets...), countryWeight})
	}
	return f
}

// findTexts adds the versions in whose texts, or in those beside them, the reading stands.
func (v *View) findTexts(r *reading, f *found) {
	terms := make([][]wanted, len(r.keys))
	for i, key := range r.keys {
		if t, ok := v.s.words.get(key); ok {
			terms[i] = append(terms[i], wanted{key, t})
		}
		if r.beginning != "" && i == len(r.keys)-1 {
			words := v.s.known.beginning(r.beginning, v.spare+1)
			f.wide = f.wide || len(words) > v.spare
			for _, k := range words[:min(len(words), v.spare)] {
				if t, _ := v.s.words.get(k); k != key {
					terms[i] = append(terms[i], wanted{k, t})
				}
			}
		}
		if terms[i] == nil {
			return
		}
	}
	own := rows{func(t *term) *places { return &t.versions }, &v.s.traces, &v.s.pairs}
	beside := rows{func(t *term) *places { return &t.sides }, &v.s.sideTraces, &v.s.sidePairs}
	for tier, s := range v.together(r, terms, own, v.b.live) {
		if s.count() > 0 {
			f.texts = append(f.texts, layer{s, tierWeights[tier]})
		}
	}
	for tier, s := range v.together(r, terms, beside, nil) {
		if s.count() == 0 {
			continue
		}
		versions := newDense(v.s.versions.len())
		s.each(func(n uint32) {
			if now := v.versionBeside(n); now >= 0 {
				versions.add(uint32(now))
			}
		})
		f.texts = append(f.texts, layer{versions.set(), besideWeight * tierWeights[tier]})
	}
}

// versionBeside is the live version beside which a report or translation stands in the view, -1 for
// none.
func (v *View) versionBeside(n uint32) int32 {
	row := v.s.sides.at(n)
	if row.withheld || !row.current(v.b.size, v.b.day) && !v.s.subjects.at(row.pledge).sideways {
		return -1
	}
	s := v.s.subjects.at(row.pledge)
	if s.sideways && !v.s.standing(n, v.b.size, v.b.day) {
		return -1
	}
	if s.last >= 0 && !s.irregular { // mostly the newest version is the one that is live
		if last := v.s.versions.at(uint32(s.last)); last.visible(v.b.size, v.b.day) {
			if last.withheld || last.ended {
				return -1
			}
			return s.last
		}
	}
	return v.s.liveAt(row.pledge, v.b.size, v.b.day)
}

// wanted is a term that may stand at one place of a reading.
type wanted struct {
	key string
	*term
}

// rows is one sort of rows that have words: versions, or what stands beside them.
type rows struct {
	of     func(*term) *places
	traces *traces
	pairs  *pairs
}

// tier is the rows that have any of the terms with the weight of a tier.
func (r *rows) tier(tier int, terms []wanted) set {
	var postings []*posting
	for _, t := range terms {
		if p := r.of(t.term).tiers[tier]; p != nil {
			postings = append(postings, p)
		}
	}
	return unionOf(postings)
}

// all is the rows that have any of the terms.
func (r *rows) all(terms []wanted) set {
	var postings []*posting
	for _, t := range terms {
		for _, p := range r.of(t.term).tiers {
			if p != nil {
				postings = append(postings, p)
			}
		}
	}
	return unionOf(postings)
}

// places is how many rows have each of the terms, added up.
func (r *rows) places(terms []wanted) int {
	n := 0
	for _, t := range terms {
		for _, p := range r.of(t.term).tiers {
			if p != nil {
				n += len(p.few) + p.many.count()
			}
		}
	}
	return n
}

// mostNarrowed is how many words that begin alike are looked at by their pairs. Tests look at fewer.
var mostNarrowed = 64

// together is the rows in which the terms of a reading stand one after the other, by the tier of
// the first; only those of a set, where one is given.
func (v *View) together(r *reading, terms [][]wanted, in rows, only set) (out [tiers]set) {
	for tier := range out {
		out[tier] = in.tier(tier, terms[0])
	}
	if len(terms) == 1 {
		return out
	}
	where := union(out[:]...)
	if only != nil {
		where = where.and(only)
	}
	for i, list := range terms[1:] {
		first := terms[i][0] // only the last place can have several
		if len(list) > 1 {
			where = in.pairs.narrowToAny(where, first.key, list, in.of(first.term).commonest)
		}
		if len(list) > mostNarrowed {
			// To unite thousands of postings takes longer than to look at the traces that it would
			// spare, unless they are few beside the rows.
			if in.places(list) < where.count()/2 {
				where = where.and(in.all(list))
			}
			continue
		}
		var sets []set
		for k, t := range list {
			sets = append(sets, in.pairs.narrow(where.and(in.all(list[k:k+1])), first.key, t.key, in.of(first.term).common, in.of(t.term).common))
		}
		where = union(sets...)
	}
	phrase := phraseOf(r, terms)
	kept := phrase.among(where, in.traces, max(v.s.versions.len(), v.s.sides.len()))
	for tier := range out {
		out[tier] = out[tier].and(kept)
	}
	return out
}
