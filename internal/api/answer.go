package api

import (
	"bytes"
	"compress/gzip"
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"stocktake/internal/pledge"
)

const (
	cacheBytes = 16 << 20 // of answers kept ready
	worthwhile = 512      // bytes below which compression gains nothing
	jsonType   = "application/json"
)

// answer serves one route: read the question, look whether it was answered already, else
// answer it and keep that.
func (d *door) answer(w http.ResponseWriter, req *http.Request, r route) {
	if to := d.otherwise(req); to != "" {
		h := w.Header()
		h.Set("Location", to)
		h.Set("Content-Length", "0")
		w.WriteHeader(http.StatusPermanentRedirect)
		return
	}
	q, err := d.ask(req, r)
	if err != nil {
		d.fail(w, req, err)
		return
	}
	key := q.key() // the handler may pin the question
	made, ok := d.cache.get(key)
	if !ok {
		if made, err = d.make(req.Context(), r, q); err != nil {
			d.fail(w, req, err)
			return
		}
		d.cache.put(key, made)
	}
	made.write(w, req, http.StatusOK)
}

// otherwise is the one address of a pledge whose id, or a party whose code, is written with other
// capitals or zeros than its own; nothing where it is written as it is.
func (d *door) otherwise(req *http.Request) string {
	is, name := req.PathValue("id"), "id"
	if code := req.PathValue("code"); code != "" {
		is, name = code, "code"
	}
	should := strings.ToLower(is)
	if name == "id" {
		if should = pledge.IDMeant(d.Pack.Code, is); should == "" {
			return ""
		}
	}
	if should == is {
		return ""
	}
	pattern := strings.Replace(req.Pattern, "{"+name+"}", url.PathEscape(should), 1)
	to := pattern[strings.Index(pattern, "/"):]
	if req.URL.RawQuery != "" {
		to += "?" + req.URL.RawQuery
	}
	return to
}

func (d *door) make(ctx context.Context, r route, q *question) (*answer, error) {
	v, err := r.serve(d, ctx, q)
	if err != nil {
		return nil, err
	}
	body, ready := v.([]byte)
	if !ready {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			return nil, fmt.Errorf("api: %s: %w", r.name, err)
		}
		body = b.Bytes()
	}
	link := fmt.Sprintf(`<%s/api/openapi.json>; rel="service-desc"`, d.BaseURL)
	if q.next != "" {
		link = fmt.Sprintf(`<%s>; rel="next", `, d.nextPage(q)) + link
	}
	return makeAnswer(body, jsonType, link), nil
}

// nextPage is the whole address of the next page.
func (d *door) nextPage(q *question) string {
	u := d.BaseURL + q.req.URL.EscapedPath() + "?"
	if s := q.query.Encode(); s != "" {
		u += s + "&"
	}
	if q.limit != usualLimit {
		u += "limit=" + strconv.Itoa(q.limit) + "&"
	}
	return u + "cursor=" + q.next
}

// answer is a body ready to be sent, plain and compressed, each with a strong tag of its own.
type answer struct {
	contentType, link string
	plain, gz         []byte
	tag, gzipTag      string
}

func makeAnswer(body []byte, contentType, link string) *answer {
	sum := sha256.Sum256(body)
	tag := base64.RawURLEncoding.EncodeToString(sum[:12])
	a := &answer{contentType: contentType, link: link, plain: body, tag: `"` + tag + `"`, gzipTag: `"` + tag + `-gz"`}
	if len(body) >= worthwhile {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(body) // writing to memory cannot fail
		_ = z.Close()
		a.gz = b.Bytes()
	}
	return a
}

func (a *answer) size() int { return len(a.plain) + len(a.gz) + len(a.link) + 256 }

// write sends the body in the coding that the reader accepts, or 304 where he has it already.
func (a *answer) write(w http.ResponseWriter, req *http.Request, status int) {
	h := w.Header()
	h.Set("Vary", "Accept-Encoding")
	body, tag := a.plain, a.tag
	coded := a.gz != nil && accepts(req.Header.Get("Accept-Encoding"), "gzip")
	if coded {
		body, tag = a.gz, a.gzipTag
	}
	if a.link != "" {
		h.Set("Link", a.link)
	}
	if status == http.StatusOK {
		h.Set("ETag", tag)
		h.Set("Cache-Control", "public, no-cache") // keep it, and ask whether it is still so
		if matches(req.Header.Values("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if coded {
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", a.contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if req.Method != http.MethodHead {
		_, _ = w.Write(body) // an error here means that the reader has gone
	}
}

// accepts reports whether an Accept-Encoding header takes the coding: named (or *), and not
// with the weight 0.
func accepts(header, coding string) bool {
	star := false
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		name = strings.TrimSpace(name)
		weight, weighed := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(params), " ", ""), "q=")
		wanted := !weighed || strings.Trim(weight, "0.") != ""
		if strings.EqualFold(name, coding) {
			return wanted
		}
		if name == "*" {
			star = wanted
		}
	}
	return star
}

// matches reports whether If-None-Match names the tag (weak comparison, as RFC 9110 asks).
func matches(headers []string, tag string) bool {
	for _, header := range headers {
		for part := range strings.SplitSeq(header, ",") {
			if part = strings.TrimSpace(part); part == "*" || strings.TrimPrefix(part, "W/") == tag {
				return true
			}
		}
	}
	return false
}

// cache keeps the answers used last, up to a number of bytes.
type cache struct {
	mu          sync.Mutex
	limit, used int
	order       *list.List // of *kept, the newest use first
	byKey       map[string]*list.Element
}

type kept struct {
	key  string
	made *answer
}

func (k *kept) size() int { return k.made.size() + len(k.key) }

func newCache(limit int) *cache {
	return &cache{limit: limit, order: list.New(), byKey: map[string]*list.Element{}}
}

func (c *cache) get(key string) (*answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*kept).made, true
}

// put keeps an answer, unless it alone would drive out a good part of the others.
func (c *cache) put(key string, a *answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := &kept{key, a}
	if _, ok := c.byKey[key]; ok || k.size() > c.limit/4 {
		return
	}
	c.byKey[key] = c.order.PushFront(k)
	for c.used += k.size(); c.used > c.limit; {
		last := c.order.Back()
		k := last.Value.(*kept)
		c.order.Remove(last)
		delete(c.byKey, k.key)
		c.used -= k.size()
	}
}
