package explore

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// vocabularies are the words of texts in each language: the first is joined to beginnings; those that
// follow begin alike, common ones first, or otherwise.
var vocabularies = map[lang.Code]struct {
	joined  string
	common  []string
	rare    []string
	asked   []string // beginnings
	between string   // what parts words
}{
	lang.EN: {"well", []string{"being", "port"}, []string{"began", "benefit", "border", "bus", "portal", "porter"}, []string{"b", "be", "por", "porting", "x"}, " "},
	lang.ES: {"bien", []string{"estar", "puerto"}, []string{"estado", "enero", "empleo", "puerta", "pueblo"}, []string{"e", "est", "pu", "puertas"}, " "},
	lang.FR: {"bien", []string{"être", "port"}, []string{"été", "étape", "école", "enfant", "porte", "portail"}, []string{"e", "êt", "por", "portes"}, " "},
	lang.RU: {"благо", []string{"получие", "порт"}, []string{"получатель", "пора", "портал", "ёлка", "ельник"}, []string{"п", "пор", "получ", "ел"}, " "},
	lang.AR: {"حسن", []string{"جوار", "ميناء"}, []string{"جواز", "جواب", "مينا", "مدينة"}, []string{"ج", "جوا", "مي", "الجو"}, " "},
	lang.ZH: {"移民", []string{"儿童", "融合"}, []string{"儿科", "儿女", "融资", "融入"}, []string{"儿", "儿童", "融"}, ""},
}

// inSixLanguages is a register whose texts, and reports and translations, are made of these words.
func inSixLanguages(t *rapid.T, b *book) {
	prose := func(c lang.Code, label string) string {
		of := vocabularies[c]
		var words []string
		for range rapid.IntRange(1, 9).Draw(t, label) {
			switch rapid.IntRange(0, 9).Draw(t, "sort") {
			case 0:
				words = append(words, rapid.SampledFrom(of.rare).Draw(t, "rare"))
			case 1, 2, 3, 4:
				words = append(words, rapid.SampledFrom(of.common).Draw(t, "common"))
			default:
				words = append(words, of.joined)
			}
		}
		return strings.Join(words, of.between)
	}
	languages := rapid.SliceOfNDistinct(rapid.SampledFrom(lang.All), 1, 3, rapid.ID).Draw(t, "languages")
	some := func() lang.Code { return rapid.SampledFrom(languages).Draw(t, "language") }
	for i := range rapid.IntRange(1, 30).Draw(t, "pledges") {
		p := simplePledge(b.pack, i+1, "")
		p.Language = some()
		p.Title, p.Text = prose(p.Language, "title"), prose(p.Language, "text")
		b.add("pledge", p.ID, "2022-05-20", p)
		if c := some(); rapid.Bool().Draw(t, "reported") {
			b.add("report", p.ID+"/1", "2024-05-31", pledge.Report{Schema: 1, Pledge: p.ID, Number: 1, Stage: pledge.Planning, Narrative: prose(c, "report"), Language: c})
		}
		if c := some(); c != p.Language && rapid.Bool().Draw(t, "translated") {
			b.add("translation", fmt.Sprintf("%s/%s", p.ID, c), "2024-05-31", pledge.Translation{Schema: 1, Pledge: p.ID, Language: c, Title: prose(c, "title"), Text: prose(c, "text"), By: "human"})
		}
	}
}

// joined is a beginning that a word, or several, are joined to.
func joined(t *rapid.T) string {
	of := vocabularies[rapid.SampledFrom(lang.All).Draw(t, "asked in")]
	words := append([]string{of.joined}, of.common...)
	front := rapid.SampledFrom(words).Draw(t, "front")
	if rapid.Bool().Draw(t, "longer") {
		front += "-" + rapid.SampledFrom(words).Draw(t, "second")
	}
	return front + "-" + rapid.SampledFrom(of.asked).Draw(t, "beginning") + "*"
}

// What is joined to a beginning is found in every language, whether the words that begin so are
// common or rare, in what was read at once and piece by piece.
func TestJoinedBeginnings(t *testing.T) {
	smallBlocks(t)
	pack := testPack(t)
	rapid.Check(t, func(t *rapid.T) {
		defer func(narrowed int, among, from uint32) {
			mostNarrowed, commonestAmong, commonFrom = narrowed, among, from
		}(mostNarrowed, commonestAmong, commonFrom)
		mostNarrowed = rapid.SampledFrom([]int{1, 64}).Draw(t, "narrowed")
		commonestAmong = rapid.SampledFrom([]uint32{2, 3, 16}).Draw(t, "commonest")
		commonFrom = rapid.SampledFrom([]uint32{1, 2, 8}).Draw(t, "from")
		b := &book{pack: pack}
		inSixLanguages(t, b)
		all := b.entries
		s := snapshotOf(t, &book{pack: pack, entries: all[:rapid.IntRange(0, len(all)).Draw(t, "first")]})
		later, err := next(s, all)
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			q := Query{}.WithWords(joined(t))
			sameFound(t, later, all, q)
			sameFound(t, s, all[:s.size], q)
		}
	})
}
