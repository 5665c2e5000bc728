package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"io"
	"strconv"
	"strings"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/register"
	"stocktake/internal/web"
	"stocktake/internal/web/webtest"
)

func TestScenarios(t *testing.T) {
	s := open(t)
	id := s.ID(1)
	for _, c := range []struct {
		name, method, target string
		header               []string
		status               int
		location             string
		says, hides          []string
	}{
		{name: "the root sends to the reader's language", target: "/", header: []string{"Accept-Language", "ru"}, status: 302, location: "/ru/"},
		{name: "and keeps the question", target: "/pledges?objective=4", header: []string{"Accept-Language", "fr-CH, fr;q=0.9"}, status: 302, location: "/fr/pledges?objective=4"},
		{name: "a language without its slash", target: "/en", status: 301, location: "/en/"},
		{name: "a slash too many", target: "/en/pledges/", status: 301, location: "/en/pledges"},
		{name: "a slug is decoration", target: "/en/pledges/" + id + "-birth-registration", status: 301, location: "/en/pledges/" + id},
		{name: "an id in small letters", target: "/en/pledges/" + strings.ToLower(id) + "?as_of=2023-01-01", status: 301, location: "/en/pledges/" + id + "?as_of=2023-01-01"},
		{name: "a party under a filter", target: "/en/parties/ken?objective=4&as_of=2023-01-01", status: 303, location: "/en/pledges?objective=4&party=ken&as_of=2023-01-01"},
		{name: "a party and words", target: "/fr/parties/ken?q=reefs", status: 303, location: "/fr/pledges?party=ken&q=reefs"},
		{name: "no party under a filter", target: "/en/parties/nosuch?objective=4", status: 404},
		{name: "an objective under a filter", target: "/en/objectives/4?party_region=002&inferred=false", status: 303, location: "/en/pledges?objective=4&party_region=002&inferred=false"},
		{name: "an objective without those inferred", target: "/en/objectives/4?inferred=false", status: 200},
		{name: "a code in capitals", target: "/en/parties/KEN?as_of=2023-01-01", status: 301, location: "/en/parties/ken?as_of=2023-01-01"},
		{name: "and its history", target: "/en/pledges/" + id + "-x/history", status: 301, location: "/en/pledges/" + id + "/history"},
		{name: "a slug without a language", target: "/pledges/" + id + "-x", status: 302, location: "/en/pledges/" + id + "-x"},
		{name: "a form's empty fields are dropped", target: "/en/pledges?q=&objective=4&nature=&as_of=" + webtest.Today, status: 303, location: "/en/pledges?objective=4"},
		{name: "no such pledge", target: "/en/pledges/" + s.ID(999), status: 404, says: []string{"There is no such page"}},
		{name: "no such page, in French", target: "/fr/nulle-part", status: 404, says: []string{"Cette page n’existe pas"}},
		{name: "no such page, without a language", target: "/nowhere", header: []string{"Accept-Language", "es"}, status: 404, says: []string{"Esta página no existe"}},
		{name: "a pledge before its day", target: "/en/pledges/" + s.ID(webtest.Observer) + "?as_of=2022-06-01", status: 404},
		{name: "an objective that does not exist", target: "/en/objectives/24", status: 404},
		{name: "an objective written oddly", target: "/en/objectives/04", status: 404},
		{name: "no such party", target: "/en/parties/nobody", status: 404},
		{name: "an unknown value", target: "/en/pledges?objective=99&nature=policy", status: 400, says: []string{"Objective (objective)", "99", "/en/pledges?nature=policy"}},
		{name: "a day in the future", target: "/en/?as_of=2100-01-01", status: 400, says: []string{"As of (as_of)", "23 November 2026"}},
		{name: "no day at all", target: "/ar/?as_of=yesterday", status: 400, says: []string{"yesterday"}},
		{name: "more than the register has", target: "/en/?at=100000", status: 400, says: []string{"Register position (at)"}},
		{name: "an unknown view", target: "/en/?view=money", status: 400},
		{name: "an unknown kind of party", target: "/en/parties?show=aliens", status: 400},
		{name: "a page that is no number", target: "/en/pledges?page=0", status: 400},
		{name: "a page after the last", target: "/en/pledges?page=7", status: 404},
		{name: "a script in the address", target: "/en/pledges?objective=%3Cscript%3Ealert(1)%3C/script%3E", status: 400, hides: []string{"<script>"}},
		{name: "a script in the words", target: "/en/pledges?q=%22%3E%3Cscript%3E", status: 200, hides: []string{"<script>"}},
		{name: "a broken address", target: "/en/pledges?q=%zz", status: 400},
		{name: "another method", method: "POST", target: "/en/pledges", status: 405, says: []string{"can only be read"}},
		{name: "a withdrawn pledge", target: "/en/pledges/" + s.ID(webtest.Withdrawn), status: 200, says: []string{"Withdrawn on 1 February 2024", "merged with another one"}},
		{name: "a superseded pledge", target: "/en/pledges/" + s.ID(webtest.Superseded), status: 200, says: []string{"Superseded on 30 June 2024", s.ID(webtest.Successor)}},
		{name: "a pledge before it was withdrawn", target: "/en/pledges/" + s.ID(webtest.Withdrawn) + "?as_of=2023-01-01", status: 200,
			says: []string{"as it stood on 1 January 2023"}, hides: []string{"Withdrawn on"}},
		{name: "a summary says so", target: "/en/pledges/" + s.ID(webtest.Summary), status: 200, says: []string{"Summary, in our words", "Source: example.org", "Inferred by us"}},
		{name: "silence is stated", target: "/en/pledges/" + s.ID(webtest.Summary), status: 200, says: []string{"no report has been received"}},
		{name: "money is announced", target: "/en/pledges/" + s.ID(webtest.Financial), status: 200, says: []string{"5,000,000", "Announced, not paid", s.ID(webtest.Matching)}},
		{name: "a match knows what it answers", target: "/en/pledges/" + s.ID(webtest.Matching), status: 200, says: []string{"It answers", s.ID(webtest.Financial)}},
		{name: "links say who published them and when", target: "/en/pledges/" + s.ID(webtest.Revised), status: 200, says: []string{"The programme", "Ministry of the Interior", "4 May 2022", "Evidence", "Report for 2026", "Civil registry", "April 2026"}},
		{name: "a human translation", target: "/en/pledges/" + s.ID(webtest.Arabic), status: 200, says: []string{"Cheaper transfers of money", "a translation; the original prevails", `lang="ar" dir="rtl"`,
			"Supplied or approved by", `href="/en/parties/mar"`, "In short", "Sending money home will cost less than three per cent by 2030."}},
		{name: "a machine translation", target: "/fr/pledges/" + s.ID(webtest.Arabic), status: 200, says: []string{"traduction automatique"}},
		{name: "the original in its own language", target: "/ar/pledges/" + s.ID(webtest.Arabic), status: 200, hides: []string{"Cheaper"}},
		{name: "a ministry acts for its State", target: "/en/parties/prt.foreign-affairs", status: 200, says: []string{"Part of", "Portugal"}},
		{name: "history shows what changed", target: "/en/pledges/" + id + "/history", status: 200, says: []string{"<ins>", "recorded later", "Progress report 2"}},
		{name: "nothing found", target: "/en/pledges?q=nothinglikethis&objective=4", status: 200, says: []string{"Nothing found", "Without “Words: <bdi>nothinglikethis</bdi>”"}},
		{name: "alive", target: "/healthz", status: 200, says: []string{"ok"}},
		{name: "ready", target: "/readyz", status: 200, says: []string{"ready"}},
		{name: "no such file", target: "/static/secret.css", status: 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			method := c.method
			if method == "" {
				method = "GET"
			}
			w := s.do(method, c.target, c.header...)
			if w.Code != c.status {
				t.Fatalf("status %d, want %d\n%s", w.Code, c.status, w.Body)
			}
			if got := w.Header().Get("Location"); got != c.location {
				t.Errorf("Location %q, want %q", got, c.location)
			}
			if c.location == "" && !strings.HasSuffix(c.target, "z") {
				checkProblem(t, c.target, w.Header().Get("Content-Security-Policy"), w.Body.String())
			}
			for _, want := range c.says {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("does not say %q\n%s", want, w.Body)
				}
			}
			for _, not := range c.hides {
				if strings.Contains(w.Body.String(), not) {
					t.Errorf("says %q", not)
				}
			}
		})
	}
	for _, private := range []string{"192.0.2.1", "nothinglikethis", "objective=", "Mozilla"} {
		if strings.Contains(s.log.String(), private) {
			t.Errorf("the log holds %q", private)
		}
	}
}

