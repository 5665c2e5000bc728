package web_test

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stocktake/internal/lang"
	"stocktake/internal/web/page/dashboard"
)

// The files of the figures, in testdata/charts: meant to be read, and opened in a browser.
func TestChartFiles(t *testing.T) {
	s := open(t)
	for _, target := range []string{"/en/charts/objectives.csv", "/en/charts/coverage.csv?cover=party_region", "/fr/charts/money.csv", "/en/charts/parties.csv?nature=policy&q=children",
		"/en/charts/objectives.svg", "/ar/charts/stage.svg", "/zh/charts/coverage.svg?cover=region", "/ru/charts/years.csv?as_of=2023-12-31"} {
		t.Run(target, func(t *testing.T) {
			w := s.do("GET", target)
			if w.Code != 200 {
				t.Fatalf("status %d\n%s", w.Code, w.Body)
			}
			golden := filepath.Join("testdata", "charts", strings.NewReplacer("/", "_", "?", "_", "&", "_", "=", "-").Replace(target[1:]))
			for _, kind := range []string{"csv", "svg"} {
				if strings.Contains(target, "."+kind) {
					golden += "." + kind
				}
			}
			if *update {
				if err := errors.Join(os.MkdirAll(filepath.Dir(golden), 0o755), os.WriteFile(golden, w.Body.Bytes(), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(want, w.Body.Bytes()) {
				t.Errorf("the file differs from %s (-update writes it):\n%s", golden, w.Body)
			}
		})
	}
}

// Every figure is there in every language, carries its source, and can be read by programs.
func TestEveryChartIsAFile(t *testing.T) {
	s := open(t)
	for _, c := range lang.All {
		offered := map[string]bool{}
		for _, a := range s.get(t, "/"+string(c)+"/?cover=region").All(".files a") {
			offered[a.Get("href")] = true
		}
		for _, name := range dashboard.Charts {
			for _, kind := range []string{"csv", "svg"} {
				target := "/" + string(c) + "/charts/" + name + "." + kind
				if name == "coverage" {
					target += "?cover=region"
				}
				w := s.do("GET", target)
				body := w.Body.String()
				if w.Code != 200 || !offered[target] || !strings.Contains(body, "https://pledges.example.org/"+string(c)+"/") || strings.ContainsAny(body, "⟦⟧") {
					t.Errorf("%s: status %d, offered %v\n%.400s", target, w.Code, offered[target], body)
				}
				if kind == "csv" {
					r := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff")))
					r.Comment, r.FieldsPerRecord = '#', 0
					rows, err := r.ReadAll()
					if err != nil || len(rows) < 3 {
						t.Errorf("%s: %d rows, %v", target, len(rows), err)
					}
					continue
				}
				for d := xml.NewDecoder(strings.NewReader(body)); ; {
					if _, err := d.Token(); err == io.EOF {
						break
					} else if err != nil {
						t.Fatalf("%s: %v", target, err)
					}
				}
				if strings.Contains(body, "style=") || strings.Contains(body, "<style") || strings.Contains(body, "class=\"q") || strings.Contains(body, "<a ") {
					t.Errorf("%s leans on a style sheet or has links", target)
				}
			}
		}
	}
	for _, wrong := range []string{"/en/charts/moon.csv", "/en/charts/objectives.png", "/en/charts/objectives"} {
		if w := s.do("GET", wrong); w.Code != 404 {
			t.Errorf("%s: status %d", wrong, w.Code)
		}
	}
	if w := s.do("GET", "/en/charts/coverage.csv?cover=moon"); w.Code != 400 {
		t.Errorf("an unknown coverage: status %d", w.Code)
	}
}

// What the clipboard takes is the same table as the CSV, between the title and the source, and
// every figure offers it beside its drawing as PNG.
func TestTheClipboardTakesTheTable(t *testing.T) {
	s := open(t)
	for _, span := range s.get(t, "/fr/?nature=policy").All(".files span") {
		file, copied, drawn := span.First("a").Get("href"), span.First("button[data-copy]"), span.First("button[data-png]")
		w := s.do("GET", copied.Get("data-copy"))
		lines := strings.Split(strings.TrimSpace(w.Body.String()), "\n")
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(s.do("GET", file).Body.String(), "\ufeff")))
		r.Comment = '#'
		rows, err := r.ReadAll()
		if err != nil || w.Code != 200 || len(lines) < len(rows)+6 {
			t.Fatalf("%s: status %d, %d lines for %d rows, %v", copied.Get("data-copy"), w.Code, len(lines), len(rows), err)
		}
		for i, row := range rows {
			if lines[i+1] != strings.Join(row, "\t") {
				t.Errorf("%s: %q, the CSV has %q", copied.Get("data-copy"), lines[i+1], row)
			}
		}
		if !strings.Contains(lines[len(lines)-2], "https://pledges.example.org/fr/?nature=policy") {
			t.Errorf("%s: the source is %q", copied.Get("data-copy"), lines[len(lines)-2:])
		}
		svg := len(span.All("a")) == 2
		if (drawn.Node != nil) != svg || svg && drawn.Get("data-png") != span.All("a")[1].Get("href") {
			t.Errorf("%s: a PNG of %q", file, drawn.Get("data-png"))
		}
	}
}

// What a reader typed into the address cannot become a cell, and so no formula.
func TestNoFormulaFromTheAddress(t *testing.T) {
	body := open(t).do("GET", "/en/charts/stage.csv?q=a%2C%3DHYPERLINK(1)%3B%22%2Bb").Body.String()
	if strings.Contains(body, ",=") || strings.Contains(body, ";=") || !strings.Contains(body, "Words: a =HYPERLINK(1) '+b") {
		t.Errorf("the file says\n%s", body)
	}
}

// The pages of a party and of an objective offer their figures as files, and say of how many pledges
// nothing is known.
func TestProfilesOfferTheirCharts(t *testing.T) {
	s := open(t)
	for path, filter := range map[string]string{"/en/parties/bra": "# Filters: State or party: Brazil\n", "/en/objectives/15": "# Filters: Objective: 15 "} {
		d := s.get(t, path)
		files := d.All(".files a[download]")
		if len(files) != 6 {
			t.Errorf("%s offers %d files", path, len(files))
		}
		for _, a := range files {
			w := s.do("GET", a.Get("href"))
			if w.Code != 200 || strings.Contains(a.Get("href"), ".csv") && !strings.Contains(w.Body.String(), filter) {
				t.Errorf("%s: status %d\n%.400s", a.Get("href"), w.Code, w.Body)
			}
		}
		if text := d.First(".silent").Text(); !strings.Contains(text, "carry no progress information") && !strings.Contains(text, "carries no progress information") {
			t.Errorf("%s says of silence %q", path, text)
		}
	}
}
