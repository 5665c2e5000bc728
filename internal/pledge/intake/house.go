package intake

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

const holdingColumns = `party, held, held_note, basis, cleared_until, steps`

func scanHolding(scan func(...any) error) (h Holding, err error) {
	var held int
	var steps string
	err = scan(&h.Party, &held, &h.HeldNote, &h.Basis, &h.ClearedUntil, &steps)
	h.Held = held == 1
	if steps != "" {
		h.Steps = strings.Split(steps, "\n")
	}
	return h, err
}

func holding(ctx context.Context, tx *db.Tx, code string) (Holding, error) {
	h, err := scanHolding(tx.QueryRow(ctx, `SELECT `+holdingColumns+` FROM intake_parties WHERE party = $1`, code).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Holding{Party: code}, nil
	}
	return h, err
}

// OnHold reports whether nothing of a party, or of the one that it is part of, is published for now.
func (d *Desk) OnHold(ctx context.Context, tx *db.Tx, code string) (bool, error) {
	own, err := holding(ctx, tx, code)
	if err != nil || own.Held {
		return own.Held, err
	}
	root, err := holding(ctx, tx, party.Root(code))
	return root.Held, err
}

// put changes what the desk knows of a party.
func put(ctx context.Context, tx *db.Tx, code, set string, args ...any) error {
	_, err := tx.Exec(ctx, `INSERT INTO intake_parties (party, held, held_note, held_by, basis, cleared_until, cleared_by, steps, doc)
		VALUES ($1, 0, '', '', '', '', '', '', '') ON CONFLICT (party) DO NOTHING`, code)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE intake_parties SET `+set+` WHERE party = $1`, append([]any{code}, args...)...)
	return err
}

func stepsOf(ctx context.Context, tx *db.Tx, code string) ([]string, error) {
	h, err := holding(ctx, tx, code)
	return h.Steps, err
}

func keepSteps(ctx context.Context, tx *db.Tx, code string, steps []string) error {
	return put(ctx, tx, code, `steps = $2`, strings.Join(steps, "\n"))
}

// house runs what the desk does to a party.
func (d *Desk) house(ctx context.Context, by access.Person, do access.Action, code string, f func(tx *db.Tx, p party.Party) error) error {
	return d.DB.Write(ctx, func(tx *db.Tx) error {
		if err := access.Check(by, do, access.Subject{}, day(tx.Now())); err != nil {
			return err
		}
		known := lookup(ctx, tx)
		p, ok := known.find(code)
		if err := known.Err(); err != nil {
			return err
		}
		if !ok {
			return errs.InvalidFields(errs.Field{Field: "party", Value: party.Glimpse(code), Message: "is no party that can pledge here"})
		}
		return f(tx, p)
	})
}

// Hold puts a party on hold, or lifts that: while it lasts, nothing of it is published. Nobody
// outside the desk is told, and what is public stays.
func (d *Desk) Hold(ctx context.Context, by access.Person, code string, on bool, note string) error {
	return d.house(ctx, by, access.HoldParty, code, func(tx *db.Tx, p party.Party) error {
		return put(ctx, tx, p.Code, `held = $2, held_note = $3, held_by = $4`, truth(on), party.Tidy(note), by.ID)
	})
}

// ClearParty notes on what basis, and until which day, a party that is no State may publish. An
// empty day takes the clearance away.
func (d *Desk) ClearParty(ctx context.Context, by access.Person, code, basis, until string) error {
	return d.house(ctx, by, access.ClearParty, code, func(tx *db.Tx, p party.Party) error {
		basis := party.Tidy(basis)
		if date, ok := pledge.ParseDate(until); until != "" && (!ok || date.Day == 0) {
			return errs.InvalidFields(errs.Field{Field: "until", Value: party.Glimpse(until), Message: "must be a day, as 2026-12-31"})
		}
		if until != "" && basis == "" || len(basis) > 500 {
			return errs.InvalidFields(errs.Field{Field: "basis", Message: "is needed: the decision or status that it rests on, in at most 500 bytes"})
		}
		return put(ctx, tx, p.Code, `basis = $2, cleared_until = $3, cleared_by = $4`, basis, until, by.ID)
	})
}

// Introduce makes a party known that can then pledge. It enters the register with its first
// pledge, and not before. One that the register has is a conflict.
func (d *Desk) Introduce(ctx context.Context, by access.Person, p party.Party) error {
	return d.DB.Write(ctx, func(tx *db.Tx) error {
		if err := access.Check(by, access.WriteParty, access.Subject{}, day(tx.Now())); err != nil {
			return err
		}
		p := p.Tidied()
		known := lookup(ctx, tx)
		found := party.Validate(d.pack(), known.find, p)
		if _, public := known.public.Find(p.Code); public {
			return errs.New(errs.Conflict, "the register has a party %q", p.Code).WithKey("work.party_known")
		}
		if err := known.Err(); err != nil {
			return err
		}
		if err := errs.InvalidFields(found...); err != nil {
			return err
		}
		doc, err := json.Marshal(p)
		if err != nil {
			return err
		}
		return put(ctx, tx, p.Code, `doc = $2`, string(doc))
	})
}

// Holdings are all parties of which the desk has noted something, by code.
func (d *Desk) Holdings(ctx context.Context, by access.Person) (all []Holding, err error) {
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		all = nil
		if err := access.Check(by, access.HoldParty, access.Subject{}, day(tx.Now())); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT `+holdingColumns+` FROM intake_parties ORDER BY party`)
		if err != nil {
			return err
		}
		for rows.Next() {
			h, err := scanHolding(rows.Scan)
			if err != nil {
				rows.Close()
				return err
			}
			all = append(all, h)
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return err
		}
		known := lookup(ctx, tx)
		for i := range all {
			_, all[i].Known = known.public.Find(all[i].Party)
		}
		return known.Err()
	})
	return all, err
}

