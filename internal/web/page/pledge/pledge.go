// Package pledge is the page of one pledge: its words, who made it, what it serves, how far it
// is, and where it stands in the register.
package pledge

import (
	"cmp"
	_ "embed"
	"encoding/hex"
	"html/template"
	"net/url"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"

	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/web/page"
)

//go:embed pledge.html
var Template string

// Page is what the template shows.
type Page struct {
	page.Frame
	ID           string
	Heading      page.Said
	Status       Status
	First        []page.RowParty // the parties that act, above the title
	Parts        []page.Item     // the part that acts, where one party acts through its parts
	More         int             // parties beyond those
	Parties      []Party
	Text         []page.Said // paragraphs
	Summary      bool        // the text is our summary
	Source       string
	SourceHost   string
	Original     *Words     // title and text as written, where a translation is shown
	Only         string     // says that there is no translation into the reader's language
	By           string     // human or machine, where the words shown are a translation
	Approved     *page.Item // the party that supplied or approved that translation
	Brief        page.Said  // the summary that comes with it
	Translations []page.Item
	Stage        string
	StageName    string
	Reports      []Report
	Voices       []page.Voice // what others say of it
	Comment      string       // where another party comments; "" where nobody can
	Facts        []Fact
	Money        *Money
	Match        *Link
	Answers      []Link
	Links        []Source
	Attachments  []File
	Milestones   []Milestone
	Indicators   []pledge.Indicator
	Register     Register
	Cite         page.Cite
	Inferred     bool
}

// Words are a title and a text in one language.
type Words struct {
	Title page.Said
	Text  []page.Said
}

// Status tells of the end of a pledge.
type Status struct {
	Key    string // withdrawn, superseded; "" while it stands
	Name   string
	Since  string
	Reason page.Said
	Now    *Link
}

// Party is one of those who made it.
type Party struct {
	page.Item
	Kind  string // what it is; of a part: of whom
	Lead  bool
	Parts []Party
}

// Link points to another pledge.
type Link struct {
	ID, Href string
	Title    page.Said
}

// Fact is one line of what is known, with the links to the pledges that share it.
type Fact struct {
	Name  string
	Items []page.Item
	Note  string
}

// Money is what was announced.
type Money struct{ Amount, To, Years string }

// Milestone is a step with a date.
type Milestone struct{ On, Text string }

// Report is one progress report.
type Report struct {
	Number            int
	On                string
	Stage, StageName  string
	By                *page.Item
	Narrative         []page.Said
	Barriers, Support page.Said
	Spent             *Money
	Values            []pledge.Value
	Evidence          []Source
}

// Source is a page outside: what it is, who published it, and when.
type Source struct {
	URL      string
	Title    string
	By, Date string
}

// File is an attachment. Href and Salt are addresses, "" where the file is not kept here.
type File struct {
	Name, Type, Size, Hash string
	Href, Salt             string
}

// Register is where the pledge stands in the register.
type Register struct {
	Position  int64
	Version   int
	Published string // the day it first became public
	Effective string // the day this version became public
	Recorded  string // the day it was recorded, where that was later
	Leaf      string
	History   string
	Receipt   string // address of the file
	Verify    template.HTML
}

// Entry is what the register says of the entry that the page shows.
type Entry struct {
	Size     int64  // of the register that is looked at
	Recorded string // RFC 3339
	Leaf     [32]byte
	Kept     []string       // hashes of the attachments that can be had
	Voices   []pledge.Voice // what others say of the pledge
	Comments bool           // other parties can comment
}

