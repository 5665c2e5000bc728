package main

import (
	"context"
	"encoding/base64"

	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
	"stocktake/internal/rehearse"
)

// rehearseCmd fills an empty database from a seed.
type rehearseCmd struct {
	Pledges  int    `default:"0" help:"How many pledges (default 1000, or what the scenario says)."`
	Seed     uint64 `default:"1" help:"The same seed gives the same bytes (default ${default})."`
	Scenario string `placeholder:"NAME" help:"A course of events of the pack."`
}

func (c *rehearseCmd) Run(ctx context.Context, s *streams, g *globals) error {
	pack, err := compact.LoadAny(g.Compact)
	if err != nil {
		return err
	}
	plan := rehearse.Plan{Pledges: c.Pledges, Seed: c.Seed}
	if c.Scenario != "" {
		if plan.Scenario, err = rehearse.ReadScenario(pack, c.Scenario); err != nil {
			return err
		}
	} else if plan.Pledges == 0 {
		plan.Pledges = 1000
	}
	d, err := db.Open(ctx, g.DB)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := db.Migrate(ctx, d); err != nil {
		return err
	}
	stage := rehearse.Setup(c.Seed)
	d.SetClock(stage.Clock)
	log, err := register.Open(ctx, d, register.Options{Origin: stage.Origin, Key: stage.Key, Rand: stage.Rand})
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) {
		return errs.New(errs.Conflict, "the database holds a register already, and a rehearsal needs an empty one: %w", err).WithHint("name a new database with --db")
	}
	if err != nil {
		return err
	}
	bar := newProgress(s.err)
	plan.Report = func(done, total int) { bar.show("rehearsing", int64(done), int64(total), false) }
	sum, err := rehearse.Fill(ctx, d, pledge.Book{Pack: pack, Log: log}, plan)
	bar.finish()
	if err != nil {
		return err
	}
	s.say("%d synthetic pledges by %d parties, %d reports; register of %d entries, root %s; key %s",
		sum.Pledges, sum.Parties, sum.Reports, sum.Size, base64.StdEncoding.EncodeToString(sum.Root[:]), log.Key())
	return nil
}
