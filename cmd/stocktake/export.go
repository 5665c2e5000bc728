package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"stocktake/internal/errs"
	"stocktake/internal/exchange"
	"stocktake/internal/explore"
	"stocktake/internal/pledge"
)

// exportPledgesCmd writes the pledges of a view.
type exportPledgesCmd struct {
	Out    string `short:"o" name:"out" required:"" placeholder:"FILE" help:"File ending in .csv, .xlsx or .jsonl."`
	Filter string `placeholder:"QUERY" help:"The filters of the pages, as in their addresses: \"objective=7&as_of=2022-05-20\"."`
}

func (c *exportPledgesCmd) Run(ctx context.Context, s *streams, g *globals) error {
	format, err := exchange.FormatOf(c.Out)
	if err != nil {
		return err
	}
	h, err := g.open(ctx, s, opening{})
	if err != nil {
		return err
	}
	defer h.close()
	// Most of what this command needs is the index; a little time buys a third of it back.
	defer debug.SetGCPercent(debug.SetGCPercent(30))
	index, err := h.index(ctx, explore.Keep{})
	if err != nil {
		return err
	}
	values, err := url.ParseQuery(c.Filter)
	if err != nil {
		return errs.New(errs.Invalid, "--filter %q: %w", c.Filter, err)
	}
	for name := range values {
		if !slices.Contains(explore.Filters, name) && !slices.Contains([]string{"inferred", "q", "as_of", "at", "sort"}, name) {
			return errs.New(errs.Invalid, "--filter: %q is none of %s, inferred, q, as_of, at, sort", name, strings.Join(explore.Filters, ", "))
		}
	}
	query, err := explore.ParseQuery(values, h.pack)
	if err != nil {
		return err
	}
	for query.Words != "" && !index.Snapshot().Searchable() { // the words of a long register come later
		if err := index.Refresh(ctx); err != nil {
			return err
		}
	}
	snapshot := index.Snapshot()
	view, err := snapshot.View(query, snapshot.Day())
	if err != nil {
		return err
	}
	selection := exchange.Select(snapshot, view, h.base)
	if err := writeFile(c.Out, func(w io.Writer) error { return exchange.Export(w, format, selection) }); err != nil {
		return err
	}
	s.say("%d pledges, as of %s, register of %d entries: %s", selection.Count, view.AsOf, view.Size, c.Out)
	return nil
}

// exportRegisterCmd writes the whole register.
type exportRegisterCmd struct {
	Out string `short:"o" name:"out" required:"" placeholder:"FILE" help:"File ending in .jsonl, or - for standard output."`
}

func (c *exportRegisterCmd) Run(ctx context.Context, s *streams, g *globals) error {
	if c.Out != "-" && !strings.EqualFold(filepath.Ext(c.Out), ".jsonl") {
		return errs.New(errs.Invalid, "the register is written as JSON Lines, and %q does not end in .jsonl", c.Out)
	}
	h, err := g.open(ctx, s, opening{})
	if err != nil {
		return err
	}
	defer h.close()
	write := func(w io.Writer) error { return h.log.Export(ctx, w) }
	if c.Out == "-" {
		return write(s.out)
	}
	if err := writeFile(c.Out, write); err != nil {
		return err
	}
	s.say("%s: check it with stocktake verify %s --key %s", c.Out, c.Out, h.log.Key())
	return nil
}

// exportReceiptCmd writes the receipt of the latest version of a pledge.
type exportReceiptCmd struct {
	ID  string `arg:"" help:"Id of the pledge."`
	Out string `short:"o" name:"out" required:"" placeholder:"FILE" help:"File ending in .json, or - for standard output."`
}

func (c *exportReceiptCmd) Run(ctx context.Context, s *streams, g *globals) error {
	h, err := g.open(ctx, s, opening{})
	if err != nil {
		return err
	}
	defer h.close()
	entries, err := h.log.History(ctx, pledge.Subject(c.ID))
	if errs.Is(err, errs.NotFound) {
		return errs.New(errs.NotFound, "there is no pledge %q in the register", c.ID)
	}
	if err != nil {
		return err
	}
	receipt, err := h.log.Receipt(ctx, entries[len(entries)-1].Header.Position)
	if err != nil {
		return err
	}
	text, err := receipt.JSON()
	if err != nil {
		return err
	}
	if c.Out == "-" {
		_, err := s.out.Write(text)
		return err
	}
	return writeFile(c.Out, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// writeFile writes beside the target and renames: a failure leaves no half file, and no old
// file is lost to it.
func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	out := bufio.NewWriterSize(f, 1<<16)
	if err := write(out); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
