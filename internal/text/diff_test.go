package text

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func showEdits(list []Edit) string {
	var b strings.Builder
	for _, e := range list {
		switch e.Op {
		case Delete:
			b.WriteString("[-" + e.Text + "-]")
		case Insert:
			b.WriteString("{+" + e.Text + "+}")
		default:
			b.WriteString(e.Text)
		}
	}
	return b.String()
}

func TestWordDiff(t *testing.T) {
	for _, test := range []struct{ name, a, b, want string }{
		{"nothing", "", "", ""},
		{"the same", "We pledge.", "We pledge.", "We pledge."},
		{"all new", "", "We pledge.", "{+We pledge.+}"},
		{"all gone", "We pledge.", "", "[-We pledge.-]"},
		{"one word", "We will end it by 2024.", "We will end it by 2026.", "We will end it by [-2024-]{+2026+}."},
		{"a word added", "We end it.", "We shall end it.", "We {+shall +}end it."},
		{"a word taken out", "We shall end it.", "We end it.", "We [-shall -]end it."},
		{"two changes read as one", "train ten officials now", "hire six officials now", "[-train ten-]{+hire six+} officials now"},
		{"words are not cut", "migration", "migrations", "[-migration-]{+migrations+}"},
		{"Chinese by characters", "停止拘留移民儿童", "停止拘留难民儿童", "停止拘留[-移-]{+难+}民儿童"},
		{"Arabic by words", "حقوق المهاجرين وأسرهم", "حقوق اللاجئين وأسرهم", "حقوق [-المهاجرين-]{+اللاجئين+} وأسرهم"},
		{"a mark stays with its letter", "caf\u0065 x", "caf\u0065\u0301 x", "[-caf\u0065-]{+caf\u0065\u0301+} x"},
		{"punctuation", "law, and", "law and", "law[-,-] and"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := showEdits(WordDiff(test.a, test.b)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// checkDiff: applied to a the edit gives b, its inverse gives a, and it is tidy.
func checkDiff(t interface{ Fatalf(string, ...any) }, a, b string) {
	list := WordDiff(a, b)
	var old, young strings.Builder
	for i, e := range list {
		if e.Text == "" || i > 0 && list[i-1].Op == e.Op || i > 0 && e.Op == Delete && list[i-1].Op == Insert {
			t.Fatalf("untidy: %s", showEdits(list))
		}
		if e.Op != Insert {
			old.WriteString(e.Text)
		}
		if e.Op != Delete {
			young.WriteString(e.Text)
		}
	}
	if old.String() != a || young.String() != b {
		t.Fatalf("from %q to %q: %s", a, b, showEdits(list))
	}
	if a == b && len(list) > 1 || a == b && len(list) == 1 && list[0].Op != Equal {
		t.Fatalf("the same text differs: %s", showEdits(list))
	}
}

func TestWordDiffOfAnyTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkDiff(t, wild.Draw(t, "a"), wild.Draw(t, "b"))
		// Few different words, so that much is shared.
		words := rapid.SliceOf(rapid.SampledFrom([]string{"a", "b", "c", " ", " ", ",", "移", "民"}))
		checkDiff(t, strings.Join(words.Draw(t, "x"), ""), strings.Join(words.Draw(t, "y"), ""))
	})
}

func FuzzWordDiff(f *testing.F) {
	f.Add("We end it by 2024.", "We shall end it.")
	f.Add("移民\xff", "e\u0301 移")
	f.Fuzz(func(t *testing.T, a, b string) { checkDiff(t, a, b) })
}

// The worst that a form admits, and ten times that, which no form does.
func TestWordDiffIsBounded(t *testing.T) {
	for _, size := range []int{3_000, 30_000} {
		var a, b strings.Builder
		for i := 0; a.Len() < size; i++ {
			fmt.Fprintf(&a, "a%d ", i)
			fmt.Fprintf(&b, "b%d, ", i)
		}
		start := time.Now()
		checkDiff(t, a.String(), b.String())
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%d characters took %v", size, took)
		}
	}
}

func BenchmarkWordDiff(b *testing.B) {
	var words []string
	for i := range 500 {
		words = append(words, fmt.Sprintf("word%d", i%97))
	}
	old := strings.Join(words, " ")
	for i := 0; i < len(words); i += 20 {
		words[i] = "other"
	}
	young := strings.Join(words, " ")
	b.ReportAllocs()
	for range b.N {
		WordDiff(old, young)
	}
}
