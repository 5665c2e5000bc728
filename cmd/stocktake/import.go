package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/schollz/progressbar/v3"

	"stocktake/internal/exchange"
)

// importPledgesCmd publishes the pledges of a file.
type importPledgesCmd struct {
	File    string `arg:"" type:"existingfile" help:"A file ending in .csv, .xlsx or .jsonl."`
	Columns string `placeholder:"MAP.yaml" type:"existingfile" help:"How the columns of a foreign file are read (docs/import.md)."`
	DryRun  bool   `help:"Say what would happen, and write nothing."`
	Errors  string `placeholder:"OUT.csv" help:"Write all that is wrong to this file."`
	Partial bool   `help:"Publish the good rows although others are bad."`
}

func (c *importPledgesCmd) Run(ctx context.Context, s *streams, g *globals) (err error) {
	in := exchange.Import{Path: c.File, Actor: secretariat, DryRun: c.DryRun, Partial: c.Partial}
	if c.Columns != "" {
		if in.Map, err = readMap(c.Columns); err != nil {
			return err
		}
	}
	if c.Errors != "" {
		out, err := os.Create(c.Errors)
		if err != nil {
			return err
		}
		defer out.Close()
		in.Errors = out
	}
	if c.DryRun {
		scratch, done, err := g.scratch()
		if err != nil {
			return err
		}
		defer done()
		g = scratch
	}
	h, err := g.open(ctx, s, opening{write: true})
	if err != nil {
		return err
	}
	defer h.close()
	bar := newProgress(s.err)
	in.Report = bar.report
	summary, err := exchange.Pledges(ctx, h.db, h.book, in)
	bar.finish()
	for _, f := range summary.First {
		s.say("%s", f)
	}
	if more := summary.Findings - len(summary.First); more > 0 {
		s.say("… and %d more; --errors OUT.csv writes them all", more)
	}
	s.say("%s", summary)
	return err
}

// scratch gives a dry run something to run on where there is no database yet: it would
// otherwise make one, and a key.
func (g *globals) scratch() (_ *globals, done func(), err error) {
	path, ok := strings.CutPrefix(g.DB, "sqlite:")
	if _, err := os.Stat(path); !ok || !errors.Is(err, fs.ErrNotExist) {
		return g, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "stocktake-dry-run-")
	if err != nil {
		return nil, nil, err
	}
	own := *g
	own.DB, own.LogKey = "sqlite:"+filepath.Join(dir, "dry.db"), filepath.Join(dir, "dry.key")
	return &own, func() { os.RemoveAll(dir) }, nil
}

func readMap(path string) (*exchange.ColumnMap, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return exchange.ReadColumnMap(f)
}

// progress shows a bar where somebody is looking: on a terminal.
type progress struct {
	out   io.Writer
	phase string
	bar   *progressbar.ProgressBar
}

func newProgress(out io.Writer) *progress {
	if f, ok := out.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return &progress{out: out}
		}
	}
	return &progress{}
}

func (p *progress) report(phase exchange.Phase, done, total int64) {
	p.show(string(phase), done, total, phase == exchange.Reading)
}

func (p *progress) show(phase string, done, total int64, bytes bool) {
	if p.out == nil {
		return
	}
	if p.bar == nil || p.phase != phase {
		p.finish()
		p.phase = phase
		p.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(p.out), progressbar.OptionSetDescription(phase),
			progressbar.OptionShowBytes(bytes), progressbar.OptionShowCount(),
			progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))
	}
	_ = p.bar.Set64(done) // a bar that cannot be drawn is no reason to stop
}

func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar = nil
	}
}
