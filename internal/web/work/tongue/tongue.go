// Package tongue has the pages of the translators: the queue of each language, and the page on
// which a translation is written beside its original, in either direction of writing.
package tongue

import (
	"embed"
	"slices"
	"strconv"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge/translate"
	"stocktake/internal/web/page"
	"stocktake/internal/web/work/kit"
)

//go:embed *.html
var templates embed.FS

//go:embed messages/*.json
var messages embed.FS

const (
	queuePath = "/desk/translations"
	workPath  = "/desk/translations/{id}/{lang}"
	pageSize  = 50
)

type area struct{ desk *translate.Desk }

// New is the area of translations.
func New(desk *translate.Desk) kit.Area {
	a := area{desk}
	return kit.Area{
		Name: "tongue", Templates: templates, Messages: messages,
		Pages: map[string]any{"queue": &queuePage{}, "work": &workPage{}},
		Menu:  []kit.Entry{{Path: queuePath, Key: "tongue.menu", Order: 30}},
		Routes: []kit.Route{
			{Method: "GET", Path: queuePath, Action: access.ReadTranslation, Serve: a.queue},
			{Method: "GET", Path: workPath, Action: access.ReadTranslation, Serve: a.work},
			{Method: "POST", Path: workPath, Action: access.ReadTranslation, Serve: a.write},
		},
	}
}

// queuePage is what is to be done in one language.
type queuePage struct {
	Tabs  kit.Tabs
	Into  string
	Rows  []queueRow
	Pager kit.Pager
	Empty *kit.Empty
}

type queueRow struct {
	ID, Href, From, Party string
	Title                 page.Said
	Why, Tone             string
	State                 string
	Who                   string
}

func (a area) queue(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	into := lang.Code(r.Query("into"))
	if into == "" {
		into = own(r)
	}
	if !lang.Known(string(into)) {
		return nil, errs.New(errs.Invalid, "no language %q", into)
	}
	v := &queuePage{Into: into.Autonym(), Tabs: kit.Tabs{Label: r.T("tongue.languages")}}
	items, counts, err := a.desk.Lists(r.Context(), r.Person, into, func(total int) (offset, limit int) {
		v.Pager, offset = r.Pager(total, pageSize)
		return offset, pageSize
	})
	if err != nil {
		return nil, err
	}
	for _, c := range lang.All {
		v.Tabs.Items = append(v.Tabs.Items, kit.Tab{Href: r.With("into", string(c)), Text: c.Autonym(), Count: counts[c].All(), Current: c == into})
	}
	if len(items) == 0 {
		v.Empty = &kit.Empty{Text: r.T("tongue.nothing")}
	}
	err = a.desk.DB.Read(r.Context(), func(tx *db.Tx) error {
		v.Rows = nil
		names := party.Codes(r.Context(), tx)
		for _, it := range items {
			row := queueRow{
				ID: it.Pledge, Href: r.Link(queuePath + "/" + it.Pledge + "/" + string(into)), From: it.Original.Autonym(), Party: it.Lead,
				Title: page.Say(it.Title, it.Original), Why: r.T("tongue.why." + string(it.Why)), Tone: map[translate.Why]string{translate.Stale: "bad"}[it.Why],
			}
			if p, ok := names.Find(it.Lead); ok {
				row.Party = p.Name(r.Lang)
			}
			if it.State != translate.Unbegun {
				row.State = r.T("tongue.state." + string(it.State))
			}
			var err error
			if row.Who, err = who(k, r, tx, it.Holder); err != nil {
				return err
			}
			v.Rows = append(v.Rows, row)
		}
		return names.Err()
	})
	return kit.Page{Name: "queue", Title: "tongue.title", Data: v, Wide: true}, err
}

// own is the language whose queue somebody wants to see first: the one they translate into, else
// the one they read in.
func own(r *kit.Request) lang.Code {
	i := slices.IndexFunc(r.Person.Grants, func(g access.Grant) bool {
		return g.Role == access.Translator && g.Language != "" && g.On(r.Today)
	})
	if i >= 0 {
		return r.Person.Grants[i].Language
	}
	return r.Lang
}

// who names whoever holds a translation; nobody, and an account that was erased, have no name.
func who(k *kit.Kit, r *kit.Request, tx *db.Tx, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	p, err := k.Access.PersonByID(r.Context(), tx, id)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Gone) {
		return "–", nil
	}
	return p.Name, err
}

func version(n int) string { return strconv.Itoa(n) }
