// Package kit is what all pages of the workspace share: routes with the right that they need,
// the session, the frame, forms, tables, notices, and the pages of errors. An area of the
// workspace (sign, people, my, desk, follow, tongue) is a folder beside this one with a table
// of routes, a template for each page, and its messages in six languages.
//
// A whole page:
//
//	// area.go
//	package call
//
//	//go:embed *.html
//	var templates embed.FS
//
//	//go:embed messages/*.json          keys "call.…" in six files
//	var messages embed.FS
//
//	// New is the area of calls.
//	func New(desk *intake.Desk) kit.Area {
//		a := area{desk}
//		return kit.Area{
//			Name: "call", Templates: templates, Messages: messages,
//			Pages: map[string]any{"call": &Page{}},                      // file call.html, with its type
//			Menu:  []kit.Entry{{Path: "/desk/calls", Key: "call.menu", Order: 40}},
//			Routes: []kit.Route{
//				{Method: "GET", Path: "/desk/calls/{id}", Action: access.WriteCall, Serve: a.show},
//				{Method: "POST", Path: "/desk/calls/{id}", Action: access.WriteCall, Serve: a.save},
//			},
//		}
//	}
//
//	// call.go
//	type Page struct {
//		Name string
//		Ends kit.Moment
//		Form *kit.Form
//	}
//
//	func (a area) show(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
//		c, err := a.desk.Call(r.Context(), r.Person, r.PathValue("id"))   // checks the right itself
//		if err != nil {
//			return nil, err                                             // becomes a page
//		}
//		return a.page(r, c, a.form(r, c)), nil
//	}
//
//	func (a area) form(r *kit.Request, c intake.Call) *kit.Form {
//		f := r.NewForm(c.Version)                                       // reads what was sent, on a POST
//		f.Text("title", "call.title", c.Title).Must().Upto(120)         // call.title.hint, if it is there, is the hint
//		f.Date("ends", "call.ends", c.Ends)
//		return f
//	}
//
//	func (a area) save(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
//		c, err := a.desk.Call(r.Context(), r.Person, r.PathValue("id"))
//		if err != nil {
//			return nil, err
//		}
//		f := a.form(r, c)
//		if f.Valid() {                                                  // what Must, Upto and the kinds ask for
//			c.Title, c.Ends = f.Value("title"), f.Value("ends")
//			if err := a.desk.SaveCall(r.Context(), r.Person, c, f.Version); f.Refused(err) {
//				return kit.Done("/desk/calls", "call.done.saved"), err  // err is nil, or no fault of the form
//			}
//		}
//		return a.page(r, c, f), nil                                     // again, with what was typed; 422
//	}
//
//	func (a area) page(r *kit.Request, c intake.Call, f *kit.Form) kit.Answer {
//		return kit.Page{Name: "call", Title: "call.title", Data: &Page{c.Title, r.Moment(c.Closes), f}, Form: f}
//	}
//
//	// call.html
//	{{define "page"}}<h1 class="title">{{.Name}}</h1>
//	<p class="note">{{HTML "call.ends_at" "time" (moment .Ends)}}</p>
//	<form {{attrs .Form}}>{{template "errors" .Form}}{{template "fields" .Form}}
//	<p class="actions"><button>{{T "work.save"}}</button></p></form>{{end}}
//
// Its test is kittest.Area(t, New(nil)) for templates and messages, and kittest.Server for what
// the page does. The routes of all areas with all roles are tried by a test in package work.
//
// Parts of templates: "errors", "fields", "field", "hidden" (of a Form; see form.go), "tabs",
// "pager", "empty", "moment", "done"; classes: title, note, actions, panes, data, tabs, badge,
// card, danger, quiet (see kit.css). Functions: T, HTML, num, date, bdi, link (a path in the
// reader's language), attrs (of a form), moment, plus those of package page. A button or link
// with data-key="a" is pressed by the key a; a form with data-autosave saves itself.
// A page's own CSS stands beside it as <area>.css in @layer parts; the sheet and the script
// are made by "cd tools && go run ./bundle".
package kit

import (
	"io"
	"io/fs"
	"net/url"
	"strings"
	"time"

	"stocktake/internal/access"
)

