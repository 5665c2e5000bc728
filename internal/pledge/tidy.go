package pledge

import (
	"slices"

	"stocktake/internal/party"
)

// Tidied is the pledge in the form in which it is recorded: texts composed and without stray
// space, objectives ascending, empty lists and records left out. It changes no meaning; what
// is wrong stays for the rules to find.
func (p Pledge) Tidied() Pledge {
	p.Schema = Schema
	tidy(&p.Title, &p.Text, &p.Call, &p.AnnouncedAt, &p.Evidence)
	p.Objectives = append([]int{}, p.Objectives...) // an empty list, never null
	slices.Sort(p.Objectives)
	p.Parties = append([]string{}, p.Parties...)
	p.Milestones = slices.Clone(p.Milestones)
	for i := range p.Milestones {
		tidy(&p.Milestones[i].Text)
	}
	p.Indicators = slices.Clone(p.Indicators)
	for i := range p.Indicators {
		tidy(&p.Indicators[i].Name, &p.Indicators[i].Unit)
	}
	p.Links = tidyLinks(p.Links)
	p.Attachments = slices.Clone(p.Attachments)
	for i := range p.Attachments {
		tidy(&p.Attachments[i].Name)
	}
	p.AlsoRecorded = slices.Clone(p.AlsoRecorded)
	for i := range p.AlsoRecorded {
		tidy(&p.AlsoRecorded[i].Registry, &p.AlsoRecorded[i].ID)
	}
	p.Money = tidyMoney(p.Money)
	if p.Notice != nil {
		n := *p.Notice
		tidy(&n.Reason)
		p.Notice = &n
		if n == (Notice{}) {
			p.Notice = nil
		}
	}
	return p
}

// Tidied is the report in the form in which it is recorded.
func (r Report) Tidied() Report {
	r.Schema = Schema
	tidy(&r.Narrative, &r.Barriers, &r.Support)
	r.Spent = tidyMoney(r.Spent)
	r.Evidence = tidyLinks(r.Evidence)
	return r
}

// Tidied is the translation in the form in which it is recorded.
func (t Translation) Tidied() Translation {
	t.Schema = Schema
	tidy(&t.Title, &t.Summary, &t.Text)
	return t
}

func tidy(fields ...*string) {
	for _, s := range fields {
		*s = party.Tidy(*s)
	}
}

func tidyLinks(links []Link) []Link {
	links = slices.Clone(links)
	for i := range links {
		tidy(&links[i].Title, &links[i].Source)
	}
	return links
}

func tidyMoney(m *Money) *Money {
	if m == nil || m.Amount == "" && m.Currency == "" && m.Recipient == "" && len(m.Years) == 0 {
		return nil
	}
	return m
}
