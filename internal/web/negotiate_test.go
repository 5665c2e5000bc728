package web

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestAcceptEncoding(t *testing.T) {
	all := [codings]bool{true, true, true, true}
	for _, c := range []struct {
		name   string
		header []string
		want   string // the coding chosen among all; "" = none
	}{
		{"nothing said", nil, "identity"},
		{"nothing taken", []string{""}, "identity"},
		{"a browser", []string{"gzip, deflate, br, zstd"}, "br"},
		{"a browser without encryption", []string{"gzip, deflate"}, "gzip"},
		{"zstd before gzip", []string{"gzip, zstd"}, "zstd"},
		{"any case", []string{"GZip"}, "gzip"},
		{"the old name", []string{"x-gzip"}, "gzip"},
		{"weights before our preference", []string{"br;q=0.5, gzip;q=0.8"}, "gzip"},
		{"the least weight is still one", []string{"gzip;q=0.001"}, "gzip"},
		{"refused", []string{"gzip;q=0"}, "identity"},
		{"refused in full", []string{"gzip; q=0.000"}, "identity"},
		{"identity above the others", []string{"identity, gzip;q=0.9"}, "identity"},
		{"anything", []string{"*"}, "br"},
		{"anything but one", []string{"br;q=0, *"}, "zstd"},
		{"a star takes identity too", []string{"gzip;q=0.5, br;q=0, zstd;q=0, *;q=0.7"}, "identity"},
		{"only what is named", []string{"gzip, *;q=0"}, "gzip"},
		{"identity is refused", []string{"identity;q=0, gzip"}, "gzip"},
		{"identity is refused and nothing named", []string{"identity;q=0"}, ""},
		{"everything is refused", []string{"*;q=0"}, ""},
		{"everything but identity", []string{"identity, *;q=0"}, "identity"},
		{"unknown codings", []string{"deflate, compress, aws-chunked"}, "identity"},
		{"several lines", []string{"deflate", "br;q=0.1", "gzip;q=0.2"}, "gzip"},
		{"the first weight of a coding counts", []string{"gzip;q=0, gzip"}, "identity"},
		{"broken weights are passed over", []string{"br;q=2, zstd;q=0.1234, gzip;q=0.3"}, "gzip"},
		{"broken commas", []string{",, ,gzip ,"}, "gzip"},
		{"spaces and tabs", []string{" br ;\tq=0.3 ,\tgzip\t; Q=0.4"}, "gzip"},
		{"other parameters", []string{"br;level=3, gzip"}, "gzip"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			if chosen, ok := acceptEncoding(c.header).best(all); ok {
				got = codingNames[chosen]
			}
			if got != c.want {
				t.Errorf("%q chooses %q, want %q", c.header, got, c.want)
			}
		})
	}
}

var grammar = regexp.MustCompile(`(?i)^[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*$`)

// asWritten reads a header as slowly and plainly as the grammar stands in the standard.
func asWritten(header, name string) (q float64, said bool) {
	for _, part := range strings.Split(header, ",") {
		coding, weight, weighted := strings.Cut(part, ";")
		coding = strings.ToLower(strings.Trim(coding, " \t"))
		if coding == "x-gzip" {
			coding = "gzip"
		}
		if coding != name {
			continue
		}
		if !weighted {
			return 1, true
		}
		if m := grammar.FindStringSubmatch(weight); m != nil {
			q, err := strconv.ParseFloat(m[1], 64)
			return q, err == nil
		}
	}
	return 0, false
}

func FuzzAcceptEncoding(f *testing.F) {
	for _, s := range []string{"", "gzip", "br;q=0.5, gzip;q=0.8, *;q=0", "identity;q=0", "*", "gzip;q=1.", "zstd;q=1.001", "x-gzip;q=0.25,,", ";q=1", "gzip;;q=0", "K;q=0.5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		w := acceptEncoding([]string{header})
		star, starred := asWritten(header, "*")
		for c, name := range codingNames {
			want, said := asWritten(header, name)
			switch {
			case said:
			case starred:
				want = star
			case coding(c) == identity:
				want = 0.001
			}
			if float64(w[c]) != want*most && int(want*most+0.5) != w[c] {
				t.Errorf("%q gives %s the weight %d, want %v", header, name, w[c], want)
			}
		}
		if c, ok := w.best([codings]bool{true, true, true, true}); ok && w[c] <= 0 {
			t.Errorf("%q: %s was refused and chosen", header, codingNames[c])
		}
	})
}

func TestNames(t *testing.T) {
	for header, want := range map[string]bool{
		`"a"`: true, `W/"a"`: true, `"b", "a"`: true, "\"b\" ,\t\"a\"": true, `*`: true, `"b"`: false, ``: false, `a`: false, `"a`: false, `"aa"`: false, `"A"`: false,
	} {
		if got := names([]string{header}, `"a"`); got != want {
			t.Errorf("names(%q) = %v", header, got)
		}
	}
	if !names([]string{`"x"`, `"a"`}, `"a"`) {
		t.Error("the second line of the header is not read")
	}
}