// Area is a part of the workspace: its routes, pages and messages.
type Area struct {
	Name      string // of the folder, and the first part of its message keys
	Routes    []Route
	Pages     map[string]any // the data of each page by the name of its template, as pointers to empty values
	Menu      []Entry
	Templates fs.FS // <page>.html defines "page"; _<anything>.html is shared by the pages of the area
	Messages  fs.FS // six <code>.json, here or in the folder messages
}

// Route is one address of the workspace. It stands under the prefix of each language; without
// one the reader is sent to the own. A POST goes to the path of its form.
type Route struct {
	Method string        // "GET" (answers HEAD too) or "POST"
	Path   string        // "/desk/{ref}", without the language
	Action access.Action // what one must be allowed to do to anything at all to come in; "" is open to everybody
	Serve  func(*Kit, *Request) (Answer, error)
	Body   int64 // how much may be sent; 0: 256 KB. Files need more, and get the time for it.
	Tries  bool  // counted strictly: sending a letter, trying a link
}

// Entry is a line of the menu. It shows where the route with its path can be entered. One
// whose path lies below that of another ("/desk/calls" below "/desk") shows within that section
// only, which is called "work.section.desk" if there is such a message; see menu.go.
type Entry struct {
	Path, Key string
	Order     int      // my 10, desk 20, translations 30, people 60, account 90
	Also      []string // paths elsewhere that are part of it
}

// Answer is what a page answers: Page, Redirect, File, Saved or JSON.
type Answer interface{ answer() }

// Page is made of a template of the area and its data.
type Page struct {
	Name      string // of the template
	Title     string // a message key, with TitleArgs
	TitleArgs []any
	Data      any
	Status    int   // 0: 200, or 422 where Form has faults
	Form      *Form // the page's form if it has one: with faults the title says so first
	Wide      bool  // two panes: the page takes the whole width
}

// Redirect leads to a path of the workspace without the language, "/my?state=draft", with 303.
type Redirect string

// Elsewhere leads to an address outside, as the sign-in of another site.
type Elsewhere string

// Done is the redirect after something was done, with the notice that says so: a key of the
// form "<area>.done.<what>". The page shows it once, to the browser that was led there.
func Done(path, key string) Redirect {
	to, fragment, has := strings.Cut(path, "#")
	sep := "?"
	if strings.Contains(to, "?") {
		sep = "&"
	}
	to += sep + "done=" + url.QueryEscape(key)
	if has {
		to += "#" + fragment
	}
	return Redirect(to)
}

// File is handed over to be kept, never shown in the browser.
type File struct {
	Name, Type string
	Content    io.ReadSeeker
	Closer     io.Closer // closed when it was sent; may be nil
}

// Saved answers the script that saves a form while it is written; see Request.Autosaving.
type Saved struct {
	Version string // for the next save
	At      time.Time
	Form    *Form   // faults are told beside their fields; nil: none
	Region  *Region // of the page, made anew; nil: none was asked for
}

// Region is a part of a page beside a form that saves itself, which the script replaces after a
// save. On the page it stands in an element with data-region="<Template>" and data-says="<Says>".
type Region struct {
	Page     string // whose templates it is made with
	Template string
	Data     any
	Says     string // what has changed, in a few words, for whoever does not see it
}

// JSON answers a script.
type JSON struct{ Value any }

// WithCookie is an answer that leaves a short note in the browser, for a sign-in that goes over
// several pages; Note reads it. An empty value takes it away.
type WithCookie struct {
	Answer
	Name, Value string
	For         time.Duration
}

// WithNotice is an answer that leads to a path by other means than Redirect, where Done made
// the path: its notice will be shown there.
type WithNotice struct {
	Answer
	To string
}

func (Page) answer()      {}
func (Redirect) answer()  {}
func (Elsewhere) answer() {}
func (File) answer()      {}
func (Saved) answer()     {}
func (JSON) answer()      {}

// WithSession is an answer that also signs the browser in (a cookie of a session) or, with an
// empty one, out.
type WithSession struct {
	Answer
	Cookie string
	Until  time.Time
}
