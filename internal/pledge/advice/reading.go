package advice

import (
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"stocktake/internal/lang"
	"stocktake/internal/text"
)

//go:embed words/*.json
var wordFiles embed.FS

// Words are what the rules look for in one language, as they stand in words/<code>.json.
type Words struct {
	Verbs      []string `json:"verbs"`      // of doing
	Vague      []string `json:"vague"`      // of intention
	Nouns      []string `json:"nouns"`      // endings that make another word of a verb: "regulation", "employer"
	Resources  []string `json:"resources"`  // means that are not named in money
	Currencies []string `json:"currencies"` //
	Numbers    []string `json:"numbers"`    // that are written as words; "one" is an article in most languages
	References []string `json:"references"` // a number after one of these counts nothing: "objective 5"
	Deadlines  []string `json:"deadlines"`  // in front of a year
	Since      []string `json:"since"`      // in front of a year, which is then no deadline
	Within     []string `json:"within"`     // in front of a span of time
	Spans      []string `json:"spans"`      // "years"
	Months     []string `json:"months"`
}

// WordsOf is what the rules look for in a language: the public page on the method shows it.
func WordsOf(c lang.Code) (Words, error) {
	var w Words
	data, err := wordFiles.ReadFile("words/" + string(c) + ".json")
	if err != nil {
		return w, fmt.Errorf("advice: %w", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&w); err != nil {
		return w, fmt.Errorf("advice: words/%s.json: %w", c, err)
	}
	return w, nil
}

// phrase is one or several words, as their terms; in Chinese, where words are not set apart,
// it is looked for as it stands.
type phrase struct {
	terms []string
	plain string
}

type vocabulary struct {
	nouns                                                                                             []string
	verbs, vague, resources, currencies, numbers, references, deadlines, since, within, spans, months []phrase
}

var vocabularies = sync.OnceValue(func() map[lang.Code]*vocabulary {
	all := make(map[lang.Code]*vocabulary)
	for _, c := range lang.All {
		w, err := WordsOf(c)
		if err != nil {
			panic(err) // embedded: a test reads them all
		}
		p := func(words []string) []phrase { return phrases(c, words) }
		all[c] = &vocabulary{w.Nouns, p(w.Verbs), p(w.Vague), p(w.Resources), p(w.Currencies), p(w.Numbers), p(w.References), p(w.Deadlines), p(w.Since), p(w.Within), p(w.Spans), p(w.Months)}
	}
	return all
})

func phrases(c lang.Code, words []string) []phrase {
	out := make([]phrase, 0, len(words))
	for _, w := range words {
		p := phrase{plain: strings.ToLower(w)}
		for _, t := range text.Tokens(c, w) {
			p.terms = append(p.terms, t.Term)
		}
		out = append(out, p)
	}
	return out
}

func splitWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '；' || r == '؛' })
}

// reading is a text with its words, for all rules.
type reading struct {
	text   string
	lower  string
	han    bool
	words  *vocabulary
	tokens []text.Token
}

func read(c lang.Code, s string) *reading {
	words := vocabularies()[c]
	if words == nil {
		c, words = lang.EN, vocabularies()[lang.EN]
	}
	s = digits(s)
	return &reading{text: s, lower: strings.ToLower(s), han: c == lang.ZH, words: words, tokens: text.Tokens(c, s)}
}

// digits puts the digits of all scripts into those of ASCII, so that one rule reads them.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < 0x80:
			return r
		case unicode.Is(unicode.Nd, r):
			zero := r
			for unicode.Is(unicode.Nd, zero-1) && r-zero < 9 {
				zero--
			}
			return '0' + (r-zero)%10
		case r == '٫' || r == '．':
			return '.'
		case r == '٬':
			return ','
		case r == '٪' || r == '％':
			return '%'
		}
		return r
	}, s)
}

