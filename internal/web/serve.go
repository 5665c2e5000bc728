package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/web/page"
	"stocktake/internal/web/static"
)

// page serves one page in one language: read the question, look whether the page is made
// already under its canonical address, else make it and keep it.
func (d *door) page(c lang.Code, name string, build func(*door, *http.Request, *page.Reader) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r, at, err := d.reader(c, req)
		if err == nil && strings.Count(req.URL.EscapedPath(), "/") != strings.Count(req.URL.Path, "/") {
			err = errs.New(errs.NotFound, "no address of ours has a slash within a name") // and could be taken for another one
		}
		if err != nil {
			d.fail(w, req, r, err)
			return
		}
		made, err := d.made(req.Context(), at, target{req.URL.Path, canonical(r)}, func(ctx context.Context) (*response, error) {
			if err := d.look(ctx, r); err != nil {
				return nil, err
			}
			data, err := build(d, req.WithContext(ctx), r)
			if err != nil {
				return nil, err
			}
			set := c
			if r.P.Digits() == lang.Arabic {
				set = arabicDigits
			}
			b := buffers.Get().(*bytes.Buffer)
			defer buffers.Put(b)
			b.Reset()
			if err := d.render(b, set, name, data); err != nil {
				return nil, err
			}
			made := newResponse(b.Bytes(), typeHTML, keepAndAsk)
			made.press = &d.press
			return made, nil
		})
		if err != nil {
			d.fail(w, req, r, err)
			return
		}
		made.write(w, req, http.StatusOK)
	})
}

// look asks the register about the entries that the question looks at.
func (d *door) look(ctx context.Context, r *page.Reader) (err error) {
	size := r.Snap.Size()
	r.Root = r.Snap.Root()
	if at := r.Query.At; at > 0 && at < size {
		size = at
		if r.Root, err = d.Log.Root(ctx, size); err != nil {
			return err
		}
	}
	r.Withheld, err = d.withheld.of(ctx, r.Snap.Size(), size, d.Log.Withheld)
	return err
}

// withheld remembers how many of the first entries are withheld by now. An erasure is an entry
// too, so that an answer is good until the register grows.
type withheld struct {
	mu    sync.Mutex
	known int64           // the size of the register then
	sizes map[int64]int64 // by the number of entries
}

const mostWithheld = 1000 // numbers that are remembered

func (w *withheld) of(ctx context.Context, now, size int64, ask func(context.Context, int64) (int64, error)) (int64, error) {
	w.mu.Lock()
	n, ok := w.sizes[size]
	ok = ok && w.known == now
	w.mu.Unlock()
	if ok {
		return n, nil
	}
	n, err := ask(ctx, size)
	if err != nil {
		return 0, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sizes == nil || w.known != now || len(w.sizes) >= mostWithheld {
		w.known, w.sizes = now, map[int64]int64{}
	}
	w.sizes[size] = n
	return n, nil
}

// ready finds the page of a request that is made already and asked for by its canonical
// address, as the links on our pages have it: most requests, and nothing has to be parsed.
func (d *door) ready(req *http.Request) *response {
	if req.Method != http.MethodGet && req.Method != http.MethodHead || req.URL.RawPath != "" {
		return nil
	}
	return d.store.get(d.edition(d.Index.Snapshot(), d.Clock()), target{req.URL.Path, req.URL.RawQuery})
}

// made gives a page from the store, or makes it: once for all who ask at the same time, and
// when it is its turn.
func (d *door) made(ctx context.Context, at edition, to target, work func(context.Context) (*response, error)) (*response, error) {
	if a := d.store.get(at, to); a != nil {
		return a, nil
	}
	return d.flights.do(ctx, flightKey{at, to}, func(ctx context.Context) (*response, error) {
		if a := d.store.get(at, to); a != nil { // somebody was just finished
			return a, nil
		}
		if err := d.turnstile.enter(ctx); err != nil {
			return nil, err
		}
		defer d.turnstile.leave()
		a, err := work(ctx)
		if err != nil {
			return nil, err
		}
		d.store.put(at, to, a)
		return a, nil
	})
}

func editionOf(snap *explore.Snapshot, now time.Time) edition {
	const secondsOfADay = 24 * 60 * 60
	return edition{size: snap.Size(), day: now.Unix() / secondsOfADay, fromFile: snap.FromFile()}
}

func (d *door) edition(snap *explore.Snapshot, now time.Time) edition {
	at := editionOf(snap, now)
	if d.Calls != nil {
		at.calls = d.Calls.Edition()
	}
	return at
}

// canonical is the question of a page as the links on our pages have it: two questions that
// mean the same have the same.
func canonical(r *page.Reader) string {
	var own []string
	for _, name := range page.OwnParams {
		own = append(own, name, r.Own.Get(name))
	}
	_, query, _ := strings.Cut(r.Link("", r.Query, own...), "?")
	return query
}

// reader reads who asks for what, and of which edition of the pages. It gives a reader even
// with an error, for the error's page.
func (d *door) reader(c lang.Code, req *http.Request) (*page.Reader, edition, error) {
	snap, now := d.Index.Snapshot(), d.Clock().UTC()
	at := d.edition(snap, now)
	r := &page.Reader{
		House: &d.house, Lang: c, P: d.catalog.Printer(c), Snap: snap,
		Today: now.Format(time.DateOnly), Own: url.Values{},
		Path: strings.TrimPrefix(req.URL.Path, "/"+string(c)),
	}
	values, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return r, at, errs.New(errs.Invalid, "the address cannot be read: %w", err)
	}
	short, tidy := clean(values, r.Today)
	if c == lang.AR && short.Get("digits") == page.ArabicDigits {
		r.Digits, r.P = page.ArabicDigits, r.P.WithDigits(lang.Arabic)
	}
	for _, name := range page.OwnParams {
		if s := short.Get(name); s != "" {
			r.Own.Set(name, s)
		}
	}
	if err = unread(short); err != nil {
		return r, at, err
	}
	if r.Query, err = explore.ParseQuery(short, d.Pack); err != nil {
		return r, at, err
	}
	if err = snap.Strange(r.Query); err != nil {
		return r, at, err
	}
	if !tidy {
		to := r.Link(r.Path, explore.Query{})
		if query := canonical(r); query != "" {
			to += "?" + query
		}
		return r, at, seeOther(to)
	}
	return r, at, nil
}

