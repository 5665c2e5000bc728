package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"stocktake/internal/errs"
	"stocktake/internal/exchange"
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
	return serve(ctx, s, h, listener, door{demo: true, site: c.Site})
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
