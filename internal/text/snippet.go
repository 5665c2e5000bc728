package text

import (
	"math/bits"
	"unicode/utf8"

	"stocktake/internal/lang"
)

// Segment is a stretch of plain text; Hit says that it answers the query. Templates escape Text
// and set hits between <mark> and </mark>.
type Segment struct {
	Text string
	Hit  bool
}

// ellipsis stands where a snippet begins or ends inside the text.
const ellipsis = "…"

// Snippet cuts the stretch of about width characters (never more, ellipses apart) that answers
// the most of the query, and marks the hits in it; where nothing answers, it is the beginning of the text.
// Without the ellipses the segments are a piece of the text, unchanged. c is the language of the text.
func Snippet(c lang.Code, s string, query []Clause, width int) []Segment {
	width = max(width, 1)
	tokens := Tokens(c, s)
	hits := hitsOf(tokens, query)
	from, to := window(s, tokens, hits, width)
	var out []Segment
	if from > 0 {
		out = append(out, Segment{Text: ellipsis})
	}
	at := from
	for _, h := range hits {
		start, end := max(h.start, at), min(h.end, to)
		if h.end > to && h.start < to && at <= h.start {
			break // cut through: no hit
		}
		if start >= end {
			continue
		}
		if start > at {
			out = append(out, Segment{Text: s[at:start]})
		}
		if n := len(out); start == at && n > 0 && out[n-1].Hit {
			out[n-1].Text += s[start:end] // overlapping or adjoining: one mark
		} else {
			out = append(out, Segment{s[start:end], true})
		}
		at = end
	}
	if at < to {
		out = append(out, Segment{Text: s[at:to]})
	}
	if to < len(s) {
		out = append(out, Segment{Text: ellipsis})
	}
	return out
}

// hit is a token that answers a clause.
type hit struct{ start, end, clause int }

// hitsOf finds the tokens that answer the query, in the order of the text, each once.
func hitsOf(tokens []Token, query []Clause) []hit {
	var hits []hit
	marked := make([]int, len(tokens)) // clause + 1
	for q := range query {
		clause := &query[q]
		if clause.Not {
			continue
		}
		for i := 0; i+len(clause.Terms) <= len(tokens); i++ {
			all := len(clause.Terms) > 0
			for j := range clause.Terms {
				if !clause.Matches(j, tokens[i+j].Term) {
					all = false
					break
				}
			}
			for j := 0; all && j < len(clause.Terms); j++ {
				if marked[i+j] == 0 {
					marked[i+j] = q + 1
				}
			}
		}
	}
	for i, m := range marked {
		if m > 0 {
			hits = append(hits, hit{tokens[i].Start, tokens[i].End, m - 1})
		}
	}
	return hits
}

// window chooses the stretch: that with the most clauses answered, then the most hits, then the
// earliest; it begins and ends at words, with a few words before its first hit.
func window(s string, tokens []Token, hits []hit, width int) (from, to int) {
	if utf8.RuneCountInString(s) <= width {
		return 0, len(s)
	}
	best, bestScore := 0, -1
	for i, last := 0, 0; i < len(hits); i++ {
		limit := forward(s, hits[i].start, width)
		last = max(last, i)
		for last < len(hits) && hits[last].end <= limit {
			last++
		}
		score := last - i
		seen := map[int]bool{}
		for _, h := range hits[i:min(last, i+64)] {
			if !seen[h.clause] {
				seen[h.clause] = true
				score += 1000
			}
		}
		if score > bestScore {
			best, bestScore = i, score
		}
	}
	if len(hits) > 0 {
		span := hits[best].end
		for _, h := range hits[best:] {
			if h.end <= forward(s, hits[best].start, width) {
				span = max(span, h.end)
			}
		}
		spare := width - utf8.RuneCountInString(s[hits[best].start:span])
		from = wordStart(tokens, backward(s, hits[best].start, spare/3), hits[best].start)
	}
	to = forward(s, from, width)
	if to < len(s) {
		to = wordEnd(s, tokens, from, to)
	}
	return from, to
}

// forward is n characters on from byte i, or the end.
func forward(s string, i, n int) int {
	for ; n > 0 && i < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return i
}

// backward is n characters back from byte i, or the beginning.
func backward(s string, i, n int) int {
	for ; n > 0 && i > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
	}
	return i
}

// wordStart is the start of the first token not before i; otherwise where no token is.
func wordStart(tokens []Token, i, otherwise int) int {
	if i == 0 {
		return 0
	}
	for _, t := range tokens {
		if t.Start >= i {
			return min(t.Start, otherwise)
		}
	}
	return otherwise
}

// wordEnd is the end of the last token that ends by to; to itself (at a whole character) where none does.
func wordEnd(s string, tokens []Token, from, to int) int {
	end := 0
	for _, t := range tokens {
		if t.End <= to && t.Start >= from {
			end = max(end, t.End)
		}
		if t.Start > to {
			break
		}
	}
	if end > from {
		return end
	}
	// One word longer than the window: at least do not part a letter from its marks.
	for i := to; i > from; {
		r, _ := utf8.DecodeRuneInString(s[i:])
		if classOf(r) != extend {
			return i
		}
		_, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
	}
	return to
}

// Mark is a whole text in which the hits of the query are marked, nil where there are none, and the
// clauses that have one: bit i stands for the i-th.
func Mark(c lang.Code, s string, query []Clause) (segments []Segment, answered uint32) {
	if answered = answeredBy(Tokens(c, s), query); answered != 0 {
		segments = Snippet(c, s, query, len(s))
	}
	return segments, answered
}

// Answered is how many clauses of the query find something in the text, those with Not apart.
func Answered(c lang.Code, s string, query []Clause) int {
	return bits.OnesCount32(answeredBy(Tokens(c, s), query))
}

func answeredBy(tokens []Token, query []Clause) (answered uint32) {
	for i := range query {
		if len(hitsOf(tokens, query[i:i+1])) > 0 {
			answered |= 1 << i
		}
	}
	return answered
}
