package intake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

// of is a published pledge as the policy sees it.
func of(ctx context.Context, tx *db.Tx, id string) (pledge.Current, access.Subject, error) {
	p, err := pledge.Get(ctx, tx, id)
	if err != nil {
		return p, access.Subject{}, err
	}
	s := access.Subject{State: string(p.Status), Lead: p.Lead()}
	if len(p.Parties) > 1 {
		s.Named = p.Parties[1:]
	}
	return p, s, nil
}

// StateNeed puts a need of a published pledge on the board.
func (d *Desk) StateNeed(ctx context.Context, by access.Person, n Need) (out Need, err error) {
	defer errs.Wrap(&err, "state a need of %s", n.Pledge)
	err = d.DB.Write(ctx, func(tx *db.Tx) error {
		p, s, err := of(ctx, tx, n.Pledge)
		if err != nil {
			return err
		}
		now := tx.Now()
		if err := access.Check(by, access.MatchPledge, s, day(now)); err != nil {
			return err
		}
		out = n
		out.Party, out.Stated, out.Closed, out.Text = p.Lead(), now, false, party.Tidy(n.Text)
		found := (party.Words{Min: 1, Max: 1_000, Lines: true}).Check("text", out.Text)
		if !slices.Contains(pledge.Natures, n.Nature) {
			found = append(found, errs.Field{Field: "nature", Value: party.Glimpse(string(n.Nature)), Message: "say what kind of help is sought"})
		}
		if !lang.Known(string(n.Language)) {
			found = append(found, errs.Field{Field: "language", Message: "must be the language of the text: ar, en, es, fr, ru or zh"})
		}
		if err := errs.InvalidFields(found...); err != nil {
			return err
		}
		if out.ID, err = d.draw("N-", 6); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO needs (id, pledge, party, nature, language, body, stated, stated_by, closed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)`,
			out.ID, out.Pledge, out.Party, string(out.Nature), string(out.Language), out.Text, micro(now), by.ID)
		return err
	})
	return out, err
}

// CloseNeed takes a need off the board.
func (d *Desk) CloseNeed(ctx context.Context, by access.Person, id string) error {
	return d.DB.Write(ctx, func(tx *db.Tx) error {
		var on string
		err := tx.QueryRow(ctx, `SELECT pledge FROM needs WHERE id = $1`, id).Scan(&on)
		if errors.Is(err, sql.ErrNoRows) {
			return errs.New(errs.NotFound, "there is no need %q", id)
		}
		if err != nil {
			return err
		}
		_, s, err := of(ctx, tx, on)
		if err != nil {
			return err
		}
		if err := access.Check(by, access.MatchPledge, s, day(tx.Now())); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE needs SET closed = 1 WHERE id = $1`, id)
		return err
	})
}

// Needs is the board: what is sought and not closed, and no confirmed offer answers. Whoever
// speaks for a party sees it, and the desk.
func (d *Desk) Needs(ctx context.Context, by access.Person) (all []Need, err error) {
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		all = nil
		today := day(tx.Now())
		if err := access.Enter(by, access.EnterMy, today); err != nil && access.Enter(by, access.EnterDesk, today) != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT n.id, n.pledge, n.party, n.nature, n.language, n.body, n.stated FROM needs n JOIN pledges p ON p.id = n.pledge
			WHERE n.closed = 0 AND p.status = 'published' AND NOT EXISTS (SELECT 1 FROM offers o WHERE o.pledge = n.pledge AND o.state = 'confirmed')
			ORDER BY n.stated DESC, n.id`)
		if err != nil {
			return fmt.Errorf("needs: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var n Need
			var stated int64
			if err := rows.Scan(&n.ID, &n.Pledge, &n.Party, &n.Nature, &n.Language, &n.Text, &stated); err != nil {
				return fmt.Errorf("needs: %w", err)
			}
			n.Stated = moment(stated)
			all = append(all, n)
		}
		return rows.Err()
	})
	return all, err
}

// askMatch tells the party of an answered pledge that somebody offers to match it. An offer to
// oneself is confirmed.
func (t *turn) askMatch() error {
	id := t.text.Pledge.Matches
	if id == "" && !t.x.Offered {
		return nil
	}
	t.x.Offered = id != ""
	if id == "" {
		_, err := t.tx.Exec(t.ctx, `DELETE FROM offers WHERE ref = $1`, t.Ref)
		return err
	}
	p, err := pledge.Get(t.ctx, t.tx, id)
	if err != nil {
		return err
	}
	var asked, state string
	err = t.tx.QueryRow(t.ctx, `SELECT pledge, state FROM offers WHERE ref = $1`, t.Ref).Scan(&asked, &state)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if asked == id && state != string(Declined) {
		return nil
	}
	answer := Unanswered
	if party.Root(p.Lead()) == party.Root(t.Lead) {
		answer = Confirmed
	}
	_, err = t.tx.Exec(t.ctx, `INSERT INTO offers (ref, pledge, offered, offered_by, state, answered, answered_by) VALUES ($1, $2, $3, $4, $5, 0, '')
		ON CONFLICT (ref) DO UPDATE SET pledge = excluded.pledge, offered = excluded.offered, offered_by = excluded.offered_by, state = excluded.state, answered = 0, answered_by = ''`,
		t.Ref, id, micro(t.now), t.by.ID, string(answer))
	if err != nil || answer == Confirmed {
		return err
	}
	// It is answered on the page of the pledge that it answers; where that has none yet, from the
	// list on which the party finds it.
	var own string
	if err := t.tx.QueryRow(t.ctx, `SELECT coalesce(max(ref), '') FROM submissions WHERE published = $1`, id).Scan(&own); err != nil {
		return err
	}
	return t.letterToParty("pledge_offer", p.Lead(), map[string]string{"ID": id, "Link": strings.TrimSuffix(t.desk.link("{lang}", own), "/")})
}

// Offers are the offers that answer a party's published pledge, for the party of that pledge.
func (d *Desk) Offers(ctx context.Context, by access.Person, id string) (all []Offer, err error) {
	defer errs.Wrap(&err, "offers for %s", id)
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		all = nil
		_, s, err := of(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := access.Check(by, access.AnswerMatch, s, day(tx.Now())); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT ref, offered, state, answered FROM offers WHERE pledge = $1 ORDER BY offered, ref`, id)
		if err != nil {
			return err
		}
		for rows.Next() {
			o := Offer{Pledge: id}
			var offered, answered int64
			if err := rows.Scan(&o.Ref, &offered, &o.State, &answered); err != nil {
				rows.Close()
				return err
			}
			o.Offered, o.Answered = moment(offered), moment(answered)
			all = append(all, o)
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return err
		}
		for i := range all {
			r, err := load(ctx, tx, all[i].Ref, false)
			if err != nil {
				return err
			}
			b, err := r.given()
			if err != nil {
				return err
			}
			all[i].Party, all[i].Title, all[i].Text, all[i].Language = r.Lead, b.Pledge.Title, b.Pledge.Text, b.Pledge.Language
		}
		return nil
	})
	return all, err
}

