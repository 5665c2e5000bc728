package my

import (
	"slices"
	"sync"

	"stocktake/internal/explore"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/advice"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/text"
	"stocktake/internal/web/page"
	"stocktake/internal/web/work/kit"
)

// Beside is what stands beside a step of the form and is made anew whenever it saves itself: what
// the check says of the text, and what is there already.
type Beside struct {
	Score  string
	Points []PointLine // of what this step asks for
	Scope  *ScopeLine
	Same   []Similar // of the same party, in nearly the same words
	Near   []Similar // of others, on the same objectives
}

// pointsOf says beside which step each point of the advice is told.
var pointsOf = map[string][]string{
	"what":  {"advice.action", "advice.quantity"},
	"about": {"advice.place"},
	"when":  {"advice.deadline", "advice.steps", "advice.indicator", "advice.resources"},
}

// beside is nil for a step that has nothing to do with the text.
func (a *area) beside(r *kit.Request, s intake.Submission, step string) (*Beside, error) {
	mine, some := pointsOf[step]
	if !some {
		return nil, nil
	}
	b := &Beside{Score: r.T("my.advice.score.of", "n", advice.Assess(s.Pledge).Score)}
	for _, p := range points(r, s) {
		if slices.Contains(mine, p.Key) {
			b.Points = append(b.Points, p)
		}
	}
	if step == "when" {
		return b, nil
	}
	b.Scope = scope(r, s.Pledge)
	var err error
	b.Same, b.Near, err = a.similar(r, s)
	return b, err
}

// besideRegion is the template of it, which is also what the script calls it.
const besideRegion = "beside"

// anew is what stands beside a step, for the script that has just saved it; nil where it does not
// ask.
func (a *area) anew(r *kit.Request, s intake.Submission, step string) (*kit.Region, error) {
	if !r.Wants(besideRegion) {
		return nil, nil
	}
	b, err := a.beside(r, s, step)
	if b == nil || err != nil {
		return nil, err
	}
	return &kit.Region{Page: "step", Template: besideRegion, Data: b, Says: b.Score}, nil
}

const (
	mostSimilar  = 5
	mostCompared = 200
	nearlySame   = 0.5 // of the words of the shorter text
)

// similar looks among public pledges alone: what others are drafting is nobody's to know.
func (a *area) similar(r *kit.Request, s intake.Submission) (same, near []Similar, err error) {
	rd, all, err := a.public(r)
	if err != nil {
		return nil, nil, err
	}
	line := func(it *explore.Item) Similar {
		return Similar{ID: it.Pledge.ID, Href: rd.PledgeLink(it.Pledge.ID), Party: rd.NameOf(all, it.Pledge.Parties[0]), Title: page.Say(it.Pledge.Title, it.Pledge.Language)}
	}
	own := termsOf(s.Pledge)
	of, err := rd.View(explore.Query{}.With("party", s.Lead))
	if err != nil {
		return nil, nil, err
	}
	for _, it := range of.Items(0, mostCompared) {
		if it.Pledge.ID != s.Published && len(same) < mostSimilar && overlap(own, a.terms.of(it)) >= nearlySame {
			same = append(same, line(it))
		}
	}
	if len(s.Pledge.Objectives) == 0 {
		return same, nil, nil
	}
	q := explore.Query{}.With("objective", texts(s.Pledge.Objectives)...)
	if len(s.Pledge.Countries) > 0 {
		q = q.With("country", s.Pledge.Countries...)
	}
	others, err := rd.View(q)
	if err != nil {
		return nil, nil, err
	}
	type scored struct {
		it    *explore.Item
		share float64
	}
	var found []scored
	for _, it := range others.Items(0, mostCompared) {
		if it.Pledge.ID != s.Published && !slices.Contains(it.Pledge.Parties, s.Lead) {
			found = append(found, scored{it, overlap(own, a.terms.of(it))})
		}
	}
	slices.SortStableFunc(found, func(x, y scored) int {
		switch {
		case x.share > y.share:
			return -1
		case x.share < y.share:
			return 1
		}
		return 0
	})
	for _, x := range found[:min(len(found), mostSimilar)] {
		near = append(near, line(x.it))
	}
	return same, near, nil
}

// terms remembers the words of public pledges: they are compared whenever a form saves itself.
type terms struct {
	mu    sync.Mutex
	known map[version]map[string]bool
}

type version struct {
	id string
	n  int
}

const mostTerms = 2000 // pledges remembered, some 10 KB each

func (t *terms) of(it *explore.Item) map[string]bool {
	key := version{it.Pledge.ID, it.Version}
	t.mu.Lock()
	known, ok := t.known[key]
	t.mu.Unlock()
	if ok {
		return known
	}
	known = termsOf(it.Pledge)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= mostTerms {
		t.known = map[version]map[string]bool{}
	}
	t.known[key] = known
	return known
}

// termsOf are the different words of a pledge, as search knows them.
func termsOf(p pledge.Pledge) map[string]bool {
	out := map[string]bool{}
	for _, t := range text.Tokens(p.Language, p.Title+"\n"+p.Text) {
		out[t.Term] = true
	}
	return out
}

// overlap is the share of the smaller set that the other has too.
func overlap(a, b map[string]bool) float64 {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 0 {
		return 0
	}
	n := 0
	for t := range a {
		if b[t] {
			n++
		}
	}
	return float64(n) / float64(len(a))
}
