package e2e_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"stocktake/internal/lang"
)

// kind is one kind of page, in one of the states that it can be in.
type kind struct {
	name   string
	path   string // without the language
	status int
}

// in is the address of the page in a language.
func (k kind) in(c lang.Code) string { return "/" + string(c) + k.path }

const elsewhere = "/pledges?q=health+*"

var kindsMu sync.Mutex

// kinds lists every kind of page of a server, in every state that is drawn differently: plain,
// filtered, in the past, with no result, and the pages that say no.
func (s *server) kinds(tb testing.TB) []kind {
	tb.Helper()
	kindsMu.Lock()
	defer kindsMu.Unlock()
	if s.kind != nil {
		return s.kind
	}
	id := s.first(tb, "/en/pledges", `href="/en/pledges/([A-Z]+-\d{4,})"`)
	party := s.first(tb, "/en/parties", `href="/en/parties/([a-z0-9-]+)"`)
	_, body, _ := s.get(tb, "/en/parties?party_kind=local_authority")
	all := []kind{
		{"dashboard", "/", 200},
		{"dashboard filtered", "/?nature=policy&objective=7&objective=21", 200},
		{"dashboard of implementation", "/?view=implementation", 200},
		{"dashboard of the past", "/?as_of=2022-05-20", 200},
		{"dashboard with nothing", "/?q=zzzzqqqq", 200},
		{"dashboard, gaps by regional commission", "/?cover=commission", 200},
		{"dashboard compared", "/?since=2022-05-20&as_of=2026-06-30", 200},
		{"changes", "/changes?since=2022-05-20", 200},
		{"changes of one kind", "/changes?since=2022-05-20&show=new", 200},
		{"pledges", "/pledges", 200},
		{"pledges filtered", "/pledges?party_kind=member_state&sort=title&stage=unreported", 200},
		{"pledges, second page", "/pledges?page=2", 200},
		{"pledges with nothing", "/pledges?q=zzzzqqqq&nature=policy", 200},
		{"pledge", "/pledges/" + id, 200},
		{"history", "/pledges/" + id + "/history", 200},
		{"parties", "/parties", 200},
		{"parties that are States", "/parties?show=states", 200},
		{"party", "/parties/" + party, 200},
		{"objectives", "/objectives", 200},
		{"objective", "/objectives/7", 200},
		{"about", "/about", 200},
		{"figures", "/about/figures", 200},
		{"no such page", "/no/such/page", 404},
		{"no such pledge", "/pledges/" + regexp.MustCompile(`\d+`).ReplaceAllString(id, "9999"), 404},
		{"a bad filter", "/pledges?nature=golden&as_of=tomorrow", 400},
	}
	// Each row says where words stand that it does not show, and a hint says what the star is for.
	if _, body, _ := s.get(tb, "/en"+elsewhere); strings.Contains(body, `class="small found"`) {
		all = append(all, kind{"pledges with words found elsewhere", elsewhere, 200})
	}
	if city := regexp.MustCompile(`href="/en/parties/([a-z0-9-]+)"`).FindStringSubmatch(body); city != nil {
		all = append(all, kind{"city", "/parties/" + city[1], 200})
	}
	s.kind = all
	return all
}

// first is what the pattern's group matches first in a page.
func (s *server) first(tb testing.TB, path, pattern string) string {
	tb.Helper()
	status, body, _ := s.get(tb, path)
	found := regexp.MustCompile(pattern).FindStringSubmatch(body)
	if status != 200 || found == nil {
		tb.Fatalf("%s%s: status %d, nothing matches %s", s.name, path, status, pattern)
	}
	return found[1]
}

// special are the pages that only one language has: Arabic with its own digits.
func special(c lang.Code) []kind {
	if c != lang.AR {
		return nil
	}
	return []kind{
		{"dashboard with Arabic digits", "/?digits=arab", 200},
		{"pledges with Arabic digits", "/pledges?digits=arab&nature=policy", 200},
		{"changes with Arabic digits", "/changes?since=2022-05-20&digits=arab", 200},
	}
}

// find is the kind of that name.
func (s *server) find(tb testing.TB, name string) kind {
	tb.Helper()
	for _, k := range s.kinds(tb) {
		if k.name == name {
			return k
		}
	}
	tb.Fatalf("no kind of page is called %q", name)
	return kind{}
}

// walk runs a test for every kind of page in every language; languages go in parallel, each
// in a tab of its own.
func (s *server) walk(t *testing.T, visit func(t *testing.T, c lang.Code) func(t *testing.T, k kind)) {
	t.Helper()
	kinds := s.kinds(t)
	for _, c := range lang.All {
		t.Run(string(c), func(t *testing.T) {
			t.Parallel()
			see := visit(t, c)
			for _, k := range append(slices.Clone(kinds), special(c)...) {
				t.Run(strings.ReplaceAll(k.name, " ", "_"), func(t *testing.T) { see(t, k) })
			}
		})
	}
}

// states are pages of pledges in the states that the demonstration does not have. What is not
// in the totals is not in the list either, so that the ids are tried one by one.
func (s *server) states(tb testing.TB) []kind {
	tb.Helper()
	var all []kind
	wanted := []struct{ name, sign string }{
		{"a withdrawn pledge", `class="notice" role="note"`},
		{"a pledge with reports", `mark-fulfilled`},
		{"a discontinued pledge", `mark-discontinued`},
		{"a pledge of many parties", `(?s)(<dd><a href="/en/parties/[^<]*<bdi>.*){5}`},
		{"a pledge with money", `[0-9],[0-9]{3}.*(USD|EUR|CHF|SEK|GBP|dollars|euros)`},
		{"a translated pledge", `<details class="original">`},
	}
	serial := regexp.MustCompile(`\d{4,}$`)
	last := s.first(tb, "/en/pledges", `href="/en/pledges/([A-Z]+-\d{4,})"`)
	for n, misses := 1, 0; misses < 20 && len(wanted) > 0; n++ {
		path := "/pledges/" + serial.ReplaceAllString(last, fmt.Sprintf("%04d", n))
		status, body, _ := s.get(tb, "/en"+path)
		if status != 200 {
			misses++
			continue
		}
		misses = 0
		for i := 0; i < len(wanted); i++ {
			if regexp.MustCompile(wanted[i].sign).MatchString(body) {
				all = append(all, kind{wanted[i].name, path, 200}, kind{wanted[i].name + ", its history", path + "/history", 200})
				wanted = append(wanted[:i], wanted[i+1:]...)
				i--
			}
		}
	}
	for _, w := range wanted {
		tb.Errorf("%s has no page of %s", s.name, w.name)
	}
	return all
}

func sample(list []string, n int) string {
	if len(list) > n {
		return fmt.Sprintf("%s\n  … and %d more", strings.Join(list[:n], "\n  "), len(list)-n)
	}
	return strings.Join(list, "\n  ")
}
