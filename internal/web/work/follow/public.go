package follow

import (
	"context"
	"sync"

	"stocktake/internal/db"
	"stocktake/internal/pledge/followup"
	"stocktake/internal/web/work/kit"
)

// publicPage tells everybody how many parties nobody can be asked about, and never which.
type publicPage struct {
	Count int
	Day   string
}

// daily keeps the count of a day. Whoever watched a number that moves at once could tell which
// party has just lost its contact; and the question goes through all pledges that run.
type daily struct {
	mu  sync.Mutex
	day string
	n   int
}

func (d *daily) count(ctx context.Context, office *followup.Office, day string) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.day == day {
		return d.n, nil
	}
	err := office.DB.Read(ctx, func(tx *db.Tx) (err error) {
		d.n, err = office.WithoutContact(ctx, tx, day)
		return err
	})
	if err == nil {
		d.day = day
	}
	return d.n, err
}

// public is no page of the public record: the register knows no contacts, so what it says cannot
// be read off the register. It stands with the workspace, and nothing keeps a copy of it.
func (a area) public(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	n, err := a.unreached.count(r.Context(), a.office, r.Today)
	if err != nil {
		return nil, err
	}
	return kit.Page{Name: "public", Title: "follow.public.title", Data: &publicPage{Count: n, Day: r.P.Date(r.Today)}}, nil
}
