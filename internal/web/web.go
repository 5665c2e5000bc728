// Package web is the public door: pages in six languages, read from the index and the
// register, that work without scripts and ask nothing of third parties. routes.go lists what
// there is; page/ has the pages, each with its struct, template and CSS in one folder.
package web

import (
	"context"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"

	"stocktake/internal/chart"
	"stocktake/internal/compact"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/register"
	"stocktake/internal/web/messages"
	"stocktake/internal/web/page"
	"stocktake/internal/web/page/about"
	"stocktake/internal/web/page/changes"
	"stocktake/internal/web/page/dashboard"
	"stocktake/internal/web/page/figures"
	"stocktake/internal/web/page/history"
	"stocktake/internal/web/page/objective"
	"stocktake/internal/web/page/objectives"
	"stocktake/internal/web/page/parties"
	"stocktake/internal/web/page/party"
	"stocktake/internal/web/page/pledge"
	"stocktake/internal/web/page/pledges"
	"stocktake/internal/web/page/problem"
	"stocktake/internal/web/site"
	"stocktake/internal/web/static"
)

// Site is what an operator says and changes without rebuilding; see package site.
type Site = site.Site

// LoadSite reads the folder given with --site.
func LoadSite(files fs.FS) (Site, error) { return site.Load(files) }

// Config is what the door needs. Pack, Index, Log, Clock are required.
type Config struct {
	Pack      *compact.Pack
	Index     *explore.Index
	Log       *register.Log
	Clock     func() time.Time
	BaseURL   string // of the site, for links that are cited: "https://example.org"
	Demo      bool   // every page says that it is a demonstration and no site of the United Nations
	Synthetic bool   // every page says that the data is made up; so it is where the register's origin is Rehearsal
	Site      Site
	Logger    *slog.Logger // nil: nothing is logged
	Work      Workspace    // nil: there is none
	// Attached reports whether a file that the register names by the hash is kept here, and so is
	// handed out by the workspace below the page of its pledge; nil: none is.
	Attached  func(ctx context.Context, hash string) bool
	Calls     page.Calls // names of the calls that pledges answer; nil: they are shown as the register has them
	PageBytes int        // of pages kept ready in memory, compressed; 0: 64 MB
}

const defaultPageBytes = 64 << 20

// Rehearsal is the origin of registers that hold synthetic data.
const Rehearsal = "rehearsal"

// Workspace is the private part of the site, behind sign-in. The door hands it the requests
// that it owns before any public page sees them, and lends it the headers, the log line and the
// page in place of a panic. Public pages read no cookie and know nothing of it.
type Workspace interface {
	http.Handler
	Owns(*http.Request) bool
}

// Messages is the catalogue of the public pages.
func Messages() (*lang.Catalog, error) { return catalog() }

var catalog = sync.OnceValues(func() (*lang.Catalog, error) { return lang.Load(messages.Files) })

// sources are the templates of the pages by name.
var sources = map[string]string{
	"about": about.Template, "changes": changes.Template, "dashboard": dashboard.Template, "figures": figures.Template, "history": history.Template, "objective": objective.Template,
	"objectives": objectives.Template, "parties": parties.Template, "party": party.Template, "pledge": pledge.Template,
	"pledges": pledges.Template, "problem": problem.Template,
}

// door serves the pages.
type door struct {
	Config
	house     page.House
	catalog   *lang.Catalog
	templates map[lang.Code]map[string]func() (*template.Template, error) // each made when it is first asked for

	store     *store               // pages that are ready
	files     map[string]*response // static ones by name
	away      map[lang.Code]*response
	flights   flights
	turnstile *turnstile
	press     press
	withheld  withheld
	tally     tally
	date      date
}

// arabicDigits stands for Arabic with its own digits among the templates.
const arabicDigits lang.Code = "ar-arab"

// New makes the handler of the whole site.
func New(cfg Config) (*Pages, error) {
	d, err := newDoor(cfg)
	if err != nil {
		return nil, err
	}
	return &Pages{d.routes(), d}, nil
}

func newDoor(cfg Config) (*door, error) {
	if cfg.Pack == nil || cfg.Index == nil || cfg.Log == nil || cfg.Clock == nil {
		return nil, fmt.Errorf("web: Config needs Pack, Index, Log and Clock")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.PageBytes <= 0 {
		cfg.PageBytes = defaultPageBytes
	}
	catalog, err := Messages()
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	d := &door{Config: cfg, catalog: catalog, templates: map[lang.Code]map[string]func() (*template.Template, error){}}
	d.store = newStore(cfg.PageBytes)
	d.turnstile = newTurnstile(2*runtime.GOMAXPROCS(0), 16*runtime.GOMAXPROCS(0), queueTime)
	d.press = press{free: d.turnstile.free, fail: func(err error) { d.Logger.Error("compression failed", "err", err) }}
	if d.files, err = d.staticFiles(); err != nil {
		return nil, fmt.Errorf("web: static files: %w", err)
	}
	printers := map[lang.Code]*lang.Printer{arabicDigits: catalog.Printer(lang.AR).WithDigits(lang.Arabic)}
	for _, c := range lang.All {
		printers[c] = catalog.Printer(c)
	}
	for c := range printers {
		d.templates[c] = map[string]func() (*template.Template, error){}
	}
	for name, source := range sources {
		parsed, err := page.Once(page.Sources(name, source), page.Funcs(printers[lang.Default]))
		if err != nil {
			return nil, fmt.Errorf("web: page: %w", err)
		}
		for c, p := range printers {
			d.templates[c][name] = sync.OnceValues(func() (*template.Template, error) { return page.Speak(parsed, page.Funcs(p)) })
		}
	}
	d.house = House(cfg)
	d.house.Work = cfg.Work != nil
	if d.away, err = d.sentAway(); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return d, nil
}

// House is what the pages of a server share. The workspace is built of the same.
func House(cfg Config) page.House {
	return page.House{
		Pack: cfg.Pack, Site: cfg.Site, Map: worldMap(cfg.Site), BaseURL: strings.TrimRight(cfg.BaseURL, "/"),
		Demo: cfg.Demo, Synthetic: cfg.Synthetic || cfg.Log.Origin() == Rehearsal,
		Calls: cfg.Calls,
		CSS:   static.Path("stocktake.css"), JS: static.Path("stocktake.js"), Icon: static.Path("icon.svg"),
	}
}

func worldMap(s Site) *chart.Map {
	switch {
	case s.MapOff:
		return nil
	case s.Map != nil:
		return s.Map
	}
	return chart.Default()
}
