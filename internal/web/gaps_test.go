package web_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// A gap is named, and leads to where nothing is found; how many there are leads to all objectives there.
func TestGapsAreNamedAndKeepTheirPlace(t *testing.T) {
	s := open(t)
	codes := map[string]string{"Africa": "002", "Americas": "019", "Asia": "142", "Europe": "150", "Oceania (the Pacific)": "009"}
	for _, cover := range []string{"region", "party_region"} {
		lines := s.get(t, "/en/?nature=policy&cover="+cover).All(".gaps li")
		if len(lines) != len(codes) {
			t.Errorf("%s: gaps in %d places", cover, len(lines))
		}
		for _, li := range lines {
			where, _, _ := strings.Cut(li.Text(), ":")
			links := li.All("a")
			if len(links) == 0 {
				t.Errorf("%s: %q leads nowhere", cover, li.Text())
			}
			for i, a := range links {
				to, err := url.Parse(a.Get("href"))
				if err != nil {
					t.Fatal(err)
				}
				if q := to.Query(); q.Get(cover) != codes[where] || q.Get("nature") != "policy" {
					t.Errorf("%s, %s: %q leads to %s", cover, where, a.Text(), to)
				}
				found := s.get(t, a.Get("href")).First("[data-total]").Get("data-total")
				if i == 0 { // the objectives that are named there, and those that are not, are all of them
					there, _ := strconv.Atoi(found)
					missing, _ := strconv.Atoi(a.Text())
					if there+missing != len(s.Pack.Objectives) || there > 0 && missing != len(links)-1 {
						t.Errorf("%s: %q, and %s shows %d", cover, li.Text(), to, there)
					}
					continue
				}
				if found != "0" {
					t.Errorf("%s, %s: %s finds %s", cover, where, to, found)
				}
				if title := a.Get("title"); !strings.HasPrefix(title, a.Text()+" ") || !strings.Contains(title, where) || title != a.Get("aria-label") {
					t.Errorf("%s, %s: %q is named %q", cover, where, a.Text(), title)
				}
			}
		}
	}
}