// buffers are what pages are written into before they are compressed: a quarter of a megabyte
// each that need not be found anew.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (d *door) render(to io.Writer, c lang.Code, name string, data any) error {
	t, err := d.templates[c][name]()
	if err == nil {
		err = t.Execute(to, data)
	}
	if err != nil {
		return fmt.Errorf("web: render %s in %s: %w", name, c, err)
	}
	return nil
}

// seeOther is the answer to an address that has a shorter form; see fail.
type seeOther string

func (s seeOther) Error() string { return "see " + string(s) }

// toLanguage sends a reader whose address has no language to his own.
func (d *door) toLanguage(w http.ResponseWriter, req *http.Request) {
	to := "/" + string(lang.Match(req.Header.Get("Accept-Language"))) + req.URL.EscapedPath()
	if req.URL.RawQuery != "" {
		to += "?" + req.URL.RawQuery
	}
	h := w.Header()
	h.Set("Vary", "Accept-Language")
	h.Set("Cache-Control", "private, no-store")
	http.Redirect(w, req, to, http.StatusFound)
}

// static serves files whose names carry their hash; they never change.
func (d *door) static(w http.ResponseWriter, req *http.Request) {
	if made := d.files[req.PathValue("file")]; made != nil {
		if made.hits.Load() == 0 {
			made.hits.Store(1)
		}
		made.write(w, req, http.StatusOK)
		return
	}
	d.elsewhere(w, req)
}

// staticFiles are ready from the start; there are few.
func (d *door) staticFiles() (map[string]*response, error) {
	files := static.Files()
	list, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, err
	}
	out := map[string]*response{}
	for _, f := range list {
		data, err := fs.ReadFile(files, f.Name())
		if err != nil {
			return nil, err
		}
		out[f.Name()] = newResponse(data, []string{mime(f.Name())}, keepForever)
		out[f.Name()].press = &d.press
	}
	return out, nil
}

func mime(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".js":
		return "text/javascript; charset=utf-8"
	}
	return "application/octet-stream"
}

// healthz says that the process answers.
func (d *door) healthz(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") }

// readyz says that the register can be read and the index has caught up with it, but for the
// entries of the last moment.
func (d *door) readyz(w http.ResponseWriter, req *http.Request) {
	ctx, cancel := context.WithTimeout(req.Context(), 2*time.Second)
	defer cancel()
	head, err := d.Log.Head(ctx)
	switch {
	case err != nil:
		d.Logger.Error("not ready", "err", err)
		plain(w, http.StatusServiceUnavailable, "the register cannot be read\n")
	case d.Index.Snapshot().Size() < head.Size:
		plain(w, http.StatusServiceUnavailable, fmt.Sprintf("the index has %d of %d entries\n", d.Index.Snapshot().Size(), head.Size))
	default:
		plain(w, http.StatusOK, "ready\n")
	}
}

func plain(w http.ResponseWriter, status int, text string) int {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	n, _ := w.Write([]byte(text)) // an error here means HEAD, or that the reader has gone
	return n
}
