package web

import (
	"context"
	"net/http"
	"strings"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/web/page/dashboard"
)

var chartTypes = map[string][]string{"csv": {"text/csv; charset=utf-8"}, "svg": {"image/svg+xml"}, "tsv": {"text/tab-separated-values; charset=utf-8"}}

// chart serves a figure of the overview as a file, under the same filters, kept ready as the
// pages are.
func (d *door) chart(c lang.Code) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		name, kind, _ := strings.Cut(req.PathValue("file"), ".")
		r, at, err := d.reader(c, req)
		if err == nil && chartTypes[kind] == nil {
			err = errs.New(errs.NotFound, "no chart %q", req.PathValue("file"))
		}
		if err != nil {
			d.fail(w, req, r, err)
			return
		}
		made, err := d.made(req.Context(), at, target{req.URL.Path, canonical(r)}, func(ctx context.Context) (*response, error) {
			if err := d.look(ctx, r); err != nil {
				return nil, err
			}
			body, err := dashboard.Chart(r, name, kind)
			if err != nil {
				return nil, err
			}
			return newResponse(body, chartTypes[kind], keepAndAsk), nil
		})
		if err != nil {
			d.fail(w, req, r, err)
			return
		}
		if kind != "tsv" { // which is for the clipboard
			way := "attachment"
			if kind == "svg" { // which a browser can show
				way = "inline"
			}
			w.Header().Set("Content-Disposition", way+`; filename="`+dashboard.FileName(r, name, kind)+`"`)
		}
		made.write(w, req, http.StatusOK)
	})
}
