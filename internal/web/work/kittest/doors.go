package kittest

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/web/work/kit"
)

// Doors tries every route of the areas as everybody: who may do what the route names to
// anything at all comes in, others are refused, and nobody is asked to sign in and comes back.
// It reads the rules from access.Policy itself. What is done inside to one thing is for the
// tests of the areas.
func Doors(t *testing.T, areas ...kit.Area) {
	t.Helper()
	const in = `"in"`
	var doors []kit.Area
	for _, a := range areas {
		a.Routes = slices.Clone(a.Routes)
		for i := range a.Routes {
			a.Routes[i].Serve = func(*kit.Kit, *kit.Request) (kit.Answer, error) { return kit.JSON{Value: "in"}, nil }
		}
		doors = append(doors, a)
	}
	s := New(t).Serve(doors...)
	readers := map[string]*Reader{}
	for _, who := range Everybody {
		readers[who] = s.As(who)
	}
	for _, a := range doors {
		for _, route := range a.Routes {
			if route.Action != "" && !slices.Contains(access.Actions, route.Action) {
				t.Errorf("%s %s: the policy does not know %q", route.Method, route.Path, route.Action)
			}
			path := blank.ReplaceAllString(route.Path, "x")
			for _, who := range Everybody {
				p := readers[who].Do(route.Method, path, "application/x-www-form-urlencoded", nil)
				name := route.Method + " " + route.Path + " as " + who
				switch {
				case allowed(s.People[who], route.Action, webToday(s)):
					if p.Status != 200 || p.Body != in {
						t.Errorf("%s is refused with %d", name, p.Status)
					}
				case who == Nobody && route.Method == "GET":
					if want := "/en/sign-in?next=" + url.QueryEscape(path); p.Status != 303 || p.Header.Get("Location") != want {
						t.Errorf("%s: %d to %q, want %q", name, p.Status, p.Header.Get("Location"), want)
					}
				case who == Nobody && p.Status != 401, who != Nobody && p.Status != 403, strings.Contains(p.Body, in):
					t.Errorf("%s: %d", name, p.Status)
				}
			}
		}
	}
}

var blank = regexp.MustCompile(`\{[^}]*\}`)

func webToday(s *Site) string { return s.Clock().UTC().Format("2006-01-02") }

// allowed reads the policy: an action is open where nothing is asked for, else to whoever holds
// a role that some rule names, or has an account where a rule names none.
func allowed(p access.Person, a access.Action, day string) bool {
	if a == "" {
		return true
	}
	for _, r := range access.Policy {
		if r.Do != a || !p.Known() {
			continue
		}
		if len(r.Roles) == 0 || slices.ContainsFunc(r.Roles, func(role access.Role) bool { return p.Has(role, day) }) {
			return true
		}
	}
	return false
}
