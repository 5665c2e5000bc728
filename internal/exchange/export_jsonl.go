package exchange

import (
	"bufio"
	"encoding/json"
	"io"

	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// document is one line of JSON Lines: the columns with JSON types, and what only this format
// carries.
type document struct {
	ID             string          `json:"id"`
	Title          string          `json:"title"`
	Text           string          `json:"text"`
	Language       lang.Code       `json:"language"`
	TextBy         string          `json:"text_by,omitempty"`
	Parties        []string        `json:"parties"`
	PartyNames     []string        `json:"party_names"`
	PartyKinds     []string        `json:"party_kinds"`
	Channel        string          `json:"channel,omitempty"`
	Call           string          `json:"call,omitempty"`
	Form           pledge.Form     `json:"form"`
	Matches        string          `json:"matches,omitempty"`
	Mirror         bool            `json:"mirror"`
	Nature         []pledge.Nature `json:"nature"`
	Objectives     []int           `json:"objectives"`
	ObjectivesBy   string          `json:"objectives_by"`
	Principles     []string        `json:"principles,omitempty"`
	Levels         []pledge.Level  `json:"levels,omitempty"`
	Countries      []string        `json:"countries,omitempty"`
	Regions        []string        `json:"regions,omitempty"`
	StartsOn       string          `json:"starts_on,omitempty"`
	EndsOn         string          `json:"ends_on,omitempty"`
	Amount         string          `json:"amount,omitempty"`
	Currency       string          `json:"currency,omitempty"`
	Recipient      string          `json:"recipient,omitempty"`
	AnnouncedOn    string          `json:"announced_on,omitempty"`
	AnnouncedAt    string          `json:"announced_at,omitempty"`
	Stage          pledge.Stage    `json:"stage"`
	LastReportedOn string          `json:"last_reported_on,omitempty"`
	PublishedOn    string          `json:"published_on"`
	Source         string          `json:"source,omitempty"`
	Evidence       string          `json:"evidence,omitempty"`
	URL            string          `json:"url"`
	rich
}

func (s Selection) jsonl(w io.Writer) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for item, err := range s.Items {
		if err != nil {
			return err
		}
		if err := enc.Encode(s.document(item)); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (s Selection) document(item *explore.Item) document {
	p := &item.Pledge
	d := document{
		ID: p.ID, Title: p.Title, Text: p.Text, Language: p.Language, TextBy: p.TextBy,
		Parties: p.Parties, PartyNames: s.names(p), PartyKinds: s.kinds(p),
		Channel: p.Channel, Call: p.Call, Form: p.Form, Matches: p.Matches, Mirror: p.Mirror,
		Nature: notNil(p.Nature), Objectives: notNil(p.Objectives), ObjectivesBy: p.ObjectivesBy,
		Principles: p.Principles, Levels: p.Levels, Countries: p.Countries, Regions: p.Regions,
		StartsOn: p.StartsOn, EndsOn: p.EndsOn, AnnouncedOn: p.AnnouncedOn, AnnouncedAt: p.AnnouncedAt,
		Stage: item.Stage, LastReportedOn: item.ReportedOn, PublishedOn: item.Published,
		Source: p.Source, Evidence: p.Evidence, URL: s.Base + "/pledges/" + p.ID,
		rich: rich{
			Actions: p.Actions, SDGs: p.SDGs, Milestones: p.Milestones, Indicators: p.Indicators,
			Links: p.Links, Attachments: p.Attachments, AlsoRecorded: p.AlsoRecorded, Reports: item.Reports,
		},
	}
	if p.Money != nil {
		d.Amount, d.Currency, d.Recipient, d.Years = p.Money.Amount, p.Money.Currency, p.Money.Recipient, p.Money.Years
	}
	for _, c := range lang.All {
		if t, ok := item.Translations[c]; ok {
			d.Translations = append(d.Translations, translation{Language: t.Language, Title: t.Title, Summary: t.Summary, Text: t.Text, By: t.By, ApprovedBy: t.ApprovedBy})
		}
	}
	return d
}

// notNil lets an empty list be written as [], so that a reader need not tell it from a member
// that is missing.
func notNil[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