func checkProblem(t *testing.T, target, policy, body string) {
	t.Helper()
	if !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("%s has the policy %q", target, policy)
	}
	if strings.Count(body, "<h1") != 1 || strings.Contains(body, "⟦") {
		t.Errorf("%s is no finished page\n%s", target, body)
	}
}

func TestLanguageRedirectIsNotShared(t *testing.T) {
	h := open(t).do("GET", "/").Header()
	if h.Get("Vary") != "Accept-Language" || !strings.Contains(h.Get("Cache-Control"), "private") || !strings.Contains(h.Get("Cache-Control"), "no-store") {
		t.Errorf("Vary %q, Cache-Control %q", h.Get("Vary"), h.Get("Cache-Control"))
	}
}

func TestBytesOverTheWire(t *testing.T) {
	s := open(t)
	plain := s.do("GET", "/en/")
	zipped := s.do("GET", "/en/", "Accept-Encoding", "gzip")
	if zipped.Header().Get("Content-Encoding") != "gzip" || !strings.Contains(zipped.Header().Get("Vary"), "Accept-Encoding") {
		t.Fatalf("headers %v", zipped.Header())
	}
	z, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	unzipped, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(unzipped, plain.Body.Bytes()) {
		t.Errorf("the compressed page differs: %v", err)
	}
	tag, zipTag := plain.Header().Get("ETag"), zipped.Header().Get("ETag")
	if tag == "" || tag == zipTag || strings.HasPrefix(tag, "W/") {
		t.Errorf("tags %q and %q", tag, zipTag)
	}
	if w := s.do("GET", "/en/", "If-None-Match", `"other", `+tag); w.Code != 304 || w.Body.Len() > 0 {
		t.Errorf("If-None-Match: status %d, %d bytes", w.Code, w.Body.Len())
	}
	if w := s.do("GET", "/en/", "If-None-Match", tag, "Accept-Encoding", "gzip, identity;q=0"); w.Code != 200 {
		t.Errorf("the tag of a coding that is refused: status %d", w.Code)
	}
	if w := s.do("GET", "/en/", "If-None-Match", tag, "Accept-Encoding", "gzip"); w.Code != 304 || w.Header().Get("ETag") != tag {
		t.Errorf("the tag of another coding that is taken: status %d, tag %q", w.Code, w.Header().Get("ETag"))
	}
	if w := s.do("GET", "/en/", "Accept-Encoding", "gzip;q=0"); w.Header().Get("Content-Encoding") != "" {
		t.Error("gzip was refused and sent")
	}
	head := s.do("HEAD", "/en/")
	if head.Code != 200 || head.Body.Len() != 0 || head.Header().Get("Content-Length") != plain.Header().Get("Content-Length") {
		t.Errorf("HEAD: status %d, %d bytes, length %q", head.Code, head.Body.Len(), head.Header().Get("Content-Length"))
	}
}

