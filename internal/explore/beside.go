package explore

import (
	"cmp"
	"slices"
	"strings"

	"stocktake/internal/pledge"
)

// notice is an entry that stands beside the pledges: the figures of a day, or an announcement. No
// set, count or list of pledges knows of it. There are hundreds of them, not millions, and a view
// looks through all.
type notice struct {
	span
	subject      string
	number       int                  // of the version
	figures      *pledge.Figures      // one of the two;
	announcement *pledge.Announcement // neither where it is withheld
}

func (f *folded) addNotice(at span, w *work) {
	h := w.entry.Header
	f.notices = append(f.notices, notice{at, strings.Clone(h.Subject), h.Version, w.figures, w.announcement})
}

func (f *folded) withholdNotice(pos uint32) {
	i := slices.IndexFunc(f.notices, func(n notice) bool { return n.pos == pos })
	if i < 0 {
		return
	}
	f.notices = slices.Clone(f.notices) // older snapshots have the list, too
	f.notices[i].figures, f.notices[i].announcement = nil, nil
}

// standingNotices are the versions of each subject of a kind that a view sees, the one that stands
// first. A subject of which that one is withheld is not among them.
func (f *folded) standingNotices(kind string, size uint32, as day) (all [][]*notice) {
	place := map[string]int{}
	for i := range f.notices {
		n := &f.notices[i]
		if !strings.HasPrefix(n.subject, kind+":") || !n.visible(size, as) {
			continue
		}
		k, known := place[n.subject]
		if !known {
			k = len(all)
			place[n.subject] = k
			all = append(all, nil)
		}
		all[k] = append(all[k], n)
	}
	for _, versions := range all {
		slices.SortFunc(versions, func(a, b *notice) int {
			return cmp.Or(cmp.Compare(b.eff, a.eff), cmp.Compare(b.pos, a.pos))
		})
	}
	return slices.DeleteFunc(all, func(versions []*notice) bool {
		return versions[0].figures == nil && versions[0].announcement == nil
	})
}

// Figures are the figures of a day as the register has them.
type Figures struct {
	pledge.Figures
	Position int64
	Version  int
	Since    string    // the day on which they were published
	Earlier  []Figures // the versions that were corrected, the newest first
}

// Figures lists the days for which figures were published, the newest first, as the moment of a
// query sees them. Its filters do not matter: figures speak of all submissions.
func (s *Snapshot) Figures(q Query, today string) ([]Figures, error) {
	b, err := s.baseOf(q, today)
	if err != nil {
		return nil, err
	}
	var days []Figures
	for _, versions := range s.standingNotices(pledge.FiguresKind, b.size, b.day) {
		var all []Figures
		for _, n := range versions {
			if n.figures != nil {
				all = append(all, Figures{*n.figures, int64(n.pos), n.number, n.eff.String(), nil})
			}
		}
		all[0].Earlier = all[1:]
		days = append(days, all[0])
	}
	slices.SortFunc(days, func(a, b Figures) int { return strings.Compare(b.On, a.On) })
	return days, nil
}

// Announcement is an announcement as the register has it.
type Announcement struct {
	pledge.Announcement
	ID       string // "ken/1"
	Position int64
	Since    string // the day on which it was published
}

// Announcements lists what was announced and whose text is awaited, the newest first, as the
// moment of a query sees it. Its filters do not matter: there is nothing to filter by.
func (s *Snapshot) Announcements(q Query, today string) ([]Announcement, error) {
	b, err := s.baseOf(q, today)
	if err != nil {
		return nil, err
	}
	var awaited []Announcement
	for _, versions := range s.standingNotices(pledge.AnnouncementKind, b.size, b.day) {
		n := versions[0]
		if n.announcement.Status == pledge.Awaited {
			_, id, _ := strings.Cut(n.subject, ":")
			awaited = append(awaited, Announcement{*n.announcement, id, int64(n.pos), n.eff.String()})
		}
	}
	slices.SortFunc(awaited, func(a, b Announcement) int {
		return cmp.Or(strings.Compare(b.On, a.On), cmp.Compare(b.Position, a.Position))
	})
	return awaited, nil
}

// Answers names the announcements that a pledge answers ("ken/1"), as the moment of a query sees it.
func (s *Snapshot) Answers(id string, q Query, today string) ([]string, error) {
	b, err := s.baseOf(q, today)
	if err != nil {
		return nil, err
	}
	var answered []string
	for i := range s.notices {
		n := &s.notices[i]
		if n.announcement == nil || n.announcement.Pledge != id || !n.visible(b.size, b.day) {
			continue
		}
		if _, id, _ := strings.Cut(n.subject, ":"); !slices.Contains(answered, id) {
			answered = append(answered, id)
		}
	}
	return answered, nil
}
