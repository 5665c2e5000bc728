// Package follow has the pages on which progress is reported: the one behind the link of a letter,
// which needs no account; the one of a focal point who has signed in; and the desk's list of what
// is due, overdue, waiting and unreachable.
package follow

import (
	"bytes"
	"context"
	"embed"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/followup"
	"stocktake/internal/web/page"
	"stocktake/internal/web/work/kit"
)

//go:embed *.html
var templates embed.FS

//go:embed messages/*.json
var messages embed.FS

const (
	letterPath  = "/r/{token}"
	receiptPath = "/r/{token}/receipt"
	minePath    = "/my/{id}/report"
	deskPath    = "/desk/followup"
	publicPath  = "/about/follow-up"
)

// Published is the id of the public pledge that a private reference leads to; "" where it is not
// public yet, an error where the person may not know of it.
type Published func(ctx context.Context, by access.Person, ref string) (id string, err error)

type area struct {
	office    *followup.Office
	published Published
	unreached *daily
}

// New is the area of following up. published may be nil: then only ids lead to pledges.
func New(office *followup.Office, published Published) kit.Area {
	a := area{office, published, &daily{}}
	return kit.Area{
		Name: "follow", Templates: templates, Messages: messages,
		Pages: map[string]any{"letter": &letterPage{}, "confirm": &confirmPage{}, "answered": &answeredPage{}, "mine": &minePage{}, "desk": &deskPage{}, "public": &publicPage{}},
		Menu:  []kit.Entry{{Path: deskPath, Key: "follow.menu", Order: 25}},
		Routes: []kit.Route{
			{Method: "GET", Path: letterPath, Serve: a.letter},
			{Method: "POST", Path: letterPath, Serve: a.answer, Tries: true},
			{Method: "GET", Path: receiptPath, Serve: a.receipt},
			{Method: "GET", Path: publicPath, Serve: a.public},
			{Method: "GET", Path: minePath, Action: access.ReadReport, Serve: a.mine},
			{Method: "POST", Path: minePath, Action: access.ReadReport, Serve: a.report},
			{Method: "GET", Path: deskPath, Action: access.ReadSchedule, Serve: a.desk},
			{Method: "POST", Path: deskPath, Action: access.WriteSchedule, Serve: a.settle},
		},
	}
}

// Told is a report as these pages show it.
type Told struct {
	Number    int
	On, Stage string
	Mark      string // the slug of the stage
	Narrative []page.Said
	Values    []page.Pair
	Spent     string
	Barriers  page.Said
	Support   page.Said
	Evidence  []Evidence
}

// Evidence is a link with its date and source.
type Evidence struct{ URL, Title, On, Source string }

func told(r *kit.Request, rep pledge.Report) Told {
	t := Told{
		Number: rep.Number, On: r.P.Date(rep.On), Stage: r.T("word.stage." + string(rep.Stage)), Mark: string(rep.Stage),
		Barriers: page.Say(rep.Barriers, rep.Language), Support: page.Say(rep.Support, rep.Language),
	}
	for line := range strings.Lines(rep.Narrative) {
		if line = strings.TrimSpace(line); line != "" {
			t.Narrative = append(t.Narrative, page.Say(line, rep.Language))
		}
	}
	for _, v := range rep.Values {
		t.Values = append(t.Values, page.Pair{Name: v.Indicator, Value: r.P.Decimal(v.Value)})
	}
	if m := rep.Spent; m != nil {
		t.Spent = r.P.Decimal(m.Amount) + " " + m.Currency
	}
	for _, l := range rep.Evidence {
		if l.Title == "" {
			l.Title = l.URL
		}
		t.Evidence = append(t.Evidence, Evidence{l.URL, l.Title, r.P.Date(l.On), l.Source})
	}
	return t
}

// Head is which pledge a page speaks of.
type Head struct {
	ID    string
	Party string
	Title page.Said
	Page  string
}

func (a area) head(r *kit.Request, p pledge.Current, code string) (Head, error) {
	h := Head{ID: p.ID, Title: page.Say(p.Title, p.Language), Page: r.Link("/pledges/" + p.ID)}
	err := a.office.DB.Read(r.Context(), func(tx *db.Tx) error {
		names := party.Codes(r.Context(), tx)
		h.Party = nameOf(r, names, code)
		return names.Err()
	})
	return h, err
}

func nameOf(r *kit.Request, names *party.Directory, code string) string {
	if p, ok := names.Find(code); ok {
		return p.Name(r.Lang)
	}
	return code
}

// receiptFile is the proof that a report is in the register.
func (a area) receiptFile(ctx context.Context, f followup.Filed) (kit.Answer, error) {
	if f.Entry < 0 || f.State != followup.Public {
		return nil, errs.New(errs.NotFound, "the report is not in the register")
	}
	receipt, err := a.office.Book.Log.Receipt(ctx, f.Entry)
	if err != nil {
		return nil, err
	}
	b, err := receipt.JSON()
	if err != nil {
		return nil, err
	}
	return kit.File{Name: f.Pledge + "-report.receipt.json", Type: "application/json", Content: bytes.NewReader(b)}, nil
}
