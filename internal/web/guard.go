package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// policy lets a page load our own style sheet, pictures and scripts, send forms to ourselves,
// and nothing else.
const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; " +
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
// of a question.
func (d *door) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		begin := time.Now()
		h := w.Header()
		for i := range headers {
			h[headers[i].name] = headers[i].values
		}
		if made := d.ready(req); made != nil {
			status, n := made.write(w, req, http.StatusOK)
			d.note(req, made.route, status, n, begin)
			return
		}
		watched := &watch{ResponseWriter: w}
		defer func() {
			if fault := recover(); fault != nil {
				if fault == http.ErrAbortHandler {
					panic(fault)
				}
				d.Logger.Error("panic", "route", req.Pattern, "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
				if watched.status == 0 {
					d.problem(watched, req, d.anywhere(req), http.StatusInternalServerError, "internal", nil)
				}
			}
			d.note(req, req.Pattern, watched.status, watched.bytes, begin)
		}()
		next.ServeHTTP(watched, req)
	})
}

func (d *door) note(req *http.Request, route string, status, bytes int, begin time.Time) {
	if !d.Logger.Enabled(req.Context(), slog.LevelInfo) {
		return
	}
	d.Logger.LogAttrs(req.Context(), slog.LevelInfo, "request", slog.String("method", req.Method), slog.String("route", route),
		slog.Int("status", status), slog.Int("bytes", bytes), slog.Duration("took", time.Since(begin).Round(time.Microsecond)))
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
