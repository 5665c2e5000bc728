package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"

	"stocktake/internal/errs"
)

// policy lets a page load our own style sheet, pictures and scripts, ask and send forms to ourselves,
// and nothing else.
const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// headers are those of every answer, in the form in which net/http keeps them.
var headers = []struct {
	name   string
	values []string
}{
	{"Content-Security-Policy", []string{policy}},
	{"X-Content-Type-Options", []string{"nosniff"}},
	{"Referrer-Policy", []string{"no-referrer"}},
	{"Permissions-Policy", []string{"accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=(), browsing-topics=()"}},
	{"Cross-Origin-Opener-Policy", []string{"same-origin"}},
	{"Cross-Origin-Resource-Policy", []string{"same-origin"}},
}

// guard stands round all routes: headers, pages that are ready, a page instead of a panic, one
// line in the log. The line names the route, never the reader: no address, no agent, no words
// of a question. Pages that are ready are counted, and told once a minute: a line for each
// would cost as much as the page.
func (d *door) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		begin := time.Now()
		h := w.Header()
		for i := range headers {
			h[headers[i].name] = headers[i].values
		}
		if made := d.ready(req); made != nil {
			_, n := made.write(w, req, http.StatusOK)
			d.tally.add(d.Logger, n, begin)
			return
		}
		watched := &watch{ResponseWriter: w}
		defer func() {
			if fault := recover(); fault != nil {
				if fault == http.ErrAbortHandler {
					panic(fault)
				}
				err, ours := fault.(*errs.Error) // of a list whose texts cannot be read
				if !ours {
					d.Logger.Error("panic", "route", req.Pattern, "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
				}
				switch {
				case watched.status != 0:
				case ours:
					d.fail(watched, req, d.anywhere(req), err)
				default:
					d.problem(watched, req, d.anywhere(req), http.StatusInternalServerError, "internal", nil)
				}
			}
			d.note(req, req.Pattern, watched.status, watched.bytes, begin)
		}()
		next.ServeHTTP(watched, req)
	})
}

func (d *door) note(req *http.Request, route string, status, bytes int, begin time.Time) {
	d.Logger.LogAttrs(req.Context(), slog.LevelInfo, "request", slog.String("method", req.Method), slog.String("route", route),
		slog.Int("status", status), slog.Int("bytes", bytes), slog.Duration("took", time.Since(begin).Round(time.Microsecond)))
	d.tally.tell(d.Logger, begin)
}

// tally counts answers that were ready.
type tally struct {
	answers, bytes atomic.Int64
	told           atomic.Int64 // when, in seconds
}

func (t *tally) add(l *slog.Logger, bytes int, now time.Time) {
	t.answers.Add(1)
	t.bytes.Add(int64(bytes))
	t.tell(l, now)
}

// tell writes the count where the last one is a minute old; the first request of a quiet time
// tells what came before it.
func (t *tally) tell(l *slog.Logger, now time.Time) {
	told := t.told.Load()
	if now.Unix()-told < 60 || !t.told.CompareAndSwap(told, now.Unix()) {
		return
	}
	if n := t.answers.Swap(0); n > 0 {
		l.Info("requests from memory", "answers", n, "bytes", t.bytes.Swap(0))
	}
}

// watch remembers what was answered.
type watch struct {
	http.ResponseWriter
	status int
	bytes  int
}

func (w *watch) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watch) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *watch) Unwrap() http.ResponseWriter { return w.ResponseWriter }
