package web

import (
	"net/http"

	"stocktake/internal/lang"
	"stocktake/internal/web/page"
)

type servedPage struct {
	path, name string
	serve      func(*door, *http.Request, *page.Reader) (any, error)
}

// pages are the public pages, the same under the prefix of each language. A page's name is
// that of its folder under page/.
var pages = []servedPage{
	{"/{$}", "dashboard", (*door).dashboard},
	{"/changes", "changes", (*door).changes},
	{"/pledges", "pledges", (*door).pledges},
	{"/pledges/{id}", "pledge", (*door).pledge},
	{"/pledges/{id}/history", "history", (*door).history},
	{"/parties", "parties", (*door).parties},
	{"/parties/{code}", "party", (*door).party},
	{"/objectives", "objectives", (*door).objectives},
	{"/objectives/{n}", "objective", (*door).objective},
	{"/about", "about", (*door).about},
	{"/about/figures", "figures", (*door).figures},
}

// routes is the whole site on one page. "GET" answers HEAD as well; whatever is not listed
// ends in elsewhere: another method is a 405, another path a 404. The workspace lists its own
// routes, and what it owns comes before what stands here (/pledges/new before /pledges/{id}).
func (d *door) routes() http.Handler {
	mux := http.NewServeMux()
	for _, p := range pages {
		for _, c := range lang.All {
			mux.Handle("GET /"+string(c)+p.path, d.page(c, p.name, p.serve))
		}
		mux.HandleFunc("GET "+p.path, d.toLanguage) // without a language: to the reader's own
	}
	for _, c := range lang.All {
		mux.Handle("GET /"+string(c)+"/charts/{file}", d.chart(c))
		mux.Handle("GET /"+string(c), http.RedirectHandler("/"+string(c)+"/", http.StatusMovedPermanently))
	}
	mux.HandleFunc("GET /static/{file}", d.static)
	mux.HandleFunc("GET /healthz", d.healthz)
	mux.HandleFunc("GET /readyz", d.readyz)
	mux.HandleFunc("/", d.elsewhere)
	if d.Work == nil {
		return d.guard(mux)
	}
	return d.guard(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if d.Work.Owns(req) {
			d.Work.ServeHTTP(w, req)
			return
		}
		mux.ServeHTTP(w, req)
	}))
}