// Build shows a pledge; v gives the names of parties. answers are the pledges that match it; entry is
// where it stands in the register.
func Build(r *page.Reader, v page.PartyNamer, it *explore.Item, answers []*explore.Item, match *explore.Item, entry Entry) *Page {
	d := &it.Pledge
	p := &Page{
		ID: d.ID, Source: web(d.Source), Summary: d.TextBy == pledge.TextBySummary,
		Stage: string(it.Stage), StageName: r.Word("stage", string(it.Stage)),
		Cite: r.Cite(entry.Size), Inferred: d.ObjectivesBy == pledge.ByInference,
	}
	p.words(r, v, it)
	p.Only = r.OnlyIn(it)
	p.Frame = r.Frame(page.Pledges, d.ID+" "+p.Heading.Text)
	if u, err := url.Parse(p.Source); err == nil {
		p.SourceHost = strings.TrimPrefix(u.Hostname(), "www.")
	}
	p.status(r, it)
	p.parties(r, v, d)
	row := r.Row(v, it)
	p.First, p.More = row.Parties, row.More
	p.facts(r, v, d)
	p.Money = money(r, v, d.Money)
	for _, m := range d.Milestones {
		p.Milestones = append(p.Milestones, Milestone{On: r.P.Date(m.On), Text: m.Text})
	}
	p.Indicators = d.Indicators
	p.Links = sources(r, d.Links)
	for _, f := range d.Attachments {
		p.Attachments = append(p.Attachments, file(r, d.ID, f, slices.Contains(entry.Kept, f.SHA256)))
	}
	for _, rep := range it.Reports {
		p.Reports = append(p.Reports, report(r, v, rep))
	}
	sort.SliceStable(p.Reports, func(i, j int) bool { return p.Reports[i].Number > p.Reports[j].Number })
	p.Voices = r.Voices(v, d.ID, entry.Voices)
	if entry.Comments && p.Status.Key == "" {
		p.Comment = "/" + string(r.Lang) + "/my/" + d.ID + "/comments"
	}
	if match != nil {
		l := linkTo(r, match)
		p.Match = &l
	} else if d.Matches != "" {
		p.Match = &Link{ID: d.Matches, Href: r.PledgeLink(d.Matches)}
	}
	for _, a := range answers {
		p.Answers = append(p.Answers, linkTo(r, a))
	}
	p.Register = Register{
		Position: it.Position, Version: it.Version, Published: r.P.Date(it.Published), Effective: r.P.Date(it.Effective),
		History: r.Link("/pledges/"+d.ID+"/history", r.Pin()),
		Receipt: "/api/v1/pledges/" + d.ID + "/receipt",
		Verify:  verify,
	}
	if pin := r.Pin().Encode(); pin != "" {
		p.Register.Receipt += "?" + pin
	}
	if len(entry.Recorded) >= 10 {
		if day := entry.Recorded[:10]; day != it.Effective {
			p.Register.Recorded = r.P.Date(day)
		}
		p.Register.Leaf = hex.EncodeToString(entry.Leaf[:])
	}
	return p
}

// verify is the command that checks a receipt.
const verify = template.HTML(`<code dir="ltr">stocktake verify receipt.json</code>`)

// parties lists who made the pledge; the parts of a party stand under it.
func (p *Page) parties(r *page.Reader, v page.PartyNamer, d *pledge.Pledge) {
	lead := func(code string) bool { return len(d.Parties) > 1 && code == d.Parties[0] }
	for _, a := range r.Acting(v, d.Parties) {
		who := Party{Item: a.Item, Lead: lead(a.Code)}
		if known, ok := v.Party(a.Code); ok {
			who.Kind = r.Kind(known.Kind)
		}
		for _, part := range a.Parts {
			who.Parts = append(who.Parts, Party{Item: part.Item, Kind: r.T("pledge.part", "party", a.Text), Lead: lead(part.Code)})
		}
		p.Parties = append(p.Parties, who)
	}
	if len(p.Parties) == 1 {
		for _, part := range p.Parties[0].Parts {
			p.Parts = append(p.Parts, part.Item)
		}
	}
}

