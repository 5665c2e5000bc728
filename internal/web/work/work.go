// Package work is the workspace: the private half of the site, in which focal points draft and
// report, and the secretariat reviews, publishes and chases. It joins the areas, which stand in
// the folders beside this file; kit is what they share.
//
// The wiring makes it once and gives it to the public door, which hands over what it owns:
//
//	book := access.New(access.Options{DB: d, BaseURL: base, Post: office, …})
//	cfg := web.Config{Pack: pack, Index: index, …}
//	cfg.Work, err = work.New(work.Config{
//		Kit:   kit.Config{House: web.House(cfg), Access: book, Index: index, Clock: d.Now, Logger: log},
//		DB:    d,
//		Areas: []kit.Area{my.New(…), desk.New(…), follow.New(…), tongue.New(…), office.New(…)},
//	})
//	pages, err := web.New(cfg)
//
// Letters that access mails lead to /sign-in/{token}; somebody runs access.AskKind with
// Book.Answer, or nobody gets one.
package work

import (
	"context"
	_ "time/tzdata" // people's time zones, also where the machine has none

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/party"
	"stocktake/internal/web/work/kit"
	"stocktake/internal/web/work/people"
	"stocktake/internal/web/work/sign"
)

// Config is what the workspace is made of.
type Config struct {
	Kit   kit.Config
	DB    *db.DB
	Areas []kit.Area // beside signing in, accounts and people, which are always there

	// What the rooms of drafts and of reports have for the packet that is handed over; see
	// people.Rooms.
	Open func(ctx context.Context, by access.Person, party string) ([]people.Open, error)
	Due  func(ctx context.Context, by access.Person, party string) (map[string]people.Due, error)
	// Introduced are the parties that can have a focal point though nothing of them is public.
	Introduced func(ctx context.Context, by access.Person) ([]party.Party, error)
}

// New puts the workspace together.
func New(cfg Config) (*kit.Kit, error) {
	areas := append([]kit.Area{
		sign.New(cfg.Kit.Access, cfg.Kit.Clock),
		people.New(people.Rooms{Access: cfg.Kit.Access, DB: cfg.DB, Open: cfg.Open, Due: cfg.Due, Introduced: cfg.Introduced}),
	}, cfg.Areas...)
	return kit.New(cfg.Kit, areas...)
}
