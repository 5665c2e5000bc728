package exchange

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"stocktake/internal/compact"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// staged is one good row, ready to be published: what the temporary file of an import holds.
type staged struct {
	Row          int             `json:"row"`
	Key          string          `json:"key,omitempty"` // identity where the row has no id of its own
	Pledge       pledge.Pledge   `json:"pledge"`
	Effective    string          `json:"effective,omitempty"` // "" is the day of the import
	Reports      []pledge.Report `json:"reports,omitempty"`
	ReportedOn   string          `json:"reported_on,omitempty"` // the day on which the last of Reports became public, where the file says
	Stage        pledge.Stage    `json:"stage,omitempty"`       // where there are no Reports: how far it is
	StageOn      string          `json:"stage_on,omitempty"`    // and of which day that is, as given
	Translations []translation   `json:"translations,omitempty"`
	Silent       []string        `json:"silent,omitempty"` // columns that the file does not speak of
}

// reader turns the values of one row into a pledge and notes what is wrong with them.
type reader struct {
	pack  *compact.Pack
	today string
	rec   record
	bad   []Finding
}

func (r *reader) get(column string) string { return r.rec.Values[column] }

func (r *reader) fault(column, value, expected string) {
	r.bad = append(r.bad, Finding{Row: r.rec.Row, Column: column, Value: value, Expected: expected})
}

// pledge reads everything but the parties.
func (r *reader) pledge() staged {
	s := staged{Row: r.rec.Row}
	p := &s.Pledge
	p.Schema, p.Status = pledge.Schema, pledge.Published
	p.ID, p.Title, p.Text = r.get("id"), r.get("title"), r.get("text")
	p.Language = lang.Code(r.get("language"))
	if p.Language == "" {
		p.Language = lang.EN
	}
	p.TextBy, p.Evidence, p.Source = r.get("text_by"), r.get("evidence"), r.get("source")
	p.Channel, p.Call, p.Matches = r.get("channel"), r.get("call"), r.get("matches")
	p.Form = pledge.Form(r.get("form"))
	p.Mirror = r.yes("mirror")
	p.Nature = kept[pledge.Nature](SplitList(r.get("nature")))
	p.Levels = kept[pledge.Level](SplitList(r.get("levels")))
	p.Principles = SplitList(r.get("principles"))
	p.Regions = SplitList(r.get("regions"))
	p.Countries = r.countries()
	p.Objectives, p.ObjectivesBy = r.objectives(), r.get("objectives_by")
	if p.ObjectivesBy == "" {
		p.ObjectivesBy = pledge.ByParty
	}
	p.StartsOn, p.EndsOn = r.date("starts_on"), r.date("ends_on")
	p.AnnouncedOn, p.AnnouncedAt = r.date("announced_on"), r.get("announced_at")
	p.Money = r.money()
	s.Effective = r.day("published_on")
	if x := r.rec.Rich; x != nil {
		p.Actions, p.SDGs, p.Milestones, p.Indicators = x.Actions, x.SDGs, x.Milestones, x.Indicators
		p.Links, p.Attachments, p.AlsoRecorded = x.Links, x.Attachments, x.AlsoRecorded
		if p.Money != nil {
			p.Money.Years = x.Years
		}
		s.Reports, s.Translations = r.reports(x.Reports, p.ID), x.Translations
	}
	if len(s.Reports) > 0 {
		if s.ReportedOn = r.day("last_reported_on"); s.ReportedOn == "" && r.get("last_reported_on") != "" {
			s.ReportedOn = r.today
		}
	} else {
		s.Stage, s.StageOn = r.stage()
	}
	s.Silent = r.silent()
	return s
}

func kept[T ~string](items []string) []T {
	var out []T
	for _, item := range items {
		out = append(out, T(item))
	}
	return out
}

func (r *reader) yes(column string) bool {
	switch v := strings.ToLower(r.get(column)); v {
	case "", "false", "no", "0":
		return false
	case "true", "yes", "1":
		return true
	default:
		r.fault(column, v, "must be true or false")
		return false
	}
}

