package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"stocktake/internal/lang"
)

// Clause is one thing that a query asks for. A text answers it when the terms stand in it next
// to one another and in this order; where Prefix is set, the last of them may also be any term
// that begins with Prefix (folded, not stemmed). Not means that the text must not answer it.
type Clause struct {
	Terms  []string
	Prefix string
	Not    bool
	Text   string // as typed, for showing
}

// Matches reports whether the term answers the i-th term of the clause.
func (q *Clause) Matches(i int, term string) bool {
	return term == q.Terms[i] || q.Prefix != "" && i == len(q.Terms)-1 && strings.HasPrefix(term, q.Prefix)
}

// In is the clause as read in another language: the same words with that language's endings
// taken off. A query is typed once; each text is asked in its own language.
func (q Clause) In(c lang.Code) Clause {
	tokens := Tokens(c, q.Text)
	if len(tokens) == 0 {
		return q
	}
	again := clauseOf(c, q.Text, tokens, q.Not, q.Prefix != "")
	again.Text = q.Text
	return again
}

// Limits of a query; what exceeds them is not read, and Hints says so.
const (
	maxQuery  = 1024 // bytes
	MostAsked = 16   // clauses
)

// Query reads what a person typed into the search box, as text of the language c:
//
//	words      every one must be there
//	"a phrase" these words, next to one another; also “ ” „ « » 「 」 『 』
//	-word      must not be there; also -"a phrase"
//	prefix*    anything that begins so
//
// What the analyser cuts apart but the person wrote as one (GCM-0158, 移民儿童) is a phrase. A
// lone Chinese character is a prefix, because texts are indexed by pairs. There are no errors:
// signs that mean nothing are passed over, an open quotation ends with the query, and a query without
// words gives no clauses; Hints says what was passed over.
func Query(s string, c lang.Code) []Clause {
	clauses, _, _ := read(s, c)
	return clauses
}

// read is Query, with what was left unread because there was too much of it, and whether a star
// stands where none is read.
func read(s string, c lang.Code) (clauses []Clause, unread string, star bool) {
	whole := s
	s = cutBytes(s, maxQuery)
	unread = whole[len(s):]
	for i := 0; i < len(s); {
		begin := i
		r, size := utf8.DecodeRuneInString(s[i:])
		if unicode.IsSpace(r) {
			i += size
			continue
		}
		not := false
		if (r == '-' || r == '−') && i+size < len(s) {
			not = true
			i += size
			r, size = utf8.DecodeRuneInString(s[i:])
			if unicode.IsSpace(r) {
				continue // a dash between words
			}
		}
		before := len(clauses)
		if closing, ok := quotes[r]; ok {
			i += size
			end := strings.IndexAny(s[i:], closing)
			next := 0
			if end < 0 {
				end = len(s) - i
			} else {
				_, next = utf8.DecodeRuneInString(s[i+end:])
			}
			clauses = appendPhrase(clauses, c, s[i:i+end], not)
			star = star || strings.Contains(s[i:i+end], "*")
			i += end + next
		} else {
			end := endOfStretch(s, i)
			clauses = appendWords(clauses, c, s[i:end], not)
			star = star || strayStar(s[i:end])
			i = end
		}
		if len(clauses) > MostAsked {
			clauses = clauses[:MostAsked]
			for ; before < MostAsked; before++ { // the stretch was read in part
				begin += strings.Index(whole[begin:], clauses[before].Text) + len(clauses[before].Text)
			}
			return clauses, whole[begin:], star
		}
	}
	return clauses, unread, star
}

// strayStar reports whether a star stands in a stretch other than behind a word.
func strayStar(stretch string) bool {
	word := false
	for _, r := range stretch {
		if r == '*' && !word {
			return true
		}
		if k := classOf(r); r != '*' && k != extend {
			word = k != separator
		}
	}
	return false
}

// endOfStretch is where the words that begin at i end: at a space or a quotation sign. A no-break
// space between digits groups them, as it does in texts.
func endOfStretch(s string, i int) int {
	for at, r := range s[i:] {
		if at == 0 {
			continue
		}
		at += i
		if _, quote := quotes[r]; quote || unicode.IsSpace(r) && !groupsDigits(s, at, r) {
			return at
		}
	}
	return len(s)
}

func groupsDigits(s string, at int, r rune) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:at])
	after, _ := utf8.DecodeRuneInString(s[at+utf8.RuneLen(r):])
	return joinsDigits(r) && classOf(before) == digit && classOf(after) == digit
}

// quotes gives for every opening sign those that close it. The apostrophe is none of them.
var quotes = map[rune]string{'"': "\"“”", '“': "\"”", '”': "\"”", '„': "\"“”", '«': "»", '»': "«", '「': "」", '『': "』", '＂': "＂"}

func appendPhrase(clauses []Clause, c lang.Code, s string, not bool) []Clause {
	tokens := Tokens(c, s)
	if len(tokens) == 0 {
		return clauses
	}
	return append(clauses, clauseOf(c, s, tokens, not, false))
}

// appendWords reads a stretch without spaces and quotes: usually one word, or several that
// belong together, or several parted by other signs (migrants/refugees, 移民，儿童).
func appendWords(clauses []Clause, c lang.Code, s string, not bool) []Clause {
	tokens := Tokens(c, s)
	for from := 0; from < len(tokens); {
		to := from + 1
		for to < len(tokens) && belong(s, tokens[to-1].End, tokens[to].Start) {
			to++
		}
		prefix := strings.HasPrefix(s[tokens[to-1].End:], "*")
		clauses = append(clauses, clauseOf(c, s, tokens[from:to], not, prefix))
		from = to
	}
	return clauses
}

// belong reports whether two tokens are one word to the writer: nothing between, or a single joining sign.
func belong(s string, end, start int) bool {
	if start <= end {
		return true
	}
	switch s[end:start] {
	case "-", "‐", "‑", "–", ".", "_", ":":
		return true
	}
	return strings.TrimFunc(s[end:start], func(r rune) bool { return classOf(r) == extend }) == ""
}

func clauseOf(c lang.Code, s string, tokens []Token, not, prefix bool) Clause {
	last := tokens[len(tokens)-1]
	clause := Clause{Not: not, Text: s[tokens[0].Start:last.End]}
	for _, t := range tokens {
		clause.Terms = append(clause.Terms, t.Term)
	}
	typed := s[last.Start:last.End]
	lone := false
	if r, size := utf8.DecodeRuneInString(typed); len(tokens) == 1 && size == len(typed) {
		lone = classOf(r) == cjk
	}
	if prefix || lone {
		clause.Prefix = prefixOf(c, typed)
	}
	return clause
}

// prefixOf folds a beginning of a word as the analyser folds words, without stemming it.
func prefixOf(c lang.Code, typed string) string {
	typed = compose(cutBytes(typed, maxWord))
	switch scriptOf(typed) {
	case scriptArabic:
		return cutArabicFront(arabicLetters.Replace(foldRunes(typed)))
	case scriptCyrillic:
		return strings.ReplaceAll(typed, "ё", "е")
	case scriptNumber:
		return number(typed)
	}
	return foldRunes(apostrophes(c, typed))
}
