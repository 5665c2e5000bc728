// Package office is the machine room of the desk: which letters went out and what they said, the
// words of letters, and the jobs that wait. It also has the page where a person says that they
// want no more letters of a kind.
package office

import (
	"embed"
	"io/fs"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/mail"
	"stocktake/internal/web/work/kit"
)

//go:embed pages/*.html
var pages embed.FS

//go:embed messages/*.json
var messages embed.FS

// office has what the pages work with.
type office struct {
	db    *db.DB
	mail  *mail.Office
	audit *access.Book
}

// Paths of the pages.
const (
	outboxPath  = "/desk/outbox"
	lettersPath = "/desk/letters"
	jobsPath    = "/desk/jobs"
	minePath    = "/account/letters"
)

// Area is the part of the workspace.
func Area(d *db.DB, m *mail.Office, book *access.Book) kit.Area {
	o := &office{db: d, mail: m, audit: book}
	templates, err := fs.Sub(pages, "pages")
	if err != nil {
		panic(err) // the name is a constant and valid
	}
	off := mail.OffPath("{token}")
	return kit.Area{
		Name: "office", Templates: templates, Messages: messages,
		Pages: map[string]any{
			"outbox": &outboxPage{}, "letter": &letterPage{}, "templates": &templatesPage{}, "template": &templatePage{},
			"jobs": &jobsPage{}, "choice": &choicePage{}, "mine": &minePage{},
		},
		Menu: []kit.Entry{
			{Path: outboxPath, Key: "office.outbox", Order: 70},
			{Path: jobsPath, Key: "office.jobs", Order: 74},
			{Path: minePath, Key: "office.mine", Order: 92},
		},
		Routes: []kit.Route{
			{Method: "GET", Path: outboxPath, Action: access.ReadMailLog, Serve: o.outbox},
			{Method: "GET", Path: outboxPath + "/{id}", Action: access.ReadOutbox, Serve: o.letter},
			{Method: "POST", Path: outboxPath + "/{id}", Action: access.RetryJob, Serve: o.letterAct},
			{Method: "GET", Path: lettersPath, Action: access.WriteTemplate, Serve: o.templates},
			{Method: "GET", Path: lettersPath + "/{name}/{code}", Action: access.WriteTemplate, Serve: o.template},
			{Method: "POST", Path: lettersPath + "/{name}/{code}", Action: access.WriteTemplate, Serve: o.template},
			{Method: "GET", Path: jobsPath, Action: access.ReadJobs, Serve: o.jobs},
			{Method: "POST", Path: jobsPath, Action: access.RetryJob, Serve: o.jobsAct},
			{Method: "GET", Path: minePath, Action: access.WritePerson, Serve: o.mine},
			{Method: "POST", Path: minePath, Action: access.WritePerson, Serve: o.mine},
			{Method: "GET", Path: off, Serve: o.choice},
			{Method: "POST", Path: off, Serve: o.choose, Tries: true},
		},
	}
}
