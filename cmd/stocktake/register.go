package main

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

// withholdCmd takes a payload out of the register: a court, somebody's safety, personal data by
// mistake. The header stays, and verify says "withheld".
type withholdCmd struct {
	Position int64    `arg:"" help:"Position of the entry, as the page of the pledge shows it."`
	Ground   string   `required:"" help:"Why, in public, without what."`
	By       []string `required:"" sep:"none" placeholder:"OFFICE" help:"The office that decided it; twice, for two different offices."`
	On       string   `placeholder:"DAY" help:"When it was decided (default today)."`
}

func (c *withholdCmd) Run(ctx context.Context, s *streams, g *globals) error {
	if len(c.By) != 2 {
		return errs.New(errs.Invalid, "two offices decide together, and %d was named with --by", len(c.By)).WithHint("give --by twice")
	}
	h, err := g.open(ctx, s, opening{write: true})
	if err != nil {
		return err
	}
	defer h.close()
	var entry register.Entry
	err = h.db.Write(ctx, func(tx *db.Tx) (err error) {
		entry, err = h.log.Erase(ctx, tx, register.Erasure{Position: c.Position, Ground: c.Ground, By: [2]string{c.By[0], c.By[1]}, On: c.On})
		if err != nil {
			return err
		}
		if err := party.Apply(ctx, tx, entry); err != nil {
			return err
		}
		return pledge.Apply(ctx, tx, entry)
	})
	if err != nil {
		return err
	}
	if file := g.indexFile(""); file != "" { // a server that runs does the same
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.say("withheld, but remove this file: %s", oneLine(err))
		}
	}
	if err := h.db.Scrub(ctx); err != nil {
		s.say("withheld, but traces are left in the database's log: %s", oneLine(err))
	}
	s.say("the payload of entry %d is withheld by entry %d; older backups and exports still hold it: make new ones and destroy those", c.Position, entry.Header.Position)
	return nil
}

// rotateKeyCmd makes a new key to which the old one hands the register over.
type rotateKeyCmd struct {
	NewKey string `arg:"" help:"File for the new key; it must not exist."`
}

func (c *rotateKeyCmd) Run(ctx context.Context, s *streams, g *globals) error {
	h, err := g.open(ctx, s, opening{write: true})
	if err != nil {
		return err
	}
	defer h.close()
	key, err := register.CreateKey(c.NewKey, h.log.Origin())
	if err != nil {
		return err
	}
	if err := h.log.Rotate(ctx, key, c.NewKey); err != nil {
		return err
	}
	s.say("the register is signed with the key in %s from now on; name it with --log-key, publish the verifier key %s, and destroy the old key when every server uses the new one", c.NewKey, h.log.Key())
	return nil
}
