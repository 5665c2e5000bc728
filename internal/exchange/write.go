package exchange

import (
	"context"
	"fmt"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/pledge"
)

// writer publishes staged rows in one transaction.
type writer struct {
	*stage
	batch *pledge.Batch
	found *findings
	sum   *Summary
}

// write publishes what was staged. A row that the register refuses (its pledge was withdrawn,
// its key belongs to another) is a finding.
func (s *stage) write(ctx context.Context, tx *db.Tx, book pledge.Book, in Import, found *findings, sum *Summary) error {
	batch, err := book.Import(ctx, tx, in.Actor)
	if err != nil {
		return err
	}
	w := writer{stage: s, batch: batch, found: found, sum: sum}
	for _, code := range s.resolver.order {
		p := s.resolver.made[code]
		changed, err := batch.Party(p.Effective, p.Party)
		if err != nil {
			return fmt.Errorf("row %d: %w", p.Row, err)
		}
		if changed {
			sum.Parties++
		}
	}
	var done int64
	err = s.each(func(rows []staged) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.expect(rows); err != nil {
			return err
		}
		for _, row := range rows {
			if err := w.row(row); err != nil {
				return err
			}
		}
		if done += int64(len(rows)); in.Report != nil && !s.trial {
			in.Report(Writing, done, int64(s.good))
		}
		return nil
	})
	if err != nil || s.trial {
		return err
	}
	return batch.Finish()
}

// expect announces the pledges that are new and bring an id.
func (w writer) expect(rows []staged) error {
	var ids []string
	for _, row := range rows {
		if id := row.Pledge.ID; id != "" {
			known, err := w.batch.Has(id)
			if err != nil {
				return err
			}
			if !known {
				ids = append(ids, id)
			}
		}
	}
	return w.batch.Expect(ids...)
}

func (w writer) row(row staged) error {
	err := w.put(row)
	switch {
	case err == nil:
		return nil
	case errs.Is(err, errs.Invalid):
		fields := errs.FieldsOf(err)
		if len(fields) == 0 {
			break
		}
		list := make([]Finding, len(fields))
		for i, f := range fields {
			list[i] = finding(row.Row, f)
		}
		return w.found.add(list...)
	case errs.Is(err, errs.Conflict), errs.Is(err, errs.Gone), errs.Is(err, errs.TooLarge):
		return w.found.add(Finding{Row: row.Row, Column: "id", Value: row.Pledge.ID, Expected: "cannot be published: " + err.Error()})
	}
	return fmt.Errorf("row %d: %w", row.Row, err)
}

// suppose takes for granted, in a trial, what a bad row will bring once it is mended.
func (w writer) suppose(row *staged) {
	if m := row.Pledge.Money; m != nil && w.unsure[m.Recipient] {
		m.Recipient = ""
	}
}

// put publishes one row: the pledge, then what stands beside it.
func (w writer) put(row staged) error {
	if w.trial {
		w.suppose(&row)
	}
	if id := row.Pledge.Matches; id != "" && !w.ids[id].good {
		known, err := w.batch.Has(id)
		if err != nil {
			return err
		}
		if _, bad := w.ids[id]; !known && !(w.trial && bad) {
			return errs.InvalidFields(errs.Field{Field: "matches", Value: id, Message: "must be the id of a pledge in the register or in this file"})
		}
	}
	out, err := w.batch.Put(pledge.Offer{Pledge: row.Pledge, Key: row.Key, Effective: row.Effective, Carry: row.carry})
	if err != nil {
		return err
	}
	first := "" // the day of what a new pledge brings along: its own; today for the others
	switch out.What {
	case pledge.Created:
		w.sum.New++
		first = row.Effective
	case pledge.Revised:
		w.sum.Revised++
	default:
		w.sum.Unchanged++
	}
	if err := w.progress(out.ID, first, row); err != nil {
		return err
	}
	for _, tr := range row.Translations {
		translated, err := w.batch.Translated(first, tr.of(out.ID))
		if err != nil {
			return err
		}
		if translated.What != pledge.Unchanged {
			w.sum.Translations++
		}
	}
	return nil
}

func (w writer) progress(id, first string, row staged) error {
	if row.Stage != "" {
		day := first
		if row.StageOn != "" {
			day = publicDay(row.StageOn, w.today)
		}
		out, err := w.batch.Progress(day, id, row.Stage, row.StageOn)
		if err == nil && out.What != pledge.Unchanged {
			w.sum.Reports++
		}
		return err
	}
	if len(row.Reports) == 0 {
		return nil
	}
	for i := range row.Reports {
		row.Reports[i].Pledge = id
	}
	n, err := w.batch.Reports(id, row.Reports, func(i int) string { return row.reportDay(i, first, w.today) })
	w.sum.Reports += n
	return err
}

// reportDay is the day on which the i-th report of a row became public: that of the last where
// the file says so; of the others the day that they speak of, but not after the last.
func (s staged) reportDay(i int, first, today string) string {
	day := first
	if on := s.Reports[i].On; on != "" {
		day = publicDay(on, today)
	}
	switch last := i == len(s.Reports)-1; {
	case s.ReportedOn == "":
	case last, day == "", day > s.ReportedOn:
		day = s.ReportedOn
	}
	return day
}