// words shows the pledge in the reader's language where there is a translation, else as written.
func (p *Page) words(r *page.Reader, v page.PartyNamer, it *explore.Item) {
	d := &it.Pledge
	title, text := page.Say(d.Title, d.Language), paragraphs(d.Text, d.Language)
	if t, ok := it.Translations[r.Lang]; ok && d.Language != r.Lang {
		p.By = t.By
		if t.ApprovedBy != "" {
			p.Approved = &page.Item{Href: r.PartyLink(t.ApprovedBy), Text: r.NameOf(v, t.ApprovedBy)}
		}
		p.Heading, p.Text = page.Say(t.Title, r.Lang), paragraphs(t.Text, r.Lang)
		if t.Text == "" {
			p.Text = text
		}
		if t.Summary != "" { // the whole text, where there is one, follows it
			p.Brief = page.Say(t.Summary, r.Lang)
		}
		p.Original = &Words{Title: title, Text: text}
	} else {
		p.Heading, p.Text = title, text
	}
	for _, c := range lang.All {
		if t, ok := it.Translations[c]; ok && c != r.Lang && c != d.Language {
			other := *r
			other.Lang = c
			p.Translations = append(p.Translations, page.Item{Href: other.PledgeLink(d.ID), Text: c.Autonym() + " (" + r.Word("translation", t.By) + ")"})
		}
	}
}

func (p *Page) status(r *page.Reader, it *explore.Item) {
	d := &it.Pledge
	if d.Status != pledge.Withdrawn && d.Status != pledge.Superseded {
		return
	}
	p.Status = Status{Key: string(d.Status), Name: r.Word("status", string(d.Status)), Since: r.P.Date(it.Effective)}
	if d.Notice != nil {
		p.Status.Reason = page.Say(d.Notice.Reason, d.Notice.Language)
	}
	if d.SupersededBy != "" {
		p.Status.Now = &Link{ID: d.SupersededBy, Href: r.PledgeLink(d.SupersededBy)}
	}
}

func report(r *page.Reader, v page.PartyNamer, rep pledge.Report) Report {
	out := Report{
		Number: rep.Number, On: r.P.Date(rep.On), Stage: string(rep.Stage), StageName: r.Word("stage", string(rep.Stage)),
		Narrative: paragraphs(rep.Narrative, rep.Language), Barriers: page.Say(rep.Barriers, rep.Language),
		Support: page.Say(rep.Support, rep.Language), Spent: money(r, v, rep.Spent), Values: rep.Values,
	}
	if rep.ReportedBy != "" {
		out.By = &page.Item{Href: r.PartyLink(rep.ReportedBy), Text: r.NameOf(v, rep.ReportedBy)}
	}
	out.Evidence = sources(r, rep.Evidence)
	return out
}

// sources are the links that lead into the web.
func sources(r *page.Reader, links []pledge.Link) (out []Source) {
	for _, l := range links {
		if web(l.URL) != "" {
			out = append(out, Source{URL: l.URL, Title: cmp.Or(l.Title, l.URL), By: l.Source, Date: r.P.Date(l.On)})
		}
	}
	return out
}

func file(r *page.Reader, id string, f pledge.File, kept bool) File {
	out := File{Name: f.Name, Type: strings.ToUpper(strings.TrimPrefix(path.Ext(f.Name), ".")), Hash: f.SHA256, Size: r.Size(f.Bytes)}
	if kept {
		out.Href = r.Link("/pledges/"+id+"/files/"+f.SHA256, explore.Query{})
		out.Salt = out.Href + "/salt"
	}
	return out
}

func linkTo(r *page.Reader, it *explore.Item) Link {
	row := r.Row(nobody{}, it)
	return Link{ID: row.ID, Href: row.Href, Title: row.Title}
}

func money(r *page.Reader, v page.PartyNamer, m *pledge.Money) *Money {
	if m == nil {
		return nil
	}
	out := &Money{Amount: lang.Isolate(r.P.Decimal(m.Amount) + " " + m.Currency), To: r.Recipient(v, m.Recipient)}
	years := make([]string, len(m.Years))
	for i, y := range m.Years {
		years[i] = strconv.Itoa(y)
	}
	out.Years = r.P.List(years...)
	return out
}

// web lets through addresses of the web alone.
func web(s string) string {
	if strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") {
		return s
	}
	return ""
}

func paragraphs(s string, c lang.Code) []page.Said {
	var out []page.Said
	for _, p := range strings.Split(s, "\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, page.Say(p, c))
		}
	}
	return out
}