// Offered are the published pledges of a person's parties that somebody offers to match, and whose
// offers they can answer and have not: those that nobody has taken up here yet, too.
func (d *Desk) Offered(ctx context.Context, by access.Person) (all map[string]bool, err error) {
	defer errs.Wrap(&err, "offers to answer")
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		all = map[string]bool{}
		today := day(tx.Now())
		for _, code := range by.Parties(today) {
			if !access.May(by, access.AnswerMatch, access.Subject{State: string(pledge.StatePublished), Lead: code}, today) {
				continue
			}
			err := each(ctx, tx, `SELECT o.pledge FROM offers o JOIN submissions s ON s.published = o.pledge WHERE s.lead = $1 AND o.state = $2`,
				[]any{code, string(Unanswered)}, func(scan func(...any) error) error {
					var id string
					err := scan(&id)
					all[id] = true
					return err
				})
			if err != nil {
				return err
			}
		}
		var elsewhere []string
		err := each(ctx, tx, `SELECT DISTINCT o.pledge FROM offers o LEFT JOIN submissions s ON s.published = o.pledge WHERE s.ref IS NULL AND o.state = $1`,
			[]any{string(Unanswered)}, func(scan func(...any) error) error {
				var id string
				err := scan(&id)
				elsewhere = append(elsewhere, id)
				return err
			})
		if err != nil {
			return err
		}
		for _, id := range elsewhere {
			_, s, err := of(ctx, tx, id)
			if errs.Is(err, errs.Gone) || errs.Is(err, errs.NotFound) { // its content was erased
				continue
			}
			if err != nil {
				return err
			}
			if _, own := by.FocalPoint(s.Lead, today); own && access.May(by, access.AnswerMatch, s, today) {
				all[id] = true
			}
		}
		return nil
	})
	return all, err
}

// AnswerOffer confirms or declines an offer, for the party of the pledge that it answers.
func (d *Desk) AnswerOffer(ctx context.Context, by access.Person, ref string, confirm bool) (err error) {
	defer errs.Wrap(&err, "answer the offer %s", ref)
	return d.DB.Write(ctx, func(tx *db.Tx) error {
		// The submission is locked first: nothing is published of it while this is decided.
		r, err := load(ctx, tx, ref, true)
		if err != nil {
			return err
		}
		var id string
		err = tx.QueryRow(ctx, `SELECT pledge FROM offers WHERE ref = $1`, ref).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return errs.New(errs.NotFound, "there is no offer %q", ref)
		}
		if err != nil {
			return err
		}
		_, s, err := of(ctx, tx, id)
		if err != nil {
			return err
		}
		t := d.turn(ctx, tx, by, access.AnswerMatch, r)
		if err := access.Check(by, access.AnswerMatch, s, t.today); err != nil {
			return err
		}
		if r.State.Public() && r.State != pledge.StateRevisionSubmitted {
			return errs.New(errs.Conflict, "the offer is published").WithKey("work.not_now")
		}
		answer := Declined
		if confirm {
			answer = Confirmed
		}
		return t.run(func(t *turn) error {
			t.note = id
			_, err := tx.Exec(ctx, `UPDATE offers SET state = $2, answered = $3, answered_by = $4 WHERE ref = $1`, ref, string(answer), micro(t.now), by.ID)
			return err
		})
	})
}
