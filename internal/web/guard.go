package web

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"time"
)

// policy lets a page load our own style sheet, pictures and scripts, send forms to ourselves,
// and nothing else.
const policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// headers are those of every answer.
var headers = [][2]string{
	{"Content-Security-Policy", policy},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "no-referrer"},
	{"Permissions-Policy", "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=(), browsing-topics=()"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
}

// guard stands round all routes: headers, a page instead of a panic, one line in the log. The
// line names the route, never the reader: no address, no agent, no words of a question.
func (d *door) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		for _, h := range headers {
			w.Header().Set(h[0], h[1])
		}
		watched := &watch{ResponseWriter: w}
		begin := time.Now()
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
			d.Logger.Info("request", "method", req.Method, "route", req.Pattern, "status", watched.status,
				"bytes", watched.bytes, "took", time.Since(begin).Round(time.Microsecond))
		}()
		next.ServeHTTP(watched, req)
	})
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
