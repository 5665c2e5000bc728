package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/web/page"
	"stocktake/internal/web/static"
)

// page serves one page in one language: read the question, look whether the page is made
// already, else make it and keep it.
func (d *door) page(c lang.Code, name string, build func(*door, *http.Request, *page.Reader) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r, key, err := d.reader(c, req)
		if err != nil {
			d.fail(w, req, r, err)
			return
		}
		if made, ok := d.cache.get(key); ok {
			made.write(w, req)
			return
		}
		data, err := build(d, req, r)
		if err != nil {
			d.fail(w, req, r, err)
			return
		}
		body, err := d.render(c, name, data)
		if err != nil {
			d.fail(w, req, r, err)
			return
		}
		made := make200(body)
		d.cache.put(key, made)
		made.write(w, req)
	})
}

// reader reads who asks for what. It gives a reader even with an error, for the error's page.
func (d *door) reader(c lang.Code, req *http.Request) (*page.Reader, string, error) {
	snap := d.Index.Snapshot()
	r := &page.Reader{
		House: &d.house, Lang: c, P: d.catalog.Printer(c), Snap: snap,
		Today: d.Clock().UTC().Format(time.DateOnly), Own: url.Values{},
		Path: strings.TrimPrefix(req.URL.Path, "/"+string(c)),
	}
	values, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return r, "", errs.New(errs.Invalid, "the address cannot be read: %w", err)
	}
	short, tidy := clean(values, r.Today)
	for _, name := range page.OwnParams {
		if s := short.Get(name); s != "" {
			r.Own.Set(name, s)
		}
	}
	if r.Query, err = explore.ParseQuery(short, d.Pack); err != nil {
		return r, "", err
	}
	if !tidy {
		to := r.Path
		var own []string
		for _, name := range page.OwnParams {
			own = append(own, name, r.Own.Get(name))
		}
		return r, "", seeOther(r.Link(to, r.Query, own...))
	}
	key := fmt.Sprintf("%d %s %s %s ? %s & %s", snap.Size(), r.Today, c, r.Path, r.Query.Encode(), r.Own.Encode())
	return r, key, nil
}

func (d *door) render(c lang.Code, name string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := d.templates[c][name].Execute(&b, data); err != nil {
		return nil, fmt.Errorf("web: render %s in %s: %w", name, c, err)
	}
	return b.Bytes(), nil
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
	name := path.Base(req.PathValue("file"))
	key := "static " + name
	made, ok := d.cache.get(key)
	if !ok {
		data, err := fs.ReadFile(static.Files(), name)
		if err != nil {
			d.elsewhere(w, req)
			return
		}
		made = makeResponse(data, mime(name))
		d.cache.put(key, made)
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	made.write(w, req)
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

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if _, err := w.Write([]byte(text)); err != nil && !errors.Is(err, http.ErrBodyNotAllowed) {
		return // the reader has gone
	}
}
