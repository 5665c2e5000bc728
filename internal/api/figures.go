package api

import (
	"context"
	"slices"

	"stocktake/internal/errs"
	"stocktake/internal/explore"
)

// FiguresList is the figures of submissions that were published, the newest day first.
type FiguresList struct {
	Seen
	Items []FiguresOfDay `json:"items"`
}

// FiguresOfDay count submissions at the end of a day.
type FiguresOfDay struct {
	On          string         `json:"on" format:"date" doc:"The day at whose end was counted"`
	Received    int            `json:"received" minimum:"0" doc:"Submitted by then, each once; announcements without a text and imported pledges are left out"`
	InReview    int            `json:"in_review" minimum:"0" doc:"Of those received: with the secretariat"`
	Returned    int            `json:"returned" minimum:"0" doc:"Of those received: with their parties again"`
	Published   int            `json:"published" minimum:"0" doc:"Of those received: published by then, whatever became of them later"`
	SetAside    *int           `json:"set_aside,omitempty" minimum:"0" doc:"Of those received: set aside; absent where that is not public"`
	EffectiveOn string         `json:"effective_on" format:"date" doc:"The day on which this was published"`
	Version     int            `json:"version" minimum:"1"`
	Position    int64          `json:"position" minimum:"0" doc:"Of the entry in the register"`
	Corrected   []FiguresOfDay `json:"corrected,omitempty" doc:"What had been published for the day before, the newest first"`
}

func figuresOf(f explore.Figures) FiguresOfDay {
	out := FiguresOfDay{
		On: f.On, Received: f.Received, InReview: f.InReview, Returned: f.Returned, Published: f.Published, SetAside: f.SetAside,
		EffectiveOn: f.Since, Version: f.Version, Position: f.Position,
	}
	for _, old := range f.Earlier {
		out.Corrected = append(out.Corrected, figuresOf(old))
	}
	return out
}

func (d *door) figures(ctx context.Context, q *question) (any, error) {
	days, err := q.snap.Figures(q.moment(), q.today)
	if err != nil {
		return nil, err
	}
	out := FiguresList{Items: []FiguresOfDay{}}
	for _, f := range days {
		out.Items = append(out.Items, figuresOf(f))
	}
	out.Seen, _, err = d.seen(ctx, q, q.asOf(), q.size())
	return out, err
}

func (d *door) figuresReceipt(ctx context.Context, q *question) (any, error) {
	days, err := q.snap.Figures(q.moment(), q.today)
	if err != nil {
		return nil, err
	}
	on := q.req.PathValue("day")
	i := slices.IndexFunc(days, func(f explore.Figures) bool { return f.On == on })
	if i < 0 {
		return nil, errs.New(errs.NotFound, "no figures were published for %q", on)
	}
	r, err := d.Log.Receipt(ctx, days[i].Position)
	if err != nil {
		return nil, err
	}
	if r.Erasure != nil { // since the snapshot was made
		return nil, errs.New(errs.Gone, "the figures of %s were erased", on)
	}
	return some(r.JSON())
}