// The whole overview weighs at most 100 KB over the wire, a pledge at most 40 KB.
func TestWeight(t *testing.T) {
	s := open(t)
	weigh := func(target string) int { return s.do("GET", target, "Accept-Encoding", "gzip").Body.Len() }
	rest := 0
	page := s.get(t, "/en/")
	for _, l := range append(append(page.All("link[rel=stylesheet]"), page.All("link[rel=icon]")...), page.All("script")...) {
		w := s.do("GET", l.Get("href")+l.Get("src"), "Accept-Encoding", "gzip")
		if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: status %d, %q", l.Get("href"), w.Code, w.Header().Get("Cache-Control"))
		}
		rest += w.Body.Len()
	}
	for _, c := range lang.All {
		if n := weigh("/"+string(c)+"/") + rest; n > 100_000 {
			t.Errorf("the overview in %s weighs %d bytes", c, n)
		}
		if n := weigh("/"+string(c)+"/pledges/"+s.ID(1)) + rest; n > 40_000 {
			t.Errorf("a pledge in %s weighs %d bytes", c, n)
		}
	}
}

func TestBanners(t *testing.T) {
	for _, c := range []struct {
		name            string
		demo, synthetic bool
	}{{"neither", false, false}, {"demonstration", true, false}, {"synthetic", false, true}} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, func(cfg *web.Config) { cfg.Demo, cfg.Synthetic = c.demo, c.synthetic })
			for _, path := range []string{"/en/", "/en/pledges", "/en/about", "/en/parties/ken"} {
				text := s.get(t, path).First("body").Text()
				if strings.Contains(text, "A demonstration with an incomplete sample from public pages; not a site of the United Nations.") != c.demo || strings.Contains(text, "Synthetic data") != c.synthetic {
					t.Errorf("%s has the wrong banners", path)
				}
			}
		})
	}
}

