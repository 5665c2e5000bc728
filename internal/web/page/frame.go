package page

import (
	"encoding/base64"
	"html/template"

	"stocktake/internal/explore"
	"stocktake/internal/lang"
)

// Item is one entry of a menu.
type Item struct {
	Href, Text string
	Current    bool
}

// Tongue is one entry of the language switch.
type Tongue struct {
	Lang    lang.Code
	Dir     string
	Name    string
	Href    string
	Current bool
}

// Frame is what stands round every page.
type Frame struct {
	Lang        lang.Code
	Dir         string
	Title       string // of the document, without the name of the site
	Description string
	Canonical   string
	Home        string
	Compact     string // short name
	CompactName string
	CSS, JS     string
	Icon        string
	Menu        []Item
	Tongues     []Tongue
	Digits      *Item // the same page with other digits; nil where there is no choice
	Demo        bool
	Synthetic   bool
	Past        template.HTML // set where the page shows a past day or position
	Operator    string
	Runs        template.HTML // the operator, with the mandate
	Footnotes   []string
	Size        int64
	Root        string // its beginning, as checkpoints and receipts have it
	NoIndex     bool
	Method      []Item // pages that say how things are counted
	SignIn      string // path of the door to the workspace; empty where there is none
	Blank       bool   // no register behind this page (an error before it was read)
}

// Section names the menu entry that a page belongs to.
type Section string

const (
	Dashboard  Section = "/"
	Pledges    Section = "/pledges"
	Parties    Section = "/parties"
	Objectives Section = "/objectives"
	About      Section = "/about"
	Nowhere    Section = ""
)

// Frame makes the frame of a page that belongs to a section of the menu.
func (r *Reader) Frame(section Section, title string) Frame {
	f := Frame{
		Lang: r.Lang, Dir: r.Lang.Dir(), Title: title,
		Compact: r.Pack.ShortName.In(r.Lang), CompactName: r.Pack.Name.In(r.Lang),
		Home: r.Link("/", r.Pin()), CSS: r.CSS, JS: r.JS, Icon: r.Icon,
		Demo: r.Demo, Synthetic: r.Synthetic,
		Operator: r.Site.Operator.In(r.Lang), Runs: r.runs(),
		Canonical: r.BaseURL + r.here(r.Lang),
	}
	f.Description = r.T("frame.description", "compact", f.CompactName)
	for _, e := range []struct {
		to  Section
		key string
	}{{Dashboard, "menu.dashboard"}, {Pledges, "menu.pledges"}, {Objectives, "menu.objectives"}, {Parties, "menu.parties"}, {About, "menu.about"}} {
		f.Menu = append(f.Menu, Item{Href: r.Link(string(e.to), r.Pin()), Text: r.T(e.key), Current: e.to == section})
	}
	for _, c := range lang.All {
		f.Tongues = append(f.Tongues, Tongue{Lang: c, Dir: c.Dir(), Name: c.Autonym(), Href: r.here(c), Current: c == r.Lang})
	}
	if r.Work {
		f.SignIn = "/" + string(r.Lang) + "/sign-in"
	}
	f.Method = r.method()
	f.Digits = r.DigitsSwitch()
	for _, t := range r.Site.Footnotes {
		f.Footnotes = append(f.Footnotes, t.In(r.Lang))
	}
	if r.Snap == nil {
		f.Blank = true
		return f
	}
	f.Size = r.Snap.Size()
	root := r.Snap.Root()
	f.Root = base64.StdEncoding.EncodeToString(root[:])[:8]
	f.Past = r.past()
	return f
}

// method leads to what says how things are counted, and to what is counted beside the pledges. The
// contacts of parties and the rules for drafters are no matter of the register: those pages stand
// with the workspace.
func (r *Reader) method() []Item {
	all := []Item{
		{Href: r.Link("/about", r.Pin()) + "#rules", Text: r.T("about.rules")},
		{Href: r.Link("/about/figures", r.Pin()), Text: r.T("figures.link")},
	}
	if r.Work {
		prefix := "/" + string(r.Lang)
		all = append(all, Item{Href: prefix + "/about/follow-up", Text: r.T("about.unreached")}, Item{Href: prefix + "/about/method", Text: r.T("about.method")})
	}
	return all
}

// runs names the operator, with the mandate.
func (r *Reader) runs() template.HTML {
	who := template.HTML(template.HTMLEscapeString(r.Site.Operator.In(r.Lang)))
	if r.Site.OperatorURL != "" {
		who = Anchor(r.Site.OperatorURL, who)
	}
	if mandate := r.Site.Mandate.In(r.Lang); mandate != "" {
		who = r.HTML("frame.comma", "first", who, "second", mandate)
	}
	return who
}

// past says that the page shows the past, with the way back to today.
func (r *Reader) past() template.HTML {
	notice := r.moment()
	if notice != "" && r.Withheld > 0 {
		notice += r.Gap() + r.HTML("asof.cite.withheld", "n", r.Withheld)
	}
	return notice
}

func (r *Reader) moment() template.HTML {
	now := r.Query
	now.AsOf, now.At = "", 0
	back := link(r.Link(r.Path, now), r.T("frame.past.back"))
	switch {
	case r.Query.AsOf != "" && r.Query.At > 0:
		return r.HTML("frame.past.both", "date", r.P.Date(r.Query.AsOf), "size", r.Query.At, "back", back)
	case r.Query.AsOf != "" && r.Query.AsOf != r.Today:
		return r.HTML("frame.past.as_of", "date", r.P.Date(r.Query.AsOf), "back", back)
	case r.Query.At > 0:
		return r.HTML("frame.past.at", "size", r.Query.At, "back", back)
	}
	return ""
}

// here is the path of this very page in a language.
func (r *Reader) here(c lang.Code) string {
	other := *r
	other.Lang = c
	var own []string
	for _, name := range OwnParams {
		own = append(own, name, r.Own.Get(name))
	}
	return other.Link(r.Path, r.Query, own...)
}

// Cite is the permanent link to what the reader sees: with the day, the register's size and
// its root hash, which binds everything that the register held.
type Cite struct {
	URL, Date, Root string
	Size            int64
	Withheld        int64 // of these entries, those whose content is withheld by now
	Sample          bool  // of an incomplete sample
	Ended           int   // pledges that are in no number, since they were withdrawn or superseded
}

// CiteCounts is Cite for a page that says how it counts.
func (r *Reader) CiteCounts(v *explore.View) Cite {
	c := r.Cite(v.Size)
	c.Ended = v.Ended()
	return c
}

// Cite makes the permanent link of this page, for a view that looked at so many entries.
func (r *Reader) Cite(size int64) Cite {
	q := r.Query
	q.AsOf, q.At = r.AsOf(), size
	c := Cite{Date: q.AsOf, Size: size, Withheld: r.Withheld, Sample: r.Demo && !r.Synthetic}
	other := *r
	other.Query = q
	c.URL = r.BaseURL + other.here(r.Lang)
	c.Root = base64.StdEncoding.EncodeToString(r.Root[:])
	return c
}
