package page

import (
	"html/template"
	"strconv"
	"strings"

	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/text"
)

// Said is a text with the language that it is in.
type Said struct {
	Text string
	Lang lang.Code
	Dir  string
}

// Say marks a text with its language.
func Say(text string, c lang.Code) Said {
	if c == "" {
		return Said{Text: text}
	}
	return Said{Text: text, Lang: c, Dir: c.Dir()}
}

// Row is a pledge in a list.
type Row struct {
	ID, Href   string
	Asked      bool // for the id
	Title      Said
	TitleMarks []text.Segment // the title, where words that were asked for stand in it
	Text       Said
	Hits       []text.Segment  // instead of the text: where the words that were asked for stand in it
	Found      []template.HTML // where else they stand
	By         string          // "human" or "machine" where the title is a translation; "" for the original
	Summary    bool            // the text is our summary
	Parties    []RowParty      // those that act: a ministry is its State
	More       int             // parties beyond those listed
	Date       string          // of announcement
	Since      string          // instead, where nobody stated one: since when it is public
	Only       string          // says that there is no translation into the reader's language
	Stage      string
	StageName  string
	Objectives []Item
	Inferred   bool
	Channel    string
}

// RowParty is a party in a list.
type RowParty struct {
	Item
	Code  string
	Marks []text.Segment // the name, where words that were asked for stand in it
}

const (
	rowParties = 3
	rowText    = 240 // characters of the text in a list
)

// Row makes the list entry of a pledge.
func (r *Reader) Row(v PartyNamer, it *explore.Item) Row {
	p := &it.Pledge
	row := Row{
		ID: p.ID, Href: r.PledgeLink(p.ID), Title: Say(p.Title, p.Language), Text: Say(Excerpt(p.Text, rowText), p.Language),
		Date: r.P.Date(p.AnnouncedOn), Stage: string(it.Stage), StageName: r.Word("stage", string(it.Stage)),
		Summary: p.TextBy == pledge.TextBySummary, Inferred: p.ObjectivesBy == pledge.ByInference,
	}
	if t, ok := it.Translations[r.Lang]; ok && p.Language != r.Lang {
		row.Title, row.By = Say(t.Title, r.Lang), t.By
		if t.Text != "" {
			row.Text = Say(Excerpt(t.Text, rowText), r.Lang)
		}
	}
	if row.By == "" && r.foreign(p.Language) {
		row.Only = r.T("row.language", "language", r.Word("language", string(p.Language)))
	}
	if p.AnnouncedOn == "" {
		row.Since = r.T("row.since", "date", r.P.Date(it.Published))
	}
	actors := r.Acting(v, p.Parties)
	for i, a := range actors {
		if i == rowParties && len(actors) > rowParties+1 {
			row.More = len(actors) - rowParties
			break
		}
		row.Parties = append(row.Parties, RowParty{Item: a.Item, Code: a.Code})
	}
	for _, n := range p.Objectives {
		row.Objectives = append(row.Objectives, r.objectiveItem(n))
	}
	if c, ok := r.Pack.Channel(p.Channel); ok {
		row.Channel = c.Name.In(r.Lang)
	}
	return row
}

// foreign says that a text is known to be in a language that is not the reader's.
func (r *Reader) foreign(c lang.Code) bool { return c != "" && c != r.Lang }

// OnlyIn says that a pledge is in a language which is not the reader's and has no translation
// into his; nothing where that is not so.
func (r *Reader) OnlyIn(it *explore.Item) string {
	if _, ok := it.Translations[r.Lang]; ok || !r.foreign(it.Pledge.Language) {
		return ""
	}
	return r.T("pledge.language", "language", r.Word("language", string(it.Pledge.Language)), "reader", r.Word("language", string(r.Lang)))
}

// Rows makes the list entries of several pledges.
func (r *Reader) Rows(v PartyNamer, items []*explore.Item) []Row {
	rows := make([]Row, 0, len(items))
	for _, it := range items {
		rows = append(rows, r.Row(v, it))
	}
	return rows
}

func (r *Reader) objectiveItem(n int) Item {
	num := strconv.Itoa(n)
	it := Item{Href: r.ObjectiveLink(num), Text: r.P.Number(int64(n))}
	if o, ok := r.Pack.Objective(n); ok {
		it.Text += " " + o.Label.In(r.Lang)
	}
	return it
}

// Excerpt is the beginning of a text, cut between words.
func Excerpt(s string, limit int) string {
	s = strings.Join(strings.Fields(s), " ")
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	cut := string(runes[:limit])
	if i := strings.LastIndexByte(cut, ' '); i > limit/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:.–—،。，") + "…"
}

// Names joins links to parties as a sentence does, each name set apart for its direction.
func (r *Reader) Names(items []Item) template.HTML {
	parts := make([]template.HTML, 0, len(items))
	for _, it := range items {
		name := lang.Bdi(it.Text)
		if it.Href != "" {
			name = Anchor(it.Href, name)
		}
		parts = append(parts, name)
	}
	return r.P.ListHTML(parts...)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Itoa is a number in an address.
func Itoa(n int) string { return strconv.Itoa(n) }