func (r *reader) objectives() []int {
	var out []int
	for _, item := range SplitList(r.get("objectives")) {
		n, err := strconv.Atoi(item)
		if _, ok := r.pack.Objective(n); err != nil || !ok {
			r.fault("objectives", item, fmt.Sprintf("must be the number of an objective, from 1 to %d; several are separated by semicolons", len(r.pack.Objectives)))
			continue
		}
		out = append(out, n)
	}
	return out
}

// countries takes ISO alpha-2 codes, alpha-3 codes and names.
func (r *reader) countries() []string {
	var out []string
	for _, item := range SplitList(r.get("countries")) {
		c, ok := countryOf(item)
		if !ok {
			r.fault("countries", item, "must be a country, by its ISO alpha-2 code (KE) or its name; several are separated by semicolons")
			continue
		}
		out = append(out, c.Alpha2)
	}
	return out
}

func (r *reader) money() *pledge.Money {
	m := pledge.Money{Amount: r.get("amount"), Currency: strings.ToUpper(r.get("currency")), Recipient: r.get("recipient")}
	if m.Amount == "" {
		if m.Currency != "" {
			r.fault("amount", "", "is needed beside the currency "+m.Currency)
		}
		if m.Recipient != "" {
			r.fault("amount", "", "is needed beside the recipient "+m.Recipient)
		}
		return nil
	}
	if m.Currency == "" {
		r.fault("currency", "", "is needed beside the amount "+m.Amount+": an ISO 4217 code, as USD")
		return nil
	}
	return &m
}

// date reads a day, a month or a year; a workbook's day number becomes the day that it means.
func (r *reader) date(column string) string {
	v := r.get(column)
	if v == "" {
		return ""
	}
	if r.rec.Workbook {
		v = workbookDate(v, r.rec.Since1904)
	}
	if _, ok := pledge.ParseDate(v); ok {
		return v
	}
	switch first, ok := firstDay(v); {
	case !ok:
		r.fault(column, v, "must be a date of the calendar: 2022-05-20, or 2022-05 or 2022 where only that is known")
	case public[column] && first > r.today:
		r.fault(column, v, notYet+r.today)
	default:
		r.fault(column, v, "has the year "+v[:4]+", which no pledge speaks of; a year from 1945 to 2199 is expected")
	}
	return ""
}

// public are the columns that say on which day something was public: it has come.
var public = map[string]bool{"published_on": true, "last_reported_on": true}

const notYet = "must not be in the future; today is "

// firstDay is the first day that a date may mean, whatever its year.
func firstDay(date string) (string, bool) {
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(layout, date); err == nil && len(date) == len(layout) {
			return t.Format(time.DateOnly), true
		}
	}
	return "", false
}

// workbookDate makes of a day that a workbook counts, or writes with a time of midnight, the day
// itself; anything else stays.
func workbookDate(v string, since1904 bool) string {
	if n, err := strconv.ParseFloat(v, 64); err == nil && n > 10_000 && n < 110_000 {
		return serialDay(n, since1904)
	}
	if day, clock, ok := strings.Cut(v, "T"); ok && strings.Trim(clock, "0:.Z") == "" {
		return day
	}
	return v
}

