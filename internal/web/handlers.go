package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"stocktake/internal/errs"
	"stocktake/internal/explore"
	capability "stocktake/internal/pledge"
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
)

func (d *door) dashboard(_ *http.Request, r *page.Reader) (any, error) {
	if view := r.Own.Get("view"); view != "" && view != dashboard.Implementation {
		return nil, errs.InvalidFields(errs.Field{Field: "view", Value: view, Message: "must be " + dashboard.Implementation})
	}
	return some(dashboard.Build(r))
}

func (d *door) pledges(_ *http.Request, r *page.Reader) (any, error) {
	n, err := pageNumber(r)
	if err != nil {
		return nil, err
	}
	return some(pledges.Build(r, n))
}

func (d *door) changes(_ *http.Request, r *page.Reader) (any, error) {
	n, err := pageNumber(r)
	if err != nil {
		return nil, err
	}
	return some(changes.Build(r, n))
}

// pageNumber is the page of a list, from 1.
func pageNumber(r *page.Reader) (int, error) {
	s := r.Own.Get("page")
	if s == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, errs.InvalidFields(errs.Field{Field: "page", Value: s, Message: "must be a number, 1 or more"})
	}
	return n, nil
}

func (d *door) parties(_ *http.Request, r *page.Reader) (any, error) { return some(parties.Build(r)) }

// party shows one party. An address in capitals, as the codes of ISO are written, moves to the one address.
func (d *door) party(req *http.Request, r *page.Reader) (any, error) {
	code := req.PathValue("code")
	if small := strings.ToLower(code); small != code {
		return nil, moved(r.Link("/parties/"+url.PathEscape(small), r.Query))
	}
	if r.Query.Filtered() {
		if _, err := r.Snap.Party(code, r.Pin(), r.Today); err != nil {
			return nil, err
		}
		return nil, theRows(r, "party", code)
	}
	return some(party.Build(r, code))
}

// theRows leads from the page of one thing, which no filter narrows, to the pledges that a question with
// filters asks for: the page would answer another question, and nobody would notice.
func theRows(r *page.Reader, name, value string) error {
	return seeOther(r.List(r.Query.Only(name, value)))
}

func (d *door) objectives(_ *http.Request, r *page.Reader) (any, error) {
	return some(objectives.Build(r))
}

func (d *door) objective(req *http.Request, r *page.Reader) (any, error) {
	n := req.PathValue("n")
	if i, err := strconv.Atoi(n); err == nil && strconv.Itoa(i) == n && r.Query.Filtered() {
		if _, known := d.Pack.Objective(i); known {
			return nil, theRows(r, "objective", n)
		}
	}
	return some(objective.Build(r, n))
}

func (d *door) figures(_ *http.Request, r *page.Reader) (any, error) { return some(figures.Build(r)) }

func (d *door) about(_ *http.Request, r *page.Reader) (any, error) {
	return some(about.Build(r, d.Log.Key()))
}

// pledge shows one pledge. An address with a slug, or in small letters, moves to the one address.
func (d *door) pledge(req *http.Request, r *page.Reader) (any, error) {
	id, err := d.id(r, req.PathValue("id"), "")
	if err != nil {
		return nil, err
	}
	it, err := r.Snap.Pledge(id, r.Pin(), r.Today)
	if err != nil {
		return nil, err
	}
	v, err := r.View(r.Pin())
	if err != nil {
		return nil, err
	}
	match, answers, err := matching(r, v, it)
	if err != nil {
		return nil, err
	}
	e, err := d.Log.Entry(req.Context(), it.Position)
	if err != nil {
		return nil, err
	}
	entry := pledge.Entry{Size: v.Size, Recorded: e.Header.Recorded, Leaf: e.Leaf(), Kept: d.kept(req.Context(), r, it),
		Comments: d.Work != nil && capability.Mandated(d.Pack, capability.CommentKind)}
	if entry.Voices, err = capability.Voices(req.Context(), d.Log, d.Pack, id, v.Size, v.AsOf); err != nil {
		return nil, err
	}
	return pledge.Build(r, v, it, answers, match, entry), nil
}

// kept are the hashes of the files that can be had: those that the pledge still names today.
func (d *door) kept(ctx context.Context, r *page.Reader, it *explore.Item) (hashes []string) {
	if d.Attached == nil || len(it.Pledge.Attachments) == 0 {
		return nil
	}
	now, err := r.Snap.Pledge(it.Pledge.ID, explore.Query{}, r.Today)
	if err != nil {
		return nil
	}
	for _, f := range now.Pledge.Attachments {
		if d.Attached(ctx, f.SHA256) {
			hashes = append(hashes, f.SHA256)
		}
	}
	return hashes
}

// matching finds the pledge that this one answers, and those that answer this one.
func matching(r *page.Reader, v *explore.View, it *explore.Item) (match *explore.Item, answers []*explore.Item, err error) {
	find := func(id string) (*explore.Item, error) {
		other, err := r.Snap.Pledge(id, r.Pin(), r.Today)
		if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Gone) {
			return nil, nil // named, and not (or no longer) to be shown
		}
		return other, err
	}
	if id := it.Pledge.Matches; id != "" {
		if match, err = find(id); err != nil {
			return nil, nil, err
		}
	}
	for _, id := range v.Answers(it.Pledge.ID) {
		other, err := find(id)
		if err != nil {
			return nil, nil, err
		}
		if other != nil {
			answers = append(answers, other)
		}
	}
	return match, answers, nil
}

func (d *door) history(req *http.Request, r *page.Reader) (any, error) {
	id, err := d.id(r, req.PathValue("id"), "/history")
	if err != nil {
		return nil, err
	}
	it, err := r.Snap.Pledge(id, r.Pin(), r.Today)
	if err != nil {
		return nil, err
	}
	v, err := r.View(r.Pin())
	if err != nil {
		return nil, err
	}
	answers, err := r.Snap.Answers(id, r.Pin(), r.Today)
	if err != nil {
		return nil, err
	}
	events, err := capability.History(req.Context(), d.Log, id, answers...)
	if err != nil {
		return nil, err
	}
	return history.Build(r, v, it, events), nil
}

// id reads the id of a pledge from an address: in any case, with any slug, and moves to the one address.
func (d *door) id(r *page.Reader, s, rest string) (string, error) {
	code := d.Pack.Code
	tail, ok := cutFold(s, code+"-")
	if !ok {
		return "", errs.New(errs.NotFound, "no pledge %q", s)
	}
	digits, _, _ := strings.Cut(tail, "-")
	serial, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || serial < 1 || digits[0] == '+' {
		return "", errs.New(errs.NotFound, "no pledge %q", s)
	}
	id := capability.IDOf(code, serial)
	if id != s {
		return "", moved(r.Link("/pledges/"+id+rest, r.Query))
	}
	return id, nil
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) <= len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}

// moved is the answer of a page that has another address; see fail.
type moved string

func (m moved) Error() string { return "moved to " + string(m) }

// some keeps a nil pointer from becoming a page that is not nil.
func some[T any](p *T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return p, nil
}
