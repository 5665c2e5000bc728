package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Op is what an edit does.
type Op uint8

const (
	Equal Op = iota
	Delete
	Insert
)

func (o Op) String() string { return [...]string{"equal", "delete", "insert"}[o] }

// Edit is a stretch of text that both versions have, that only the old one has, or that only the new one has.
type Edit struct {
	Op   Op
	Text string
}

// maxEdits bounds the search for the shortest edit: 2,000 changed words are more than a pledge
// of 3,000 characters has. The search takes the square of it in steps, and in 32-bit numbers of memory: 16 MB.
const maxEdits = 2000

// WordDiff says how a became b: by words, spaces and punctuation, and in Chinese and Japanese by characters.
// The texts of Equal and Delete, one after the other, are a; those of Equal and Insert are b.
// No two neighbours have the same Op, and a Delete stands before the Insert that replaces it. Spaces
// and signs that two changes have between them count as changed, so that a rewritten sentence
// reads as one. Texts that share too little (over 2,000 changed units) are shown as replaced
// between their common beginning and end; time is bounded for any input.
func WordDiff(a, b string) []Edit {
	x, y := units(a), units(b)
	front := 0
	for front < len(x) && front < len(y) && x[front] == y[front] {
		front++
	}
	back := 0
	for back < len(x)-front && back < len(y)-front && x[len(x)-1-back] == y[len(y)-1-back] {
		back++
	}
	var e edits
	e.add(Equal, x[:front]...)
	e.middle(x[front:len(x)-back], y[front:len(y)-back])
	e.add(Equal, x[len(x)-back:]...)
	return e.tidy()
}

// units cuts a text into what the diff compares; joined they are the text.
func units(s string) []string {
	var out []string
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		k := unitOf(r)
		end := i + size
		for end < len(s) {
			next, width := utf8.DecodeRuneInString(s[end:])
			nk := unitOf(next)
			if classOf(next) != extend && (nk != k || k == aSign || k == aCharacter) {
				break
			}
			end += width
		}
		out = append(out, s[i:end])
		i = end
	}
	return out
}

type unit uint8

const (
	aSign unit = iota
	aCharacter
	aWord
	aSpace
)

func unitOf(r rune) unit {
	switch classOf(r) {
	case letter, arabic, digit:
		return aWord
	case cjk:
		return aCharacter
	}
	if unicode.IsSpace(r) {
		return aSpace
	}
	return aSign
}

type edits struct {
	list []Edit
}

func (e *edits) add(op Op, units ...string) {
	for _, u := range units {
		e.list = append(e.list, Edit{op, u})
	}
}

// middle finds a shortest edit from x to y, after Myers, "An O(ND) difference algorithm and its
// variations" (1986): trace keeps, for every number of edits, how far each diagonal came.
func (e *edits) middle(x, y []string) {
	if len(x) == 0 || len(y) == 0 {
		e.add(Delete, x...)
		e.add(Insert, y...)
		return
	}
	limit := min(len(x)+len(y), maxEdits)
	reach := make([]int32, 2*limit+3) // by diagonal, offset by limit+1
	zero := limit + 1
	var trace [][]int32
	for d := 0; d <= limit; d++ {
		trace = append(trace, append([]int32(nil), reach[zero-d:zero+d+1]...))
		for k := -d; k <= d; k += 2 {
			var i int
			if k == -d || k != d && reach[zero+k-1] < reach[zero+k+1] {
				i = int(reach[zero+k+1])
			} else {
				i = int(reach[zero+k-1]) + 1
			}
			j := i - k
			for i < len(x) && j < len(y) && x[i] == y[j] {
				i, j = i+1, j+1
			}
			reach[zero+k] = int32(i)
			if i >= len(x) && j >= len(y) {
				e.retrace(x, y, trace)
				return
			}
		}
	}
	e.add(Delete, x...)
	e.add(Insert, y...)
}

// retrace walks from the end back to the beginning. trace[d] holds the diagonals -d to d as they
// were before step d.
func (e *edits) retrace(x, y []string, trace [][]int32) {
	begin := len(e.list)
	i, j := len(x), len(y)
	for d := len(trace) - 1; d >= 0; d-- {
		at := func(k int) int {
			if k < -d || k > d {
				return -1
			}
			return int(trace[d][k+d])
		}
		k := i - j
		before := k - 1
		if k == -d || k != d && at(k-1) < at(k+1) {
			before = k + 1
		}
		pi, pj := 0, 0
		if d > 0 {
			pi = at(before)
			pj = pi - before
		}
		for i > pi && j > pj && x[i-1] == y[j-1] {
			e.add(Equal, x[i-1])
			i, j = i-1, j-1
		}
		if d == 0 {
			break
		}
		if before == k+1 {
			j--
			e.add(Insert, y[j])
		} else {
			i--
			e.add(Delete, x[i])
		}
	}
	for l, r := begin, len(e.list)-1; l < r; l, r = l+1, r-1 {
		e.list[l], e.list[r] = e.list[r], e.list[l]
	}
}

// tidy gathers runs of changes, takes in what stands between changes and is no word, and joins
// what has the same Op.
func (e *edits) tidy() []Edit {
	var out []Edit
	var deleted, inserted, held strings.Builder // held: equal signs after a change, until it is known what follows
	changed := func() bool { return deleted.Len() > 0 || inserted.Len() > 0 }
	flush := func() {
		for _, part := range []struct {
			op   Op
			text *strings.Builder
		}{{Delete, &deleted}, {Insert, &inserted}, {Equal, &held}} {
			if part.text.Len() == 0 {
				continue
			}
			if n := len(out); n > 0 && out[n-1].Op == part.op {
				out[n-1].Text += part.text.String()
			} else {
				out = append(out, Edit{part.op, part.text.String()})
			}
			part.text.Reset()
		}
	}
	for _, edit := range e.list {
		if edit.Op == Equal {
			if changed() && !isWord(edit.Text) {
				held.WriteString(edit.Text)
				continue
			}
			if changed() || held.Len() > 0 {
				flush()
			}
			if n := len(out); n > 0 && out[n-1].Op == Equal {
				out[n-1].Text += edit.Text
			} else {
				out = append(out, edit)
			}
			continue
		}
		if held.Len() > 0 { // between two changes
			deleted.WriteString(held.String())
			inserted.WriteString(held.String())
			held.Reset()
		}
		if edit.Op == Delete {
			deleted.WriteString(edit.Text)
		} else {
			inserted.WriteString(edit.Text)
		}
	}
	flush()
	return out
}

func isWord(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	k := unitOf(r)
	return k == aWord || k == aCharacter
}
