package exchange

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stocktake/internal/place"
)

// crowd writes a CSV of many different pledges by all States and some hundred others, until it
// has so many rows and so many bytes. The same arguments give the same file.
func crowd(t testing.TB, rows int, bytes int64, textWords int) (path string, written int) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "crowd.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := bufio.NewWriterSize(f, 1<<20)
	counted := &counter{w: out}
	w := csv.NewWriter(counted)
	columns := []string{"id", "title", "text", "parties", "party_kinds", "channel", "nature", "objectives", "levels", "countries", "starts_on", "ends_on",
		"amount", "currency", "announced_on", "stage", "last_reported_on", "published_on", "source"}
	if err := w.Write(columns); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("access aid border children cities climate counsel countries data decent detention dignity education employers families fair " +
		"health human identity information labour law legal local migrants national partners pathways people permits policy programme protection recruitment " +
		"registration regular remittances return rights safe schools services skills social support training women work workers youth")
	sentence := func(n int) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(words[rng.IntN(len(words))])
		}
		return b.String()
	}
	countries := place.Countries()
	for n := 1; n <= rows || counted.n < bytes; n++ {
		c := countries[rng.IntN(len(countries))]
		for c.Status != place.Member {
			c = countries[rng.IntN(len(countries))]
		}
		who, kind := strings.ToLower(c.Alpha3), ""
		if rng.IntN(4) == 0 {
			who, kind = fmt.Sprintf("Association number %d", rng.IntN(400)), "civil_society"
		}
		row := []string{fmt.Sprintf("GCM-%04d", n), fmt.Sprintf("Pledge %d on %s", n, sentence(5)), sentence(textWords), who, kind, "pledging_initiative",
			[]string{"policy", "financial;process", "human_resources"}[rng.IntN(3)], fmt.Sprintf("%d;%d", 1+rng.IntN(11), 12+rng.IntN(12)), "national", c.Alpha2,
			"2022", fmt.Sprint(2023 + rng.IntN(9)), "", "", fmt.Sprintf("2022-05-%02d", 1+rng.IntN(28)), "", "", "2022-06-01", "https://example.org/pledges"}
		if rng.IntN(3) == 0 {
			row[12], row[13] = fmt.Sprint(1000*(1+rng.IntN(5000))), "USD"
		}
		if rng.IntN(3) == 0 {
			row[15], row[16] = "in_progress", fmt.Sprintf("2024-%02d-01", 1+rng.IntN(12))
		}
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		written = n
	}
	if err := w.Error(); err != nil {
		t.Fatal(err)
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	return path, written
}

type counter struct {
	w *bufio.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	c.n += int64(len(b))
	return c.w.Write(b)
}
