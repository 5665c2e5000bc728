package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/exchange"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/party"
)

// demoCmd serves the public sample from a temporary database that is gone afterwards.
type demoCmd struct {
	Addr string `placeholder:"ADDR" help:"Address to listen on (default 127.0.0.1:8080, or a free port where that is taken)."`
	Site string `placeholder:"DIR" type:"existingdir" help:"Texts and map of the operator (docs/operators.md)."`
}

func (c *demoCmd) Run(ctx context.Context, s *streams, g *globals) error {
	listener, err := c.listen()
	if err != nil {
		return err
	}
	defer listener.Close()
	dir, err := os.MkdirTemp("", "stocktake-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	base := "http://" + listener.Addr().String()
	own := globals{DB: "sqlite:" + filepath.Join(dir, "demo.db"), Compact: g.Compact, BaseURL: base}
	quiet := &streams{out: s.out, err: io.Discard}
	h, err := own.open(ctx, quiet, opening{write: true})
	if err != nil {
		return err
	}
	defer h.close()
	summary, err := loadSample(ctx, h, dir)
	if err != nil {
		return err
	}
	s.say("A demonstration with a sample of %d pledges from public pages; it is gone when you stop it.", summary.New)
	return serve(ctx, s, h, listener, door{
		demo: true, site: c.Site, work: workFlags{Data: filepath.Join(dir, "files")},
		ready: func(people *staff, index *explore.Index) error { return introduce(ctx, s, h, people, index) },
	})
}

// introduce makes an account for each role that a newcomer may want to try, and prints the links
// that sign in. Letters stay in the outbox of the administrator.
func introduce(ctx context.Context, s *streams, h *home, people *staff, index *explore.Index) error {
	lead, err := someState(h, index)
	if err != nil {
		return err
	}
	s.say("Sign in as one of these; each link works once, and each wants a browser window of its own (a private one, say):")
	for _, cast := range []struct {
		who, name string
		grant     access.Grant
	}{
		{"reviewer", "Demo reviewer", access.Grant{Role: access.Reviewer}},
		{"administrator", "Demo administrator", access.Grant{Role: access.Administrator}},
		{"focal point of " + lead.Names[lang.EN], "Demo focal point", access.Grant{Role: access.FocalPoint, Party: lead.Code, Transmits: true}},
	} {
		email := strings.ReplaceAll(strings.ToLower(cast.name), " ", ".") + "@example.org"
		link, err := people.invite(ctx, h, access.Invitation{Email: email, Name: cast.name, Grants: []access.Grant{cast.grant}})
		if err != nil {
			return err
		}
		s.say("  %s: %s", cast.who, link)
	}
	return nil
}

// someState is the State of which a newcomer is a focal point: that which leads most pledges of
// the sample.
func someState(h *home, index *explore.Index) (party.Party, error) {
	view, err := index.Snapshot().View(explore.Query{}, h.db.Now().Format(time.DateOnly))
	if err != nil {
		return party.Party{}, err
	}
	var best explore.PartyCount
	for _, p := range view.Parties() {
		if p.Party.Kind == "member_state" && p.Lead > best.Lead {
			best = p
		}
	}
	if best.Lead == 0 {
		return party.Party{}, errs.New(errs.NotFound, "no State leads a pledge of the sample")
	}
	return best.Party, nil
}

// listen takes port 8080, or any free one where somebody else has that and none was asked for.
func (c *demoCmd) listen() (net.Listener, error) {
	if c.Addr != "" {
		return net.Listen("tcp", c.Addr)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:8080")
	if errors.Is(err, syscall.EADDRINUSE) {
		return net.Listen("tcp", "127.0.0.1:0")
	}
	return listener, err
}

// loadSample publishes the sample that comes with the compact.
func loadSample(ctx context.Context, h *home, dir string) (exchange.Summary, error) {
	sample := h.pack.Sample()
	if sample == nil {
		return exchange.Summary{}, errs.New(errs.NotFound, "the pack %q brings no sample", h.pack.ID).WithHint("fill a database with stocktake rehearse instead")
	}
	text, err := fs.ReadFile(sample, "pledges.csv")
	if err != nil {
		return exchange.Summary{}, err
	}
	path := filepath.Join(dir, "pledges.csv")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return exchange.Summary{}, err
	}
	columns, err := sample.Open("pledges.map.yaml")
	if err != nil {
		return exchange.Summary{}, err
	}
	defer columns.Close()
	m, err := exchange.ReadColumnMap(columns)
	if err != nil {
		return exchange.Summary{}, err
	}
	return exchange.Pledges(ctx, h.db, h.book, exchange.Import{Path: path, Map: m, Actor: secretariat})
}
