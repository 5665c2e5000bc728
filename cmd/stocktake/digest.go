package main

import (
	"context"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/comment"
	"stocktake/internal/queue"
)

// digest writes to everybody at the desk what waits there, on working days and where something
// does. A person may do without it.
func (s *staff) digest(ctx context.Context, d *db.DB) error {
	today := s.access.Today()
	if on := d.Now().Weekday(); on == time.Saturday || on == time.Sunday {
		return nil
	}
	waits, err := s.waiting(ctx, d, today)
	if err != nil || waits == (waiting{}) {
		return err
	}
	return d.Write(ctx, func(tx *db.Tx) error {
		written := map[string]bool{}
		for _, role := range []access.Role{access.Reviewer, access.Administrator} {
			people, err := s.access.People(ctx, tx, access.Filter{Role: role, Day: today, Limit: 10_000})
			if err != nil {
				return err
			}
			for _, p := range people {
				if written[p.ID] || p.Email == "" {
					continue
				}
				written[p.ID] = true
				words := waits.words(p.Language, today)
				if s.comments.Mandated(pledge.VoiceKinds...) == nil {
					words["Voices"] = comment.WaitingIn(p.Language, waits.voices)
				}
				if _, err := s.mail.Post(ctx, tx, mail.Letter{
					To: p.Email, Name: p.Name, Person: p.ID, Template: mail.LetterDigest, Language: p.Language, Data: words,
				}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// waiting is what a digest tells.
type waiting struct{ inReview, unanswered, overdue, voices, letters, jobs int }

func (s *staff) waiting(ctx context.Context, d *db.DB, today string) (w waiting, err error) {
	operator := access.Operator()
	figures, err := s.intake.Figures(ctx, operator, today)
	if err != nil {
		return w, err
	}
	answers, err := s.intake.Response(ctx, operator, time.Time{})
	if err != nil {
		return w, err
	}
	reports, err := s.followup.Overview(ctx, operator, today)
	if err != nil {
		return w, err
	}
	w = waiting{inReview: figures.InReview, unanswered: answers.Waiting, overdue: len(reports.Overdue)}
	err = d.Read(ctx, func(tx *db.Tx) error {
		letters, err := s.mail.Count(ctx, tx, mail.Filter{})
		if err != nil {
			return err
		}
		jobs, err := queue.Count(ctx, tx)
		if err != nil {
			return err
		}
		if w.voices, err = s.comments.Waiting(ctx, tx); err != nil {
			return err
		}
		w.letters, w.jobs = letters[mail.Bounced]+letters[mail.Failed], 0
		for _, states := range jobs {
			w.jobs += states[queue.Dead]
		}
		return nil
	})
	return w, err
}

func (w waiting) words(c lang.Code, today string) map[string]string {
	n := func(v int) string { return lang.Number(c, int64(v)) }
	return map[string]string{
		"Date": lang.Date(c, today), "InReview": n(w.inReview), "Unanswered": n(w.unanswered), "Overdue": n(w.overdue),
		"Voices": "", "Letters": n(w.letters), "Jobs": n(w.jobs), "Link": "/" + string(c) + "/desk",
	}
}
