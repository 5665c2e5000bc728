package pledge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// FieldChange is one field that differs between two versions, with its values in the order of
// the record. A text field has one value; a page may show its difference word by word.
type FieldChange struct {
	Field         string // as in the public contract
	Before, After []string
}

// fields is the public contract of a pledge, in the order of its pages: the name of each
// field and its values as text. A test holds it against the record.
var fields = []struct {
	name   string
	values func(Pledge) []string
}{
	{"status", func(p Pledge) []string { return some(string(p.Status)) }},
	{"superseded_by", func(p Pledge) []string { return some(p.SupersededBy) }},
	{"notice", func(p Pledge) []string {
		if p.Notice == nil {
			return nil
		}
		return some(p.Notice.Reason)
	}},
	{"title", func(p Pledge) []string { return some(p.Title) }},
	{"text", func(p Pledge) []string { return some(p.Text) }},
	{"language", func(p Pledge) []string { return some(string(p.Language)) }},
	{"text_by", func(p Pledge) []string { return some(p.TextBy) }},
	{"parties", func(p Pledge) []string { return p.Parties }},
	{"channel", func(p Pledge) []string { return some(p.Channel) }},
	{"call", func(p Pledge) []string { return some(p.Call) }},
	{"form", func(p Pledge) []string { return some(string(p.Form)) }},
	{"matches", func(p Pledge) []string { return some(p.Matches) }},
	{"mirror", func(p Pledge) []string {
		if p.Mirror {
			return []string{"true"}
		}
		return nil
	}},
	{"nature", func(p Pledge) []string { return each(p.Nature, func(n Nature) string { return string(n) }) }},
	{"objectives", func(p Pledge) []string { return each(p.Objectives, strconv.Itoa) }},
	{"objectives_by", func(p Pledge) []string { return some(p.ObjectivesBy) }},
	{"actions", func(p Pledge) []string { return p.Actions }},
	{"sdgs", func(p Pledge) []string { return p.SDGs }},
	{"principles", func(p Pledge) []string { return p.Principles }},
	{"levels", func(p Pledge) []string { return each(p.Levels, func(l Level) string { return string(l) }) }},
	{"countries", func(p Pledge) []string { return p.Countries }},
	{"regions", func(p Pledge) []string { return p.Regions }},
	{"starts_on", func(p Pledge) []string { return some(p.StartsOn) }},
	{"ends_on", func(p Pledge) []string { return some(p.EndsOn) }},
	{"milestones", func(p Pledge) []string {
		return each(p.Milestones, func(m Milestone) string { return m.On + ": " + m.Text })
	}},
	{"indicators", func(p Pledge) []string { return each(p.Indicators, Indicator.String) }},
	{"money", func(p Pledge) []string {
		if p.Money == nil {
			return nil
		}
		return some(p.Money.String())
	}},
	{"announced_on", func(p Pledge) []string { return some(p.AnnouncedOn) }},
	{"announced_at", func(p Pledge) []string { return some(p.AnnouncedAt) }},
	{"attachments", func(p Pledge) []string {
		return each(p.Attachments, func(f File) string { return fmt.Sprintf("%s (%d bytes, %s)", f.Name, f.Bytes, f.SHA256) })
	}},
	{"links", func(p Pledge) []string {
		return each(p.Links, func(l Link) string {
			return strings.Join(strings.Fields(strings.Join([]string{l.Title, l.URL, l.Source, l.On}, " ")), " ")
		})
	}},
	{"source", func(p Pledge) []string { return some(p.Source) }},
	{"evidence", func(p Pledge) []string { return some(p.Evidence) }},
	{"also_recorded", func(p Pledge) []string {
		return each(p.AlsoRecorded, func(r Record) string { return r.Registry + ": " + r.ID })
	}},
}

// Changes lists what differs between two versions of a pledge, field by field.
func Changes(a, b Pledge) []FieldChange {
	var out []FieldChange
	for _, f := range fields {
		if before, after := f.values(a), f.values(b); !slices.Equal(before, after) {
			out = append(out, FieldChange{Field: f.name, Before: before, After: after})
		}
	}
	return out
}

// String is the indicator on one line: name, baseline and target with the unit.
func (in Indicator) String() string {
	s := in.Name
	if in.Baseline != "" || in.Target != "" {
		s += ": " + in.Baseline + " → " + in.Target
	}
	return strings.TrimSpace(s + " " + in.Unit)
}

// String is the announcement on one line, as written: "1500000 USD → fund:… (2023, 2024)".
func (m Money) String() string {
	s := strings.TrimSpace(m.Amount + " " + m.Currency)
	if m.Recipient != "" {
		s += " → " + m.Recipient
	}
	if len(m.Years) > 0 {
		s += " (" + numbers(m.Years) + ")"
	}
	return s
}

func some(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func each[T any](list []T, text func(T) string) []string {
	if len(list) == 0 {
		return nil
	}
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = text(x)
	}
	return out
}
