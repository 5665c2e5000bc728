package web

import (
	"bytes"
	"compress/gzip"
	"container/list"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

const (
	cacheBytes = 48 << 20 // of pages kept ready
	worthwhile = 512      // bytes below which compression gains nothing
)

// response is a body ready to be sent, plain and compressed, each with a strong tag of its own.
type response struct {
	contentType  string
	plain, gz    []byte
	tag, gzipTag string
}

func make200(body []byte) *response { return makeResponse(body, "text/html; charset=utf-8") }

func makeResponse(body []byte, contentType string) *response {
	sum := sha256.Sum256(body)
	tag := base64.RawURLEncoding.EncodeToString(sum[:12])
	a := &response{contentType: contentType, plain: body, tag: `"` + tag + `"`, gzipTag: `"` + tag + `-gz"`}
	if len(body) >= worthwhile {
		var b bytes.Buffer
		// Neither writing to memory nor this level can fail.
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
		_, _ = z.Write(body)
		_ = z.Close()
		a.gz = b.Bytes()
	}
	return a
}

func (a *response) size() int { return len(a.plain) + len(a.gz) + 256 }

// write sends the body in the coding that the reader accepts, or 304 where he has it already.
func (a *response) write(w http.ResponseWriter, req *http.Request) {
	a.writeStatus(w, req, http.StatusOK)
}

func (a *response) writeStatus(w http.ResponseWriter, req *http.Request, status int) {
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	body, tag := a.plain, a.tag
	coded := a.gz != nil && accepts(req.Header.Get("Accept-Encoding"), "gzip")
	if coded {
		body, tag = a.gz, a.gzipTag
	}
	if status == http.StatusOK {
		h.Set("ETag", tag)
		if h.Get("Cache-Control") == "" {
			h.Set("Cache-Control", "public, no-cache") // keep it, and ask whether it is still so
		}
		if matches(req.Header.Get("If-None-Match"), tag) {
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

// accepts reports whether an Accept-Encoding header takes the coding: named (or *) and not
// with the weight 0.
func accepts(header, coding string) bool {
	star := false
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		name = strings.TrimSpace(name)
		q := strings.ReplaceAll(strings.TrimSpace(params), " ", "")
		refused := strings.HasPrefix(q, "q=0") && strings.Trim(q[3:], ".0") == ""
		if strings.EqualFold(name, coding) {
			return !refused
		}
		if name == "*" {
			star = !refused
		}
	}
	return star
}

// matches reports whether an If-None-Match header names the tag (weak comparison, as it asks).
func matches(header, tag string) bool {
	if strings.TrimSpace(header) == "*" {
		return true
	}
	for part := range strings.SplitSeq(header, ",") {
		if strings.TrimPrefix(strings.TrimSpace(part), "W/") == tag {
			return true
		}
	}
	return false
}

// cache keeps the answers used last, up to a number of bytes. Keys name the register's size and
// the day, so that nothing in it is ever out of date.
type cache struct {
	mu    sync.Mutex
	limit int
	used  int
	order *list.List // of *kept, the newest use first
	byKey map[string]*list.Element
}

type kept struct {
	key  string
	made *response
}

func newCache(limit int) *cache {
	return &cache{limit: limit, order: list.New(), byKey: map[string]*list.Element{}}
}

func (c *cache) get(key string) (*response, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*kept).made, true
}

func (c *cache) put(key string, a *response) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byKey[key]; ok || a.size() > c.limit/4 {
		return
	}
	c.byKey[key] = c.order.PushFront(&kept{key: key, made: a})
	c.used += a.size() + len(key)
	for c.used > c.limit {
		last := c.order.Back()
		k := last.Value.(*kept)
		c.order.Remove(last)
		delete(c.byKey, k.key)
		c.used -= k.made.size() + len(k.key)
	}
}
