package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"slices"

	"stocktake/internal/access"
	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/mail"
	"stocktake/internal/pledge/followup"
	"stocktake/internal/web"
)

// userRollCmd writes down who holds what now. Kept beside backups, a younger roll says what was
// ended after a backup was made.
type userRollCmd struct {
	File string `arg:"" help:"File to write, for example stocktake-2026-06-30.roll.json. It has ids, and no names, addresses or secrets."`
}

func (c *userRollCmd) Run(ctx context.Context, s *streams, g *globals) error {
	h, err := g.open(ctx, s, opening{})
	if err != nil {
		return err
	}
	defer h.close()
	var roll access.Roll
	book := access.New(access.Options{DB: h.db, BaseURL: h.base})
	if err := h.db.Read(ctx, func(tx *db.Tx) (err error) {
		roll, err = book.Roll(ctx, tx)
		return err
	}); err != nil {
		return err
	}
	if err := writeFile(c.File, func(w io.Writer) error {
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		return out.Encode(roll)
	}); err != nil {
		return err
	}
	if err := os.Chmod(c.File, 0o600); err != nil {
		return err
	}
	s.say("%s: %d open accounts, %d roles, %d passkeys", c.File, len(roll.People), len(roll.Grants), len(roll.Passkeys))
	return nil
}

// readRoll reads a roll for a backup, which has to be the older of the two: a younger one would be
// stripped of everything that was given since. nil where none is stated.
func readRoll(path string, m manifest) (*access.Roll, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var roll access.Roll
	if err := json.Unmarshal(text, &roll); err != nil || roll.Form != access.RollForm {
		return nil, errs.New(errs.Invalid, "%s is no roll that this program reads", path).WithHint("stocktake user roll writes one")
	}
	if roll.Made.Before(m.Made) {
		return nil, errs.New(errs.Invalid, "the roll is of %s, and the backup was made after it, on %s", roll.Made.Format(clockForm), m.Made.Format(clockForm)).
			WithHint("state a younger roll, or none")
	}
	return &roll, nil
}

const clockForm = "2006-01-02 15:04 UTC"

// endAgain ends what a backup brings back and must not last: whatever lets somebody in at once,
// always; what had been ended after it was made, as far as a roll says so.
func (g *globals) endAgain(ctx context.Context, s *streams, d *db.DB, m manifest, roll *access.Roll) (err error) {
	h := &home{db: d, base: g.BaseURL}
	if h.pack, err = compact.LoadAny(g.Compact); err != nil {
		return err
	}
	people, err := h.staffOf(workFlags{}, web.Site{}, nil)
	if err != nil {
		return err
	}
	var live access.Live
	var caught access.Caught
	var letters int64
	var unscheduled int
	if err := d.Write(ctx, func(tx *db.Tx) (err error) {
		caught = access.Caught{}
		if live, err = people.access.EndAll(ctx, tx); err != nil {
			return err
		}
		if letters, err = followup.Restored(ctx, tx); err != nil {
			return err
		}
		if unscheduled, err = people.intake.Restored(ctx, tx); err != nil {
			return err
		}
		if err := mail.Restored(ctx, tx, slices.Concat(access.SecretLetters, followup.SecretLetters)); err != nil || roll == nil {
			return err
		}
		caught, err = people.access.CatchUp(ctx, tx, *roll)
		return err
	}); err != nil {
		return err
	}
	for _, id := range caught.Erase {
		if err := people.access.Erase(ctx, access.Operator(), id); err != nil {
			return err
		}
	}
	s.say("ended: %d sessions, %d tokens, %d links to sign in, %d links of letters about reports", live.Sessions, live.Tokens, live.Links, letters)
	if unscheduled > 0 {
		s.say("%d pledges that were scheduled wait for a reviewer again: they may have been recalled or published since", unscheduled)
	}
	if roll == nil {
		s.say("WARNING: the backup is of %s. Whose account, role, passkey or password was ended or erased after that has it again: end it before you serve (stocktake user list, stocktake user end), or begin anew with --roll",
			m.Made.Format(clockForm))
		return nil
	}
	s.say("by the roll of %s: %d accounts closed, %d of them erased, %d roles, %d passkeys and %d passwords ended; what was ended after it has to be ended again",
		roll.Made.Format(clockForm), caught.Accounts, len(caught.Erase), caught.Grants, caught.Passkeys, caught.Passwords)
	return nil
}
