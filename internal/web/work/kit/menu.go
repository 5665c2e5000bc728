package kit

import (
	"slices"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/web/page"
)

// HomeOf is where a person's work is: the first page of the menu that they can enter. Without
// the language.
func (k *Kit) HomeOf(p access.Person, day string) string {
	if len(p.Waiting) > 0 {
		return access.ConfirmPath
	}
	for _, e := range k.menu {
		if e.action != "" && access.Could(p, e.action, day) {
			return e.Path
		}
	}
	return access.AccountPath
}

// section is an entry of the menu with those whose paths lie below its own: "/desk" with
// "/desk/calls" and "/desk/people". Who may not enter the upper one has the lower ones side by
// side instead.
type section struct {
	menuEntry
	below []menuEntry
}

// sections are those that the person may enter, in the order of the menu.
func (k *Kit) sections(r *Request) (all []section) {
	var open []menuEntry
	for _, e := range k.menu {
		if r.Person.Known() && (e.action == "" || r.Could(e.action)) {
			open = append(open, e)
		}
	}
	for _, e := range open {
		if over(open, e.Path) == "" {
			all = append(all, section{menuEntry: e})
		}
	}
	for i := range all {
		for _, e := range open {
			if over(open, e.Path) == all[i].Path {
				all[i].below = append(all[i].below, e)
			}
		}
	}
	return all
}

// over is the shortest path of the menu under which a path lies; "" where there is none.
func over(open []menuEntry, path string) (found string) {
	for _, e := range open {
		if strings.HasPrefix(path, e.Path+"/") && (found == "" || len(e.Path) < len(found)) {
			found = e.Path
		}
	}
	return found
}

// menuFor lists where the person may go: the sections, and beneath them what belongs to the one
// that they are in. Nobody may go anywhere.
func (k *Kit) menuFor(r *Request) (top, inside []page.Item) {
	top = []page.Item{}
	within := func(path string) bool { return r.Path == path || strings.HasPrefix(r.Path, path+"/") }
	for _, s := range k.sections(r) {
		item := page.Item{Href: r.Link(s.Path), Text: r.T(s.Key), Current: within(s.Path) || slices.ContainsFunc(s.Also, within)}
		if len(s.below) > 0 {
			if key := "work.section." + strings.TrimPrefix(s.Path, "/"); r.P.Has(key) {
				item.Text = r.T(key)
			}
		}
		top = append(top, item)
		if !item.Current || len(s.below) == 0 {
			continue
		}
		current := s.Path
		for _, e := range s.below {
			if (within(e.Path) || slices.ContainsFunc(e.Also, within)) && len(e.Path) > len(current) {
				current = e.Path
			}
		}
		for _, e := range append([]menuEntry{s.menuEntry}, s.below...) {
			inside = append(inside, page.Item{Href: r.Link(e.Path), Text: r.T(e.Key), Current: e.Path == current})
		}
	}
	return top, inside
}
