package explore

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/text"
)

func sought(t *testing.T, s *Snapshot, q Query) *View {
	t.Helper()
	v, err := s.View(q, today)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func serials(v *View) string {
	var out []string
	for _, it := range v.Items(0, 100) {
		_, serial, _ := strings.Cut(it.Pledge.ID, "-")
		out = append(out, strings.TrimLeft(serial, "0"))
	}
	return strings.Join(out, " ")
}

// library is a small register in which the order of what is found can be told by hand.
func library(t *testing.T) *Snapshot {
	b := &book{pack: testPack(t)}
	for _, p := range []party.Party{stateParty("KE"), stateParty("PT"), stateParty("NP"),
		{Schema: 1, Code: "prt.labour", Parent: "prt", Kind: "member_state", Names: map[lang.Code]string{"en": "Ministry of Labour"}}} {
		b.add("party", p.Code, "2019-01-01", p)
	}
	filler := strings.Repeat("Further measures are described in the annual plan of work. ", 12)
	for i, p := range []pledge.Pledge{
		{Title: "Consular services abroad", Text: "Detention is avoided. " + filler, Parties: []string{"prt"}},
		{Title: "Alternatives to detention", Text: "Community care.", Parties: []string{"ken"}},
		{Title: "Community care", Text: "Detention of children ends.", Parties: []string{"prt.labour"}},
		{Title: "Children first", Text: "Children in detention.", Parties: []string{"ken"}},
		{Title: "Fair recruitment", Text: "Employers pay the fees.", Parties: []string{"prt"}, Countries: []string{"NP", "US"}},
		{Title: "Formation des agents", Text: "Une formation pour les agents consulaires.", Language: "fr", Parties: []string{"prt"}},
		{Title: "A new form", Text: "Forms are simplified.", Parties: []string{"prt"}},
	} {
		one := simplePledge(b.pack, i+1, p.Title)
		one.Text, one.Parties, one.Countries = p.Text, p.Parties, p.Countries
		if p.Language != "" {
			one.Language = p.Language
		}
		b.add("pledge", one.ID, fmt.Sprintf("2022-05-%02d", i+1), one)
	}
	b.add("report", b.id(5)+"/1", "2024-01-01", pledge.Report{Schema: 1, Pledge: b.id(5), Number: 1, Stage: pledge.InProgress, Language: "en", Narrative: "Inspectors were trained in detention law."})
	b.add("translation", b.id(5)+"/ru", "2024-01-01", pledge.Translation{Schema: 1, Pledge: b.id(5), Language: "ru", Title: "Справедливый наём", Text: "Работодатели платят сборы.", By: "human"})
	return snapshotOf(t, b)
}

func TestSearch(t *testing.T) {
	s := library(t)
	for _, c := range []struct {
		name, q, want string
	}{
		{"titles, then short texts, then long ones, then what was reported", "detention", "2 4 3 1 5"},
		{"all words", "children detention", "4 3"},
		{"a phrase", `"detention of children"`, "3"},
		{"a phrase that is not there", `"children of detention"`, ""},
		{"endings do not matter in a phrase", `"fee paying"`, ""},
		{"without a word", "detention -children", "2 1 5"},
		{"without a phrase", `detention -"children in detention"`, "2 3 1 5"},
		{"only without", "-detention", "7 6"},
		{"a beginning", "consul*", "1 6"},
		{"an id", s.pack.Code + "-0005", "5"},
		{"an id without its zeros, in small letters", strings.ToLower(s.pack.Code) + "-5", "5"},
		{"an id with a space", strings.ToLower(s.pack.Code) + " 5", "5"},
		{"an id without its dash", strings.ToLower(s.pack.Code) + "0005", "5"},
		{"a serial", "5", "5"},
		{"the language of the text decides: French", "formation", "6"},
		{"the language of the text decides: English", "forms", "7"},
		{"a translation", "работодатель", "5"},
		{"a party, its ministries not by its own name", "Kenya", "4 2"},
		{"a part of a party", "ministry labour", "3"},
		{"a phrase in a name", `"ministry of labour"`, "3"},
		{"a country of implementation", "Nepal", "5"},
		{"a country by its whole name", `"United States"`, "5"},
		{"a word that many countries have", "united", ""},
		{"a name in another language", "Португалия", "7 6 5 3 1"},
		{"nothing but signs", `"" -`, ""},
	} {
		if got := serials(sought(t, s, Query{}.WithWords(c.q))); got != c.want {
			t.Errorf("%s: %s finds %q, want %q", c.name, c.q, got, c.want)
		}
	}
}

func TestTheOrderInForce(t *testing.T) {
	s := library(t)
	for _, c := range []struct {
		q              Query
		order, written string
		first          string
	}{
		{Query{}, Newest, "", "7"},
		{Query{}.WithSort(Relevance), Newest, "", "7"},
		{Query{}.WithWords("detention"), Relevance, "q=detention", "2"},
		{Query{}.WithWords("detention").WithSort(Relevance), Relevance, "q=detention", "2"},
		{Query{}.WithWords("detention").WithSort(Newest), Newest, "q=detention&sort=newest", "5"},
		{Query{}.WithWords("detention").WithSort(Newest).WithWords(""), Newest, "", "7"},
		{Query{}.WithWords("detention").WithSort(Oldest), Oldest, "q=detention&sort=oldest", "1"},
	} {
		if c.q.Order() != c.order || c.q.Encode() != c.written {
			t.Errorf("order %s, written %q; want %s, %q", c.q.Order(), c.q.Encode(), c.order, c.written)
		}
		if got, _, _ := strings.Cut(serials(sought(t, s, c.q)), " "); got != c.first {
			t.Errorf("?%s begins with %s, want %s", c.written, got, c.first)
		}
	}
}

func TestMisspelledNamesAreUnderstood(t *testing.T) {
	s := library(t)
	for _, c := range []struct {
		name, q, want string
		read          []Correction
	}{
		{"another letter is double", "Neppall", "5", []Correction{{"Neppall", "Nepal"}}},
		{"a letter too many", "Kennya", "4 2", []Correction{{"Kennya", "Kenya"}}},
		{"letters that changed places", "keyna", "4 2", []Correction{{"keyna", "Kenya"}}},
		{"two letters in a long name", "portogual", "7 6 5 3 1", []Correction{{"portogual", "Portugal"}}},
		{"two letters in a short name", "kenny", "", nil},
		{"Cyrillic", "Кемия", "4 2", []Correction{{"Кемия", "Кения"}}},
		{"Arabic", "كينا", "4 2", []Correction{{"كينا", "كينيا"}}},
		{"a country of implementation", "Neppal fees", "5", []Correction{{"Neppal", "Nepal"}}},
		{"a word that is found stays", "form", "7", nil},
		{"a word that resembles no name", "detentoin", "", nil},
		{"what must not be there is not guessed", "detention -Kennya", "2 4 3 1 5", nil},
	} {
		v := sought(t, s, Query{}.WithWords(c.q))
		if got := serials(v); got != c.want {
			t.Errorf("%s: %s finds %q, want %q", c.name, c.q, got, c.want)
		}
		if diff := cmp.Diff(c.read, v.Understood()); diff != "" {
			t.Errorf("%s: %s was read as\n%s", c.name, c.q, diff)
		}
	}
}

// states is a register in which these States make a pledge each, in this order, and no other does.
func states(t *testing.T, alpha2 ...string) *Snapshot {
	b := &book{pack: testPack(t)}
	for i, code := range alpha2 {
		p := stateParty(code)
		b.add("party", p.Code, "2019-01-01", p)
		one := simplePledge(b.pack, i+1, "Fair recruitment")
		one.Text, one.Parties, one.Countries = "Employers pay the fees.", []string{p.Code}, []string{code}
		b.add("pledge", one.ID, fmt.Sprintf("2022-05-%02d", i+1), one)
	}
	return snapshotOf(t, b)
}

// Who asks for a State gets what that State pledges, or nothing: not what another one does.
func TestTheNameOfAStateIsNoOtherState(t *testing.T) {
	s := states(t, "IQ", "GB", "TR", "KR", "PG", "CD")
	for _, c := range []struct{ q, want string }{
		{"Iraq", "1"}, {"Irak", "1"}, {"Ирак", "1"},
		{"Iran", ""}, {"Irán", ""}, {"Иран", ""}, {"إيران", ""},
		{"Iceland", ""}, {"Ireland", ""}, {"Irlanda", ""}, {"Ирландия", ""},
		{"Northern Ireland", "2"}, {"Ireland fees", ""},
		{"UK", "2"}, {"England", "2"}, {"Великобритания", "2"},
		{"Turkey", "3"}, {"turquie fees", "3"}, {"Türkiye", "3"},
		{"South Korea", "4"}, {`"South Korea"`, "4"}, {"韩国", "4"}, {"North Korea", ""}, {"Korea", "4"},
		{"Guinea", ""}, {"Papua New Guinea", "5"}, {"papua guinea", "5"},
		{"Democratic Republic of the Congo", "6"}, {"Congo democratic", "6"}, {"DR Congo", "6"},
		{"us", ""}, {"fees -Turkey", "6 5 4 2 1"},
	} {
		v := sought(t, s, Query{}.WithWords(c.q))
		if got := serials(v); got != c.want || v.Understood() != nil {
			t.Errorf("%s finds %q, want %q; read as %v", c.q, got, c.want, v.Understood())
		}
	}
}

// Where a word is as near to the name of one State as to that of another, how many pledges they have
// does not decide it.
func TestATieBetweenNamesIsNotDecided(t *testing.T) {
	s := states(t, "IQ", "IQ", "IR", "AT")
	for _, q := range []string{"Iras", "Austrlia"} {
		v := sought(t, s, Query{}.WithWords(q))
		if got := serials(v); got != "" || v.Understood() != nil {
			t.Errorf("%s finds %q, read as %v", q, got, v.Understood())
		}
	}
}

func TestStrangePartiesAreRefused(t *testing.T) {
	s := states(t, "IQ")
	for code, strange := range map[string]bool{"irq": false, "ken": false, None: false, "nosuch": true, "irq.nosuch": true} {
		if err := s.Strange(Query{}.With("party", code)); (err != nil) != strange {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestSnippetsShowWhatMatched(t *testing.T) {
	s := library(t)
	marked := func(sn Snippet) string { return marking(sn.Segments) }
	for _, c := range []struct {
		name, q, serial string
		want            Snippet
		text            string
	}{
		{"the text", "detention", "4", Snippet{Language: "en", Field: "text"}, "Children in [detention]."},
		{"a report", "inspector", "5", Snippet{Language: "en", Field: "report"}, "[Inspectors] were trained in detention law."},
		{"a translation", "сбор", "5", Snippet{Language: "ru", Field: "text"}, "Работодатели платят [сборы]."},
		{"a title is marked where it stands", "alternative", "2", Snippet{}, ""},
		{"a correction does not mark what it is not", "Kennya", "2", Snippet{}, ""},
		{"no words", "", "2", Snippet{}, ""},
	} {
		v := sought(t, s, Query{}.WithWords(c.q))
		var of *Item
		for _, it := range v.Items(0, 100) {
			if it.Pledge.ID == pledge.IDOf(s.pack.Code, int64(atoi(c.serial))) {
				of = it
			}
		}
		if of == nil {
			t.Errorf("%s: %s does not find %s", c.name, c.q, c.serial)
			continue
		}
		got := v.Marks().Of(of).Snippet(lang.EN)
		if got.Language != c.want.Language || got.Field != c.want.Field || marked(got) != c.text {
			t.Errorf("%s: %s, %s: %q; want %s, %s: %q", c.name, got.Language, got.Field, marked(got), c.want.Language, c.want.Field, c.text)
		}
	}
}

func marking(segments []text.Segment) string {
	var b strings.Builder
	for _, s := range segments {
		if s.Hit {
			b.WriteString("[" + s.Text + "]")
		} else {
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

// What was asked for is marked where it is shown, and where it is not, it is said where it stands.
func TestWhereTheWordsStand(t *testing.T) {
	s := library(t)
	for _, c := range []struct {
		name, q, serial    string
		title, party, text string
		elsewhere          string
	}{
		{"a title and a text", "children detention", "4", "[Children] first", "", "[Children] in [detention].", ""},
		{"a party that is shown", "Kenya", "2", "", "[Kenya]", "", ""},
		{"a party that is shown, and a word", "kenya children", "4", "[Children] first", "[Kenya]", "[Children] in detention.", ""},
		{"a part of a party", "ministry", "3", "", "", "", "party prt.labour en: [Ministry] of Labour"},
		{"a party in another language", "Португалия", "1", "", "", "", "party prt ru: [Португалия]"},
		{"a party by the name that people use", "Portogual", "1", "", "[Portugal]", "", ""},
		{"a country", "Nepal", "5", "", "", "", "country NP en: [Nepal]"},
		{"a country in another language", "Непал", "5", "", "", "", "country NP ru: [Непал]"},
		{"a report beside a title", "recruitment inspector", "5", "Fair [recruitment]", "", "[Inspectors] were trained in detention law.", ""},
		{"a report beside a text", "fees inspector", "5", "", "", "Employers pay the [fees].", "report : [Inspectors] were trained in detention law."},
		{"a title in another language", "наём", "5", "", "", "", "title : Справедливый [наём]"},
		{"an id", "5", "5", "", "", "", ""},
		{"words that must not be there", "detention -children", "2", "Alternatives to [detention]", "", "", ""},
	} {
		v := sought(t, s, Query{}.WithWords(c.q))
		id := pledge.IDOf(s.pack.Code, int64(atoi(c.serial)))
		for _, it := range v.Items(0, 100) {
			if it.Pledge.ID != id {
				continue
			}
			id = ""
			m := v.Marks().Of(it)
			asked := m.ID()
			title := marking(m.Text(it.Pledge.Language, it.Pledge.Title))
			root, _ := v.Party(it.Root)
			name := marking(m.Party(it.Root, lang.EN, root.Name(lang.EN)))
			piece := marking(m.Snippet(lang.EN).Segments)
			var elsewhere []string
			for _, e := range m.Elsewhere(lang.EN) {
				of := e.Code
				if of != "" {
					of += " " + string(e.Language)
				}
				elsewhere = append(elsewhere, e.Kind+" "+of+": "+marking(e.Segments))
			}
			if got := strings.Join(elsewhere, "; "); title != c.title || name != c.party || piece != c.text || got != c.elsewhere || asked != (c.q == "5") {
				t.Errorf("%s: title %q, party %q, text %q, elsewhere %q, id %v", c.name, title, name, piece, got, asked)
			}
		}
		if id != "" {
			t.Errorf("%s: %s does not find %s", c.name, c.q, id)
		}
	}
}

func atoi(s string) (n int) {
	for _, r := range s {
		n = 10*n + int(r-'0')
	}
	return n
}

// A cited answer keeps its order when the register goes on.
func TestACitedOrderStays(t *testing.T) {
	smallBlocks(t)
	pack := testPack(t)
	rapid.Check(t, func(t *rapid.T) {
		b := &book{pack: pack}
		for range rapid.IntRange(5, 25).Draw(t, "steps") {
			b.step(t)
		}
		then := snapshotOf(t, b)
		q := Query{}.WithWords(rapid.SampledFrom([]string{"visa", "workers", "children", "visa -children", "mobil*", "Kenya", "kenyaa"}).Draw(t, "q")).WithAt(then.size)
		order := func(s *Snapshot) (ids []string) {
			v, err := s.View(q, today)
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range v.Items(0, 100) {
				ids = append(ids, it.Pledge.ID)
			}
			return append(ids, fmt.Sprint(v.Understood()))
		}
		was := order(then)
		for range rapid.IntRange(1, 15).Draw(t, "more") {
			// An erasure is the one thing that changes the past.
			if n := len(b.entries); n > 0 {
				b.add("pledge", b.id(50+n), today, drawPledge(t, pack, b.id(50+n)))
			}
		}
		later, err := next(then, b.entries)
		if err != nil {
			t.Fatal(err)
		}
		if now := order(later); !slices.Equal(was, now) {
			t.Fatalf("?%s gave %v, now %v", q.Encode(), was, now)
		}
		if fresh := order(snapshotOf(t, b)); !slices.Equal(was, fresh) {
			t.Fatalf("?%s gave %v, read at once %v", q.Encode(), was, fresh)
		}
	})
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b       string
		most, want int
	}{
		{"kenya", "kenya", 1, 0}, {"kenya", "keyna", 1, 1}, {"kenya", "kenia", 1, 1}, {"kenya", "kena", 1, 1},
		{"kenya", "keniaa", 1, 2}, {"portugal", "portogual", 2, 2}, {"", "ab", 2, 2}, {"abc", "xyz", 2, 3}, {"кения", "кеня", 1, 1},
	} {
		if got := distance(c.a, c.b, c.most); got != c.want {
			t.Errorf("%s to %s is %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// A phrase is in the trace of a text when its words stand there next to one another.
func TestTracesFindPhrases(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 12).Draw(t, "words")
		asked := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 2, 4).Draw(t, "phrase")
		r := reading{keys: asked}
		p := phraseOf(&r, nil)
		trace := appendTrace(appendTrace(nil, words), []string{"x"})
		if got, want := p.in(trace), r.in(words); got != want {
			t.Fatalf("%v in %v: %v, want %v", asked, words, got, want)
		}
	})
}

// The words of a register are all there by their beginnings, however they came.
func TestBeginnings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var k vocabularyOfWords
		words := distinct(rapid.SliceOfN(rapid.StringMatching(`[abc]{1,6}`), 0, 2000).Draw(t, "words"))
		for i := range words {
			k.add(words[len(words)-1-i])
		}
		with := rapid.StringMatching(`[abc]{1,3}`).Draw(t, "beginning")
		var want []string
		for _, w := range words {
			if strings.HasPrefix(w, with) {
				want = append(want, w)
			}
		}
		if got := k.beginning(with, len(words)); !slices.Equal(got, want) {
			t.Fatalf("%s: %v, want %v", with, got, want)
		}
	})
}

func TestAnsweredCountsClauses(t *testing.T) {
	clauses := text.Query(`care -fees "detention of children"`, lang.EN)
	if n := text.Answered(lang.EN, "Detention of children ends; fees too.", clauses); n != 1 {
		t.Errorf("%d clauses are answered, want 1", n)
	}
}

// Whoever is answered otherwise than he may have meant it is told so.
func TestHintsOfAView(t *testing.T) {
	defer func(n int) { mostBeginnings = n }(mostBeginnings)
	mostBeginnings = 4
	s := library(t)
	for _, c := range []struct {
		q, want string
		found   int
	}{
		{"", "[]", 7},
		{"detention", "[]", 5},
		{`"`, `[{no_words ["]}]`, 0},
		{"-detention", "[{only_without [detention]}]", 2},
		{"consul*", "[]", 2},
		{"f*", "[{beginning [f]}]", -1}, // whatever comes first
		{"detention f*", "[{beginning [f]}]", -1},
		{"children OR fees", "[{operator [OR]}]", 0},
	} {
		v := sought(t, s, Query{}.WithWords(c.q))
		if got := fmt.Sprint(v.Hints()); got != c.want {
			t.Errorf("%q is answered with the hints %s, want %s", c.q, got, c.want)
		}
		if c.found >= 0 && v.Totals.Pledges != c.found {
			t.Errorf("%q finds %d, want %d", c.q, v.Totals.Pledges, c.found)
		}
	}
}