func TestOperatorSpeaks(t *testing.T) {
	s := open(t, func(cfg *web.Config) {
		cfg.Site = web.Site{Operator: map[lang.Code]string{"en": "Ministry of Examples"}, Mandate: map[lang.Code]string{"en": "at the request of the Assembly"}, MapOff: true}
	})
	d := s.get(t, "/fr/")
	if text := d.First("header").Text(); !strings.Contains(text, "Ministry of Examples, at the request of the Assembly") {
		t.Errorf("the header says %q", text)
	}
	if len(d.All("svg.map")) != 0 {
		t.Error("the map is off and drawn")
	}
	if len(d.All("#main section[aria-labelledby=where] details.twin[open] tbody tr")) == 0 {
		t.Error("the table of the map is gone with it, or folded up")
	}
	where := d.First("section[aria-labelledby=where]").Text()
	if strings.Contains(where, "carte") || len(d.All("section[aria-labelledby=where] .switch a")) != 0 {
		t.Errorf("the map is off and spoken of: %q", where)
	}
}

// An erased pledge answers 410 and says nothing of what it said.
func TestErased(t *testing.T) {
	ctx := context.Background()
	f, err := webtest.Open(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	it, err := f.Index.Snapshot().Pledge(f.ID(webtest.Observer), explore.Query{}, webtest.Today)
	if err != nil {
		t.Fatal(err)
	}
	err = f.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := f.Log.Erase(ctx, tx, register.Erasure{Position: it.Position, Ground: "safety", By: [2]string{"office:secretariat", "office:operator"}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Index.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	entries, err := f.Log.History(ctx, "party:ken")
	if err != nil {
		t.Fatal(err)
	}
	err = f.DB.Write(ctx, func(tx *db.Tx) error {
		for _, e := range entries {
			x := register.Erasure{Position: e.Header.Position, Ground: "a <court>", On: "2026-11-20", By: [2]string{"office:secretariat", "office:operator"}}
			if _, err := f.Log.Erase(ctx, tx, x); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Index.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	s := over(t, f)
	pledge := "/en/pledges/" + f.ID(webtest.Observer)
	for path, says := range map[string][]string{
		pledge:              {"content of this pledge", "erased from the register", "Withheld on 23 November 2026. Ground: <bdi>safety</bdi>"},
		pledge + "/history": {"content of this pledge", "Ground: <bdi>safety</bdi>"},
		"/en/parties/ken":   {"details of this party", "erased from the register", "Withheld on 20 November 2026. Ground: <bdi>a &lt;court&gt;</bdi>"},
	} {
		w := s.do("GET", path)
		if w.Code != 410 || strings.Contains(w.Body.String(), "Shelter") {
			t.Errorf("%s: status %d\n%s", path, w.Code, w.Body)
		}
		for _, words := range says {
			if !strings.Contains(w.Body.String(), words) {
				t.Errorf("%s does not say %q:\n%s", path, words, w.Body)
			}
		}
		if strings.Contains(path, "parties") && strings.Contains(w.Body.String(), "this pledge") {
			t.Errorf("%s speaks of a pledge", path)
		}
	}
	for path, withheld := range map[string]bool{"/en/": true, "/en/?at=" + strconv.FormatInt(f.Size, 10): true, "/en/?at=1": false} {
		if text := s.get(t, path).First(".asof").Text(); strings.Contains(text, "content is withheld: "+strconv.Itoa(1+len(entries))) != withheld {
			t.Errorf("%s says %q", path, text)
		}
	}
}

// Whatever size a view is tied to, its citation has the root hash of that size.
func TestCitationsHaveTheirRoot(t *testing.T) {
	s := open(t)
	for _, size := range []int64{1, 7, s.Size} {
		root, err := s.Log.Root(context.Background(), size)
		if err != nil {
			t.Fatal(err)
		}
		path := "/en/?at=" + strconv.FormatInt(size, 10)
		if text := s.get(t, path).First(".asof").Text(); !strings.Contains(text, base64.StdEncoding.EncodeToString(root[:])) {
			t.Errorf("%s does not have the root at its size: %q", path, text)
		}
	}
}

// The page about the site has the key that the register is signed with, and commands to use it.
func TestAboutHasTheKey(t *testing.T) {
	s := open(t)
	text := s.get(t, "/en/about").First("#main").Text()
	for _, want := range []string{s.Log.Key(), "stocktake verify register.jsonl --key '" + s.Log.Key() + "'", "stocktake verify receipt.json --key '" + s.Log.Key() + "'"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestDemonstrationSaysThatItIsASample(t *testing.T) {
	const words = "an incomplete sample from public pages"
	for _, demo := range []bool{true, false} {
		s := open(t, func(c *web.Config) { c.Demo = demo })
		if text := s.get(t, "/en/").First(".asof").Text(); strings.Contains(text, words) != demo {
			t.Errorf("demo %v: %q", demo, text)
		}
	}
	s := open(t, func(c *web.Config) { c.Demo, c.Synthetic = true, true })
	if text := s.get(t, "/en/").First(".asof").Text(); strings.Contains(text, words) {
		t.Errorf("synthetic data is called a sample: %q", text)
	}
}

func TestMapHasAKeyForItsRings(t *testing.T) {
	if text := open(t).get(t, "/en/").First("figcaption").Text(); !strings.Contains(text, "Small States and islands") {
		t.Errorf("the key of the map is %q", text)
	}
}

// Where there is no pledge at all, the page says why.
func TestWhyThereIsNone(t *testing.T) {
	ctx := context.Background()
	f, err := webtest.Empty(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	err = f.DB.Write(ctx, func(tx *db.Tx) error {
		for _, status := range []string{"published", "withdrawn"} {
			day := map[string]string{"published": "2022-05-01", "withdrawn": "2024-01-01"}[status]
			payload := `{"schema":1,"id":"` + f.ID(1) + `","status":"` + status + `","title":"Shelter","text":"Shelter.","parties":["ken"],"form":"individual"}`
			if _, err := f.Log.Append(ctx, tx, register.Draft{Actor: "office:secretariat", Kind: "pledge", Subject: "pledge:" + f.ID(1), Effective: day, Payload: []byte(payload)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Index.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	s := over(t, f)
	for query, want := range map[string]string{
		"":                  "All pledges have been withdrawn or replaced.",
		"?as_of=1900-01-01": "No pledge had been made public by 1 January 1900.",
		"?nature=policy":    "No pledge matches what you asked for.",
	} {
		if text := s.get(t, "/en/"+query).First("h1").Text(); text != want {
			t.Errorf("%q opens with %q, not %q", query, text, want)
		}
		list := s.get(t, "/en/pledges"+query).First(".empty").Text()
		if query != "?nature=policy" && list != want {
			t.Errorf("the list of %q says %q", query, list)
		}
	}
	if text := s.get(t, "/en/?as_of=2023-01-01").First("h1").Text(); !strings.HasPrefix(text, "1 pledge") {
		t.Errorf("while it stood: %q", text)
	}
}

func TestEmptyRegister(t *testing.T) {
	f, err := webtest.Empty(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	s := over(t, f, func(c *web.Config) { c.Demo = true })
	for _, c := range lang.All {
		for _, path := range []string{"/", "/pledges", "/parties", "/objectives", "/objectives/1", "/about"} {
			checkPage(t, s.get(t, "/"+string(c)+path), c)
		}
	}
	if text := s.get(t, "/en/").First("h1").Text(); text != "No pledge has been published yet." {
		t.Errorf("the opening sentence is %q", text)
	}
}