// at is where the phrase begins and ends, first after from; (-1, -1) where it does not stand.
func (r *reading) at(p phrase, from int) (start, end int) {
	if r.han {
		i := strings.Index(r.lower[min(from, len(r.lower)):], p.plain)
		if i < 0 || p.plain == "" {
			return -1, -1
		}
		return from + i, from + i + len(p.plain)
	}
	n := len(p.terms)
	for i := 0; n > 0 && i+n <= len(r.tokens); i++ {
		if r.tokens[i].Start < from || r.tokens[i].Term != p.terms[0] {
			continue
		}
		same := true
		for k := 1; k < n; k++ {
			same = same && r.tokens[i+k].Term == p.terms[k]
		}
		if same {
			return r.tokens[i].Start, r.tokens[i+n-1].End
		}
	}
	return -1, -1
}

// first is the phrase that stands first in the text, in the text's words.
func (r *reading) first(ps []phrase) string {
	best, found := len(r.text), ""
	for _, p := range ps {
		if start, end := r.at(p, 0); start >= 0 && start < best {
			best, found = start, r.text[start:end]
		}
	}
	return found
}

// verb is first for verbs: a word that shares its stem with one, and has an ending that makes a
// noun of it, is none.
func (r *reading) verb(ps []phrase) string {
	best, found := len(r.text), ""
	for _, p := range ps {
		for from := 0; ; {
			start, end := r.at(p, from)
			if start < 0 || start >= best {
				break
			}
			if word := strings.ToLower(r.text[start:end]); word == p.plain || !hasEnding(word, r.words.nouns) {
				best, found = start, r.text[start:end]
				break
			}
			from = end
		}
	}
	return found
}

func hasEnding(word string, endings []string) bool {
	return slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(word, e) })
}

// all are the phrases that stand in the text, each once, in the text's words.
func (r *reading) all(ps []phrase) []string {
	var out []string
	for _, p := range ps {
		if start, end := r.at(p, 0); start >= 0 && !slices.Contains(out, r.text[start:end]) {
			out = append(out, r.text[start:end])
		}
	}
	return out
}

// numeral is a number in digits with its marks of grouping: "5,000", "1 200 000", "2.5", "40%".
var numeral = regexp.MustCompile(`[0-9]+(?:[.,\x{202f}\x{a0} ][0-9]{3})*(?:[.,][0-9]+)?\s?%?`)

type number struct {
	start, end int
	text       string
}

func (r *reading) numerals() []number {
	var out []number
	for _, at := range numeral.FindAllStringIndex(r.text, -1) {
		out = append(out, number{at[0], at[1], strings.TrimSpace(r.text[at[0]:at[1]])})
	}
	return out
}

func isYear(s string) bool {
	return len(s) == 4 && (s[:2] == "19" || s[:2] == "20")
}

// quantity is the first number that counts something: no year, no day of a date, no number of
// an article or of a line.
func (r *reading) quantity() string {
	for _, n := range r.numerals() {
		if r.counts(n) {
			return n.text
		}
	}
	return r.first(r.words.numbers)
}

func (r *reading) counts(n number) bool {
	before, after := r.text[:n.start], r.text[n.end:]
	switch {
	case strings.HasSuffix(n.text, "%"):
		return true
	case isYear(n.text), strings.HasPrefix(n.text, "0"), strings.HasSuffix(n.text, ".0"), // "plan 2.0"
		glued(before, after), marker(before, after):
		return false
	case r.follows(r.words.references, n.start), r.follows(r.words.months, n.start) && !r.han, r.leads(r.words.months, n.end), r.spans(n):
		return false
	case r.han && (strings.HasPrefix(after, "年") || strings.HasPrefix(after, "月") || strings.HasPrefix(after, "日")):
		return false
	}
	return true
}

// glued: part of a name or a code, as in "COVID-19", "2030-Agenda", "G20", "A/RES/73".
func glued(before, after string) bool {
	b, _ := lastRune(before)
	return b != 0 && (unicode.IsLetter(b) && !unicode.Is(unicode.Han, b) || strings.ContainsRune("-–/.,", b)) ||
		len(after) > 1 && (after[0] == '/' || after[0] == '-' && !unicode.IsSpace(rune(after[1])) && after[1] >= '0' && after[1] <= '9')
}