// serialDay is the day that a workbook counts as its n-th: 1 is the first of January 1900 (and
// there was, it says, a 29 February 1900), or 0 that of 1904.
func serialDay(n float64, since1904 bool) string {
	first := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if since1904 {
		first = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return first.AddDate(0, 0, int(n)).Format(time.DateOnly)
}

// day reads the day on which something was public: a month or a year stands for its last day.
// Today, or a month or year that still runs, is "": the day of the import.
func (r *reader) day(column string) string {
	v := r.date(column)
	if v == "" || r.future(column, v) {
		return ""
	}
	return publicDay(v, r.today)
}

// future notes a date of which no day has come yet.
func (r *reader) future(column, v string) bool {
	if first, ok := firstDay(v); ok && first > r.today {
		r.fault(column, v, notYet+r.today)
		return true
	}
	return false
}

// publicDay is the last day that a date may mean, "" where that is not past.
func publicDay(date, today string) string {
	d, ok := pledge.ParseDate(date)
	if !ok {
		return ""
	}
	if day := d.Last().Format(time.DateOnly); day < today {
		return day
	}
	return ""
}

// stage reads how far the pledge is, and of which day that is.
func (r *reader) stage() (stage pledge.Stage, on string) {
	stage, on = pledge.Stage(r.get("stage")), r.date("last_reported_on")
	switch stage {
	case "", pledge.Unreported:
		if on != "" {
			r.fault("stage", string(stage), "must say how far the pledge is, since last_reported_on has a date: one of "+strings.TrimPrefix(oneOf(pledge.Stages[1:]), "must be one of "))
		}
		return "", ""
	case pledge.Planning, pledge.InProgress, pledge.Fulfilled, pledge.Discontinued:
		r.future("last_reported_on", on)
		return stage, on
	}
	r.fault("stage", string(stage), oneOf(pledge.Stages))
	return "", ""
}

// reports reads the progress reports of a line, all of them, in their order.
func (r *reader) reports(reports []pledge.Report, id string) []pledge.Report {
	for i := range reports {
		rep := &reports[i]
		if rep.Pledge != "" && rep.Pledge != id {
			r.fault("reports", rep.Pledge, "must be the id of this row: "+id)
		}
		r.future("reports", rep.On)
		rep.Schema, rep.Pledge = pledge.Schema, id
		if rep.Number <= 0 {
			rep.Number = i + 1
		}
	}
	return reports
}

// carried are the columns that a revision leaves as they were where the file does not speak of
// them.
var carried = []string{
	"language", "text_by", "evidence", "source", "channel", "call", "form", "matches", "mirror", "nature", "levels",
	"principles", "regions", "countries", "objectives_by", "starts_on", "ends_on", "announced_on", "announced_at",
	"amount", "recipient", "actions", "sdgs", "milestones", "indicators", "links", "attachments", "also_recorded", "years",
}

func (r *reader) silent() []string {
	var names []string
	for _, c := range carried {
		if !r.rec.Said[c] {
			names = append(names, c)
		}
	}
	return names
}

// carry brings into a row that revises a pledge what its file does not speak of.
func (s staged) carry(old pledge.Pledge, p *pledge.Pledge) {
	for _, column := range s.Silent {
		switch column {
		case "language":
			p.Language = old.Language
		case "text_by":
			p.TextBy = old.TextBy
		case "evidence":
			p.Evidence = old.Evidence
		case "source":
			p.Source = old.Source
		case "channel":
			p.Channel = old.Channel
		case "call":
			p.Call = old.Call
		case "form":
			if len(p.Parties) == len(old.Parties) {
				p.Form = old.Form
			}
		case "matches":
			p.Matches = old.Matches
		case "mirror":
			p.Mirror = old.Mirror
		case "nature":
			p.Nature = old.Nature
		case "levels":
			p.Levels = old.Levels
		case "principles":
			p.Principles = old.Principles
		case "regions":
			p.Regions = old.Regions
		case "countries":
			p.Countries = old.Countries
		case "objectives_by":
			p.ObjectivesBy = old.ObjectivesBy
		case "starts_on":
			p.StartsOn = old.StartsOn
		case "ends_on":
			p.EndsOn = old.EndsOn
		case "announced_on":
			p.AnnouncedOn = old.AnnouncedOn
		case "announced_at":
			p.AnnouncedAt = old.AnnouncedAt
		case "amount":
			p.Money = old.Money
		case "recipient":
			if p.Money != nil && old.Money != nil {
				p.Money.Recipient = old.Money.Recipient
			}
		case "years":
			if p.Money != nil && old.Money != nil {
				p.Money.Years = old.Money.Years
			}
		case "actions":
			p.Actions = old.Actions
		case "sdgs":
			p.SDGs = old.SDGs
		case "milestones":
			p.Milestones = old.Milestones
		case "indicators":
			p.Indicators = old.Indicators
		case "links":
			p.Links = old.Links
		case "attachments":
			p.Attachments = old.Attachments
		case "also_recorded":
			p.AlsoRecorded = old.AlsoRecorded
		}
	}
}
