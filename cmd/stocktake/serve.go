package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/api"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/rehearse"
	"stocktake/internal/web"
)

// serveCmd serves the public pages and the workspace from a database.
type serveCmd struct {
	Addr      string `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Address to listen on (default ${default})."`
	Site      string `placeholder:"DIR" type:"existingdir" help:"Texts and map of the operator (docs/operators.md)."`
	NewOrigin string `placeholder:"NAME" help:"Go on under a new origin when published entries are lost for good (docs/operators.md)."`
	workFlags
}

func (c *serveCmd) Run(ctx context.Context, s *streams, g *globals) error {
	h, err := g.open(ctx, s, opening{write: true, lenient: true, newOrigin: c.NewOrigin})
	if err != nil {
		return err
	}
	defer h.close()
	if behind := h.log.Behind(); behind != nil {
		s.say("reading only: %s", oneLine(behind))
	}
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return errs.New(errs.Unavailable, "%w", err).WithHint("name another address with --addr")
	}
	if g.BaseURL == "" {
		h.base = listening(h.base, listener.Addr())
	}
	c.Data = g.dataFolder(c.Data)
	return serve(ctx, s, h, listener, door{site: c.Site, index: g.indexFile(c.Data), work: c.workFlags, log: slog.New(slog.NewTextHandler(s.err, nil))})
}

// door is what the commands that serve differ in.
type door struct {
	demo  bool
	site  string
	index string // file, "" for none
	work  workFlags
	log   *slog.Logger
	ready func(*staff, *explore.Index) error // called when the site can be reached
}

// serve answers requests and runs jobs until ctx ends, and lets those under way finish.
func serve(ctx context.Context, s *streams, h *home, listener net.Listener, d door) (err error) {
	defer listener.Close()
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	spareCollections(ctx) // also while the register is read, an eighth of whose time they take
	index, err := h.index(ctx, explore.Keep{File: d.index, Program: program, Logger: d.log})
	if err != nil {
		return err
	}
	cfg := web.Config{
		Pack: h.pack, Index: index, Log: h.log, Clock: h.db.Now, BaseURL: h.base,
		Demo: d.demo, Synthetic: h.log.Origin() == rehearse.Origin, Logger: d.log,
	}
	if d.site != "" {
		if cfg.Site, err = web.LoadSite(os.DirFS(d.site)); err != nil {
			return err
		}
	}
	people, err := h.staffOf(d.work, cfg.Site, d.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, people.close()) }()
	if people.files != nil && !h.readOnly {
		cfg.Attached = people.attached
	}
	if factor := access.SecondFactor(d.work.SecondFactor); factor != access.SecondFactorOff && factor != "" && !people.access.AsksSecondFactor() && !onThisMachine(h.base) {
		s.say("A mailed link alone lets people in at %s: passkeys need an https address with a name.", h.base)
	}
	names, err := namesOf(ctx, people.intake)
	if err != nil {
		return err
	}
	cfg.Calls = names
	if cfg.Work, err = h.workspace(people, cfg, d.work, d.log); err != nil {
		return err
	}
	pages, err := web.New(cfg)
	if err != nil {
		return err
	}
	asked := api.Config{Pack: h.pack, Index: index, Log: h.log, Clock: h.db.Now, BaseURL: h.base, Logger: d.log}
	if !h.readOnly {
		from, err := forwarded(d.work.TrustedProxy)
		if err != nil {
			return err
		}
		asked.Work = &api.Work{People: people.access, Desk: people.intake, Reports: people.followup, Address: from}
	}
	programs, err := api.New(asked)
	if err != nil {
		return err
	}
	doors := http.NewServeMux()
	doors.Handle("/", pages)
	doors.Handle("/api/", programs)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := web.Server(ctx, overTLS(h.base, doors))
	followed := make(chan error, 1)
	go func() {
		followed <- index.Follow(ctx)
		close(followed)
	}()
	worked := make(chan error, 1)
	go func() { worked <- h.runner(people, d.log).Run(ctx) }()
	go names.follow(ctx, d.log)
	served := make(chan error, 1)
	go func() { served <- server.Serve(web.Gather(listener, pages)) }()
	s.say("Stocktake is at http://%s/ (stop with Ctrl-C)", listener.Addr())
	if d.ready != nil {
		if err := d.ready(people, index); err != nil && ctx.Err() == nil {
			server.Close()
			return err
		}
	}

	select {
	case err = <-served:
		return err
	case err := <-followed:
		if ctx.Err() == nil { // pages would grow old in silence
			server.Close()
			return err
		}
	case <-ctx.Done():
	}
	closing, cancelClosing := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancelClosing()
	if err := server.Shutdown(closing); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if err := errors.Join(<-worked, <-followed); err != nil { // the index may be writing its file
		return err
	}
	s.say("stopped")
	return nil
}

// overTLS tells browsers, where the site's address is https, never to ask for it in clear. The
// server in front, which ends TLS, hands the header on.
func overTLS(base string, next http.Handler) http.Handler {
	if !strings.HasPrefix(base, "https://") {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		next.ServeHTTP(w, r)
	})
}
