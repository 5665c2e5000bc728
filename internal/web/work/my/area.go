// Package my is where a party works: what it has in hand, the form in short steps, the draft with
// its thread and history, the files, the form that is filled in without a network.
package my

import (
	"context"
	"embed"
	"sync"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/blob"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kit"
)

//go:embed *.html
var templates embed.FS

//go:embed messages/*.json
var messages embed.FS

// Options are what the pages work with.
type Options struct {
	Desk  *intake.Desk
	Files *blob.Store // nil: nothing can be attached
	Index *explore.Index

	// What other rooms have for the overview; nil where there is nothing.
	Reports      func(ctx context.Context, by access.Person) ([]Due, error)
	Translations func(ctx context.Context, by access.Person) ([]Due, error)
}

// Due is something that waits for the person elsewhere in the workspace.
type Due struct {
	Pledge string // id
	Title  string
	Lang   lang.Code // of the title; "" for that of the page
	Into   lang.Code // of a translation
	Path   string    // without the language
	On     string    // day, "" for none
	Late   bool
	Ahead  bool      // not asked for yet
	Until  time.Time // a report that waits until then
	Yours  bool      // the person can confirm it
	Alone  bool      // nobody can
	Review bool      // only the secretariat is still to decide on it
}

type area struct {
	desk  *intake.Desk
	files *blob.Store
	index *explore.Index
	o     Options

	sorted sync.Map // lists of places by language
	terms  terms
}

const fileBody = blob.MaxBytes + 1<<20 // a file with the rest of its form

// New is the area of the parties.
func New(o Options) kit.Area {
	a := &area{desk: o.Desk, files: o.Files, index: o.Index, o: o}
	out := kit.Area{
		Name: "my", Templates: templates, Messages: messages,
		Pages: map[string]any{"list": &List{}, "step": &Step{}, "check": &Check{}, "show": &Show{}, "preview": &Preview{}, "offline": &Offline{}, "board": &Board{}, "method": &Method{}},
		Menu:  []kit.Entry{{Path: "/my", Key: "my.menu", Order: 10, Also: []string{"/pledges/new"}}, {Path: "/my/needs", Key: "my.board", Order: 15}},
		Routes: []kit.Route{
			{Method: "GET", Path: "/my", Action: access.EnterMy, Serve: a.list},
			{Method: "POST", Path: "/my", Action: access.EnterMy, Serve: a.adopt},
			{Method: "GET", Path: "/my/needs", Action: access.EnterMy, Serve: a.board},
			{Method: "GET", Path: "/about/method", Serve: a.method},
			{Method: "GET", Path: "/pledges/new", Action: access.CreatePledge, Serve: a.begin},
			{Method: "POST", Path: "/pledges/new", Action: access.CreatePledge, Serve: a.begin},
			{Method: "GET", Path: "/pledges/new/offline", Action: access.CreatePledge, Serve: a.offline},
			{Method: "POST", Path: "/pledges/new/offline", Action: access.CreatePledge, Serve: a.upload, Body: fileBody},
			{Method: "GET", Path: "/pledges/new/form.xlsx", Action: access.CreatePledge, Serve: a.download("xlsx")},
			{Method: "GET", Path: "/pledges/new/form.docx", Action: access.CreatePledge, Serve: a.download("docx")},
			{Method: "GET", Path: "/my/{ref}", Action: access.EnterMy, Serve: a.show},
			{Method: "POST", Path: "/my/{ref}", Action: access.EnterMy, Serve: a.do},
			{Method: "GET", Path: "/my/{ref}/edit/{step}", Action: access.EnterMy, Serve: a.step},
			{Method: "POST", Path: "/my/{ref}/edit/{step}", Action: access.EnterMy, Serve: a.save, Body: fileBody},
			{Method: "GET", Path: "/my/{ref}/check", Action: access.EnterMy, Serve: a.check},
			{Method: "GET", Path: "/my/{ref}/preview", Action: access.EnterMy, Serve: a.preview},
			{Method: "GET", Path: "/my/{ref}/form.xlsx", Action: access.EnterMy, Serve: a.filled("xlsx")},
			{Method: "GET", Path: "/my/{ref}/form.docx", Action: access.EnterMy, Serve: a.filled("docx")},
		},
	}
	if a.files != nil {
		out.Routes = append(out.Routes,
			kit.Route{Method: "GET", Path: "/my/{ref}/files/{hash}", Action: access.EnterMy, Serve: a.file},
			kit.Route{Method: "GET", Path: "/pledges/{id}/files/{hash}", Serve: a.publicFile},
			kit.Route{Method: "GET", Path: "/pledges/{id}/files/{hash}/salt", Serve: a.publicSalt})
	}
	return out
}
