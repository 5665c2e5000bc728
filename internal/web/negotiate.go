package web

import "strings"

// coding is one way to send the same page.
type coding uint8

// The codings in the order of our own preference, the last first: among those that a reader
// likes equally he gets the smallest.
const (
	identity coding = iota
	gzipped
	zstandard
	brotlied

	codings = 4
)

// codingNames are those of the registry of HTTP content codings.
var codingNames = [codings]string{identity: "identity", gzipped: "gzip", zstandard: "zstd", brotlied: "br"}

// weights says how much a reader wants each coding: from 0, refused, to 1000.
type weights [codings]int

const (
	unsaid = -1
	most   = 1000
)

// acceptEncoding reads Accept-Encoding (RFC 9110, 12.5.3). A coding that is not named is
// refused unless "*" takes it; identity that is not named is taken, after all others. Parts
// that break the grammar are passed over. A coding named twice keeps its first weight.
func acceptEncoding(lines []string) weights {
	if len(lines) == 0 {
		return weights{identity: most} // anything would do; everybody reads this one
	}
	w, star := weights{unsaid, unsaid, unsaid, unsaid}, unsaid
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			name, weight, weighted := strings.Cut(part, ";")
			name = strings.Trim(name, " \t")
			q := most
			if weighted {
				if q = qvalue(weight); q < 0 {
					continue
				}
			}
			if name == "*" {
				star = firstOf(star, q)
				continue
			}
			if c, ok := codingOf(name); ok {
				w[c] = firstOf(w[c], q)
			}
		}
	}
	for c := range w {
		switch {
		case w[c] != unsaid:
		case star != unsaid:
			w[c] = star
		case coding(c) == identity:
			w[c] = 1
		default:
			w[c] = 0
		}
	}
	return w
}

func firstOf(before, q int) int {
	if before != unsaid {
		return before
	}
	return q
}

func codingOf(name string) (coding, bool) {
	for c, known := range codingNames {
		if strings.EqualFold(name, known) {
			return coding(c), true
		}
	}
	return gzipped, strings.EqualFold(name, "x-gzip") // its old name, RFC 9110, 8.4.1.3
}

// qvalue reads "q=0.25" as thousandths; -1 where it is none.
func qvalue(s string) int {
	s = strings.Trim(s, " \t")
	if len(s) < 3 || s[0]|0x20 != 'q' || s[1] != '=' {
		return -1
	}
	whole, rest := s[2], s[3:]
	if whole != '0' && whole != '1' || rest != "" && rest[0] != '.' || len(rest) > 4 {
		return -1
	}
	q := int(whole-'0') * most
	for i, unit := 1, 100; i < len(rest); i, unit = i+1, unit/10 {
		if rest[i] < '0' || rest[i] > '9' {
			return -1
		}
		q += int(rest[i]-'0') * unit
	}
	if q > most {
		return -1
	}
	return q
}

// best is the coding with the greatest weight among those that may be had; false where the
// reader refuses them all.
func (w weights) best(may [codings]bool) (coding, bool) {
	found, at := false, identity
	for c := range w {
		if may[c] && w[c] > 0 && (!found || w[c] >= w[at]) {
			found, at = true, coding(c)
		}
	}
	return at, found
}

// names reports whether an If-None-Match header names the tag (weak comparison, as RFC 9110,
// 13.1.2, asks). A tag has no quotation mark in it, so that commas can be trusted.
func names(lines []string, tag string) bool {
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			part = strings.Trim(part, " \t")
			if part == "*" || strings.TrimPrefix(part, "W/") == tag {
				return true
			}
		}
	}
	return false
}
