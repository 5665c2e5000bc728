package explore

import (
	"encoding/binary"
	"slices"
	"strings"

	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/text"
)

// term is where one word stands: in which versions of pledges, and in which reports and
// translations (by their row), parted by how much the word weighs there. Names of parties are
// kept with the parties, since they change for all pledges at once.
type term struct {
	round    uint64
	versions places
	sides    places
}

// places is where a word stands among rows of one sort.
type places struct {
	tiers             [tiers]*posting
	common, commonest frequency // see pairs
}

// wording is the words of one entry. Statements at a forum or paragraphs of a declaration will
// be wordings too, with postings of their own beside versions and sides.
type wording struct {
	words    []weighed
	trace    []byte
	openings []uint16 // how each word of the trace begins
}

// weighed is one word of an entry, what stands for it in a trace, and its tier there.
type weighed struct {
	word  string
	trace uint16
	tier  uint8
}

// tag is put before a word that was stemmed by the rules of its language: the English "form"
// is another word than the French "form" (of "formation"). Words in other scripts are cut by
// rules that do not depend on the language of the text, numbers by none.
var tags = map[lang.Code]string{lang.EN: "E", lang.ES: "S", lang.FR: "F"}

// keyOf is the word under which a term of a text in the language is found.
func keyOf(c lang.Code, term string) string {
	if tag := tags[c]; tag != "" && term[0] >= 'a' && term[0] <= 'z' {
		return tag + term
	}
	return term
}

// keys are the words of a text, in order.
func keys(c lang.Code, s string) []string {
	tokens := text.Tokens(c, s)
	out := make([]string, len(tokens))
	for i, t := range tokens {
		out[i] = keyOf(c, t.Term)
	}
	return out
}

// A trace is the words of an entry in their order, two bytes each, so that a phrase can be
// looked for without reading the entry again. Two words share their bytes once in 65,535; that
// two neighbours do so at the right place of a text does not happen in practice.
//
// Zero parts the pieces of an entry.
func traced(key string) uint16 {
	h := uint32(2166136261) // FNV-1a: the same in every process
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * 16777619
	}
	return uint16(h%65535 + 1)
}

func appendTrace(trace []byte, keys []string) []byte {
	for _, k := range keys {
		trace = binary.BigEndian.AppendUint16(trace, traced(k))
	}
	return trace
}

// read appends the words of a piece.
func (w *wording) read(keys []string) {
	if w.trace != nil {
		w.trace, w.openings = append(w.trace, 0, 0), append(w.openings, 0)
	}
	w.trace = appendTrace(w.trace, keys)
	for _, k := range keys {
		w.openings = append(w.openings, openingOf(k))
	}
}

// wordsOf weighs the words of an entry.
func wordsOf(docs []pledge.Doc) (out wording) {
	weights := map[string]float32{}
	length := 0
	for _, d := range docs {
		words := keys(d.Language, d.Text)
		for _, w := range words {
			weights[w] += weightOf(d.Field)
		}
		length += len(words)
		out.read(words)
	}
	out.words = make([]weighed, 0, len(weights))
	for w, weight := range weights {
		out.words = append(out.words, weighed{w, traced(w), tierOf(weight, length)})
	}
	return out
}

// pledgeWords are the words of a version. Its id is not among them: that is found by itself.
func pledgeWords(p *pledge.Pledge) wording { return wordsOf(pledge.Docs(*p, nil, nil)) }

func reportWords(r *pledge.Report) wording {
	return wordsOf(pledge.Docs(pledge.Pledge{}, []pledge.Report{*r}, nil))
}

func translationWords(t *pledge.Translation) wording {
	return wordsOf(pledge.Docs(pledge.Pledge{}, nil, []pledge.Translation{*t}))
}

func partyWords(p *party.Party) []string {
	var words []string
	for c, name := range p.Names {
		words = append(words, keys(c, name)...)
	}
	return distinct(words)
}

func distinct(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

// foldTitle is the title as it is put in order: without case and accents.
func foldTitle(s string) string { return text.Fold(s) }

func (f *folded) addWords(w wording, doc uint32, sideways bool) {
	if len(w.words) == 0 {
		return
	}
	traces, pairs := &f.traces, &f.pairs
	if sideways {
		traces, pairs = &f.sideTraces, &f.sidePairs
	}
	var common, commonest traceSet
	for _, word := range w.words {
		key := word.word
		t, known := f.words.get(key)
		switch {
		case !known:
			key = strings.Clone(key)
			t = &term{round: f.round}
			f.words.put(f.round, key, t)
			f.known.add(key)
		case t.round != f.round:
			own := *t
			own.round = f.round
			t = &own
			f.words.put(f.round, key, t)
		}
		at := &t.versions
		if sideways {
			at = &t.sides
		}
		posting := &at.tiers[word.tier]
		*posting = (*posting).grow(f.round, doc, true)
		if at.common.count(doc, commonAmong) {
			common.add(word.trace)
		}
		if at.commonest.count(doc, commonestAmong) {
			commonest.add(word.trace)
		}
	}
	traces.put(f.round, doc, w.trace)
	pairs.add(f.round, doc, &w, &common, &commonest)
}

// vocabularyOfWords is all words in order, for looking up beginnings: a sorted list, and those
// that came since it was sorted. Older snapshots share both; what is appended stands behind the
// end that they see.
type vocabularyOfWords struct {
	sorted []string
	recent []string
}

func (k *vocabularyOfWords) add(word string) {
	k.recent = append(k.recent, word)
	if len(k.recent) < 512+len(k.sorted)/8 {
		return
	}
	all := make([]string, 0, len(k.sorted)+len(k.recent))
	recent := slices.Clone(k.recent)
	slices.Sort(recent)
	i := 0
	for _, w := range k.sorted {
		for ; i < len(recent) && recent[i] < w; i++ {
			all = append(all, recent[i])
		}
		all = append(all, w)
	}
	k.sorted, k.recent = append(all, recent[i:]...), nil
}

// beginning lists the words with a beginning in order, at most so many.
func (k *vocabularyOfWords) beginning(with string, most int) []string {
	from, _ := slices.BinarySearch(k.sorted, with)
	var out []string
	for _, w := range k.sorted[from:] {
		if len(out) == most || !strings.HasPrefix(w, with) {
			break
		}
		out = append(out, w)
	}
	for _, w := range k.recent {
		if strings.HasPrefix(w, with) {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return out[:min(len(out), most)]
}