// marker: the number of a line in a list, as in "1." or "(2)".
func marker(before, after string) bool {
	line := strings.TrimLeft(before[strings.LastIndexByte(before, '\n')+1:], " \t(")
	return line == "" && after != "" && strings.ContainsRune(".)、．", []rune(after)[0])
}

func lastRune(s string) (rune, int) {
	rs := []rune(s[max(0, len(s)-8):])
	if len(rs) == 0 {
		return 0, 0
	}
	return rs[len(rs)-1], len(rs)
}

const nearby = 24 // bytes between a word and the number that it belongs to

// follows: one of the phrases stands right in front of the place.
func (r *reading) follows(ps []phrase, at int) bool { return r.within(ps, at, 4) }

func (r *reading) within(ps []phrase, at, gap int) bool {
	for _, p := range ps {
		for from := max(0, at-nearby-len(p.plain)); ; {
			start, end := r.at(p, from)
			if start < 0 || start >= at {
				break
			}
			if end <= at && at-end <= gap && !strings.ContainsAny(r.text[end:at], "\n;!?。；") {
				return true
			}
			from = start + 1
		}
	}
	return false
}

// leads: one of the phrases stands right behind the place.
func (r *reading) leads(ps []phrase, at int) bool {
	for _, p := range ps {
		if start, _ := r.at(p, at); start >= 0 && start-at <= 4 {
			return true
		}
	}
	return false
}

// spans: the number counts years or months.
func (r *reading) spans(n number) bool { return r.leads(r.words.spans, n.end) }

// range of years: "2022-2024", "2022/23", "2022 to 2024".
var years = regexp.MustCompile(`\b(?:19|20)[0-9]{2}\s?[-–—/]\s?(?:(?:19|20)[0-9]{2}|[0-9]{2})\b`)

// deadline is what says until when: a range of years; a year behind a word as "by", or later
// than the year of the announcement; a span of time behind a word as "within".
func (r *reading) deadline(announced string) string {
	if at := years.FindStringIndex(r.text); at != nil {
		return r.text[at[0]:at[1]]
	}
	for _, n := range r.numerals() {
		switch {
		case isYear(n.text):
			if r.within(r.words.deadlines, n.start, nearby) && !r.follows(r.words.since, n.start) || announced != "" && n.text > announced {
				return n.text
			}
			after := r.text[n.end:]
			if r.han && (strings.HasPrefix(after, "年底前") || strings.HasPrefix(after, "年前") || strings.HasPrefix(after, "年之前")) {
				return n.text
			}
		case r.spans(n) && r.within(r.words.within, n.start, nearby):
			return n.text
		}
	}
	for _, p := range r.words.numbers { // "within three years"
		if start, end := r.at(p, 0); start >= 0 && r.leads(r.words.spans, end) && r.within(r.words.within, start, nearby) {
			return r.text[start:end]
		}
	}
	return ""
}

// together: few words and no mark of punctuation stand between a number and a phrase.
func (r *reading) together(n number, start, end int) bool {
	between := ""
	switch {
	case n.end <= start && start-n.end <= nearby:
		between = r.text[n.end:start]
	case n.start >= end && n.start-end <= nearby:
		between = r.text[end:n.start]
	default:
		return false
	}
	return !strings.ContainsAny(between, ",;.\n،؛，。；")
}

// near is a number of something with one of the words beside it: "4 million pounds", "12 experts".
func (r *reading) near(ps []phrase) string {
	for _, p := range ps {
		for from := 0; ; {
			start, end := r.at(p, from)
			if start < 0 {
				break
			}
			for _, n := range r.numerals() {
				if r.counts(n) && !strings.HasSuffix(n.text, "%") && r.together(n, start, end) {
					return r.text[min(start, n.start):max(end, n.end)]
				}
			}
			from = end
		}
	}
	return ""
}
