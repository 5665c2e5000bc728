package web_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/web"
	"stocktake/internal/web/page"
	"stocktake/internal/web/page/dashboard"
)

var update = flag.Bool("update", false, "write the golden files anew")

var tag = regexp.MustCompile(`<[^>]*>`)

// The opening sentence for few and many, in six languages: testdata/lede.golden is meant to be read.
func TestOpeningSentence(t *testing.T) {
	f := open(t)
	catalog, err := web.Messages()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, c := range lang.All {
		fmt.Fprintf(&b, "%s\n", c)
		r := &page.Reader{House: &page.House{Pack: f.Pack}, Lang: c, P: catalog.Printer(c)}
		for _, totals := range []explore.Totals{
			{},
			{Pledges: 1, Parties: 1, States: 1, Objectives: 1},
			{Pledges: 1, Parties: 1, Objectives: 2, Reported: 1},
			{Pledges: 2, Parties: 2, States: 2, Objectives: 3},
			{Pledges: 2, Parties: 3, States: 1, Objectives: 2, Reported: 1},
			{Pledges: 11, Parties: 2, States: 2, Objectives: 11, Reported: 11},
			{Pledges: 21, Parties: 21, States: 2, Objectives: 21, Reported: 2},
			{Pledges: 158, Parties: 71, States: 25, Objectives: 23, Reported: 12},
			{Pledges: 5000, Parties: 1204, States: 103, Objectives: 23, Reported: 5000},
		} {
			fmt.Fprintf(&b, "  %s\n", tag.ReplaceAllString(string(dashboard.Lede(r, totals)), ""))
		}
	}
	const golden = "testdata/lede.golden"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the sentences differ from %s (-update writes it):\n%s", golden, b.String())
	}
}
