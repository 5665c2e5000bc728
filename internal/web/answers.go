package web

import (
	"sync"

	capability "stocktake/internal/pledge"
	"stocktake/internal/web/page"
)

// answers knows which pledges answer which: a pledge names the one that it matches, and the
// page of that one names it in turn. It is worked out once for each size of the register and
// day; a page of the past works it out for itself.
type answers struct {
	mu    sync.Mutex
	size  int64
	today string
	byID  map[string][]string
}

// of lists the pledges that answer the one with the id, at the reader's moment.
func (a *answers) of(r *page.Reader, id string) ([]string, error) {
	if r.Query.AsOf != "" || r.Query.At > 0 {
		all, err := answering(r)
		return all[id], err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byID == nil || a.size != r.Snap.Size() || a.today != r.Today {
		all, err := answering(r)
		if err != nil {
			return nil, err
		}
		a.size, a.today, a.byID = r.Snap.Size(), r.Today, all
	}
	return a.byID[id], nil
}

// answering are all matching pledges at the reader's moment, by what they match.
func answering(r *page.Reader) (map[string][]string, error) {
	v, err := r.View(r.Pin().With("form", string(capability.Matching)))
	if err != nil {
		return nil, err
	}
	const chunk = 1000
	byID := map[string][]string{}
	for from := 0; from < v.Totals.Pledges; from += chunk {
		for _, it := range v.Items(from, chunk) {
			byID[it.Pledge.Matches] = append(byID[it.Pledge.Matches], it.Pledge.ID)
		}
	}
	return byID, nil
}
