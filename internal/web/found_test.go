package web_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stocktake/internal/exchange"
	"stocktake/internal/lang"
	"stocktake/internal/web/webtest"
)

// sample is a site with the public sample.
func sample(t *testing.T) site {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	f, err := webtest.Empty(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	rows, err := fs.ReadFile(f.Pack.Sample(), "pledges.csv")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "pledges.csv")
	if err := os.WriteFile(path, rows, 0o600); err != nil {
		t.Fatal(err)
	}
	columns, err := f.Pack.Sample().Open("pledges.map.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer columns.Close()
	m, err := exchange.ReadColumnMap(columns)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exchange.Pledges(ctx, f.DB, f.Book, exchange.Import{Path: path, Map: m, Actor: "office:secretariat"}); err != nil {
		t.Fatal(err)
	}
	if err := f.Index.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	return over(t, f)
}

// Every pledge that a question finds shows a word of the question, or says where one stands.
func TestEveryHitShowsWhyItWasFound(t *testing.T) {
	s := sample(t)
	data, err := os.ReadFile("../explore/testdata/relevance/queries.json")
	if err != nil {
		t.Fatal(err)
	}
	var asked []struct {
		Language lang.Code
		Q        string
	}
	if err := json.Unmarshal(data, &asked); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"cities", "العراق", "Португалия", "移民", "enfants", "OIM", "border", "Ivory Coast", "Portugal border", "Portogual", "GCM-0006", "6"} {
		for _, c := range lang.All {
			asked = append(asked, struct {
				Language lang.Code
				Q        string
			}{c, q})
		}
	}
	hits := 0
	for _, a := range asked {
		if !strings.ContainsFunc(a.Q, func(r rune) bool { return r != '-' }) {
			continue
		}
		for _, li := range s.get(t, "/"+string(a.Language)+"/pledges?q="+url.QueryEscape(a.Q)).All(".list li") {
			hits++
			if len(li.All("mark")) == 0 && len(li.All(".found")) == 0 {
				t.Errorf("%s: %s finds %s and does not show why", a.Language, a.Q, li.First(".id").Text())
			}
		}
	}
	if hits < 200 {
		t.Errorf("only %d hits", hits)
	}
	t.Logf("%d questions, %d hits", len(asked), hits)
}

func TestHitsAreMarkedWhereTheyStand(t *testing.T) {
	s := sample(t)
	for _, c := range []struct{ name, path, id, selector, want string }{
		{"a title", "/en/pledges?q=border", "GCM-0020", "h3 mark", "border"},
		{"a part of a party that is not named in the list", "/en/pledges?q=border", "GCM-0006", ".found", "Found in: State or party – Immigration and Border Service (SEF), Portugal"},
		{"a name in another language", "/en/pledges?q=" + url.QueryEscape("Португалия"), "GCM-0006", ".found", "Found in: State or party – Portugal (Португалия)"},
		{"a name that is shown", "/fr/pledges?q=Portugal", "GCM-0006", ".meta mark", "Portugal"},
		{"an id", "/en/pledges?q=gcm-6", "GCM-0006", ".id mark", "GCM-0006"},
	} {
		found := false
		for _, li := range s.get(t, c.path).All(".list li") {
			if li.First(".id").Text() != c.id {
				continue
			}
			found = true
			if got := li.First(c.selector).Text(); got != c.want {
				t.Errorf("%s: %s says %q, want %q", c.name, c.selector, got, c.want)
			}
		}
		if !found {
			t.Errorf("%s: %s does not find %s", c.name, c.path, c.id)
		}
	}
}