// Introduced are the parties that the desk has introduced, by code, whether or not anything of
// them is public: those that can be invited beside the ones of the register, to a
// pledge or to have a focal point.
func (d *Desk) Introduced(ctx context.Context, by access.Person) (all []party.Party, err error) {
	defer errs.Wrap(&err, "parties that the desk has introduced")
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		all = nil
		if err := access.Enter(by, access.EnterMy, day(tx.Now())); err != nil && !access.May(by, access.AppointPerson, access.Subject{}, day(tx.Now())) {
			return err
		}
		return each(ctx, tx, `SELECT doc FROM intake_parties WHERE doc <> '' ORDER BY party`, nil, func(scan func(...any) error) error {
			var doc string
			var p party.Party
			if err := scan(&doc); err != nil {
				return err
			}
			err := json.Unmarshal([]byte(doc), &p)
			all = append(all, p)
			return err
		})
	})
	return all, err
}

// Party finds a party that can pledge here: public, introduced, or a State.
func (d *Desk) Party(ctx context.Context, code string) (p party.Party, err error) {
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		known := lookup(ctx, tx)
		var ok bool
		if p, ok = known.find(code); !ok && known.Err() == nil {
			return errs.New(errs.NotFound, "there is no party %q", code)
		}
		return known.Err()
	})
	return p, err
}

// needsClearance reports whether a kind of party is published only with a clearance.
func needsClearance(kind string) bool { return !party.State(kind) }

// Figures count submissions as they stood at the end of a day.
func (d *Desk) Figures(ctx context.Context, by access.Person, on string) (f Figures, err error) {
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		if err := access.Check(by, access.ReadFigures, access.Subject{}, day(tx.Now())); err != nil {
			return err
		}
		f, err = figures(ctx, tx, on)
		return err
	})
	return f, err
}

func figures(ctx context.Context, tx *db.Tx, on string) (Figures, error) {
	f := Figures{Schema: 1, On: on, SetAside: new(int)}
	date, ok := pledge.ParseDate(on)
	if !ok || date.Day == 0 || on > day(tx.Now()) {
		return f, errs.InvalidFields(errs.Field{Field: "on", Value: party.Glimpse(on), Message: "must be a day, not later than today"})
	}
	end := micro(date.First().AddDate(0, 0, 1))
	// The last event of each submission by then says where it stood. What was taken in from the
	// register (a pledge that was never submitted here) has been received elsewhere.
	rows, err := tx.Query(ctx, `SELECT e.to_state, count(*),
			sum(CASE WHEN EXISTS (SELECT 1 FROM submission_events s WHERE s.ref = e.ref AND s.at < $1 AND s.to_state = 'submitted') THEN 1 ELSE 0 END)
		FROM submission_events e
		WHERE e.at < $1 AND e.version = (SELECT max(version) FROM submission_events l WHERE l.ref = e.ref AND l.at < $1)
		GROUP BY e.to_state ORDER BY e.to_state`, end)
	if err != nil {
		return f, fmt.Errorf("figures: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var state pledge.State
		var n, received int
		if err := rows.Scan(&state, &n, &received); err != nil {
			return f, fmt.Errorf("figures: %w", err)
		}
		f.Received += received
		switch {
		case state == pledge.StateSubmitted || state == pledge.StateScheduled:
			f.InReview += received
		case state == pledge.StateReturned:
			f.Returned += received
		case state == pledge.StateSetAside:
			*f.SetAside += received
		case state.Public():
			f.Published += received
		}
	}
	return f, rows.Err()
}

// PublishFigures publishes the figures of a day in the register, or their correction. How many were
// set aside is told only where the compact's pack opens that. Where the register has the same
// figures of that day already, nothing is added to it, unless they were published before it was over.
func (d *Desk) PublishFigures(ctx context.Context, by access.Person, on string) (f Figures, position int64, err error) {
	defer errs.Wrap(&err, "publish figures")
	err = d.DB.Write(ctx, func(tx *db.Tx) error {
		if err := access.Check(by, access.PublishFigures, access.Subject{}, day(tx.Now())); err != nil {
			return err
		}
		if f, err = figures(ctx, tx, on); err != nil {
			return err
		}
		if d.pack().Policies.SetAside != compact.Public {
			f.SetAside = nil
		}
		payload, err := json.Marshal(f)
		if err != nil {
			return err
		}
		subject := FiguresKind + ":" + on
		known, err := latest(ctx, tx, subject)
		if err != nil {
			return err
		}
		same, err := register.CanonicalJSON(payload)
		if err != nil {
			return err
		}
		if over := known.day > on || day(tx.Now()) == on; over && known.payload == string(same) {
			position = known.position
			return nil
		}
		entries, err := d.Book.Log.Append(ctx, tx, register.Draft{Actor: Secretariat, Kind: FiguresKind, Subject: subject, Payload: payload})
		if err != nil {
			return err
		}
		position = entries[0].Header.Position
		return nil
	})
	return f, position, err
}
