package exchange

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

// Format of a file of pledges.
type Format string

const (
	CSV   Format = "csv"
	XLSX  Format = "xlsx"
	JSONL Format = "jsonl"
)

// FormatOf tells the format by the ending of a file's name.
func FormatOf(name string) (Format, error) {
	i := strings.LastIndexByte(name, '.')
	switch f := Format(strings.ToLower(name[i+1:])); {
	case i >= 0 && (f == CSV || f == XLSX || f == JSONL):
		return f, nil
	}
	return "", errs.New(errs.Invalid, "%q ends in none of .csv, .xlsx, .jsonl", name)
}

// Selection is what an export writes: the pledges of one view.
type Selection struct {
	Items iter.Seq2[*explore.Item, error] // each made when its turn comes: they need not fit into memory together
	Count int
	Party func(code string) (party.Party, bool)
	Base  string // of the pages, without a final slash: "https://example.org"
}

// Select takes all pledges of a view of the snapshot, in the order of their ids.
func Select(s *explore.Snapshot, v *explore.View, base string) Selection {
	ids := make([]string, 0, v.Totals.Pledges)
	for from := 0; from < v.Totals.Pledges; from += window {
		for _, item := range v.Items(from, window) {
			ids = append(ids, item.Pledge.ID)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	moment := explore.Query{}.WithAt(v.Size)
	items := func(yield func(*explore.Item, error) bool) {
		for _, id := range ids {
			item, err := s.Pledge(id, moment, v.AsOf)
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
	return Selection{Items: items, Count: len(ids), Party: v.Party, Base: strings.TrimSuffix(base, "/")}
}

// window is how many pledges are looked at together for their ids.
const window = 5000

// Export writes the selection. The same selection gives the same bytes.
func Export(w io.Writer, f Format, s Selection) error {
	switch f {
	case CSV:
		return s.csv(w)
	case XLSX:
		return s.xlsx(w)
	case JSONL:
		return s.jsonl(w)
	}
	return errs.New(errs.Invalid, "no export as %q", f)
}

func (s Selection) csv(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(Columns); err != nil {
		return err
	}
	for item, err := range s.Items {
		if err != nil {
			return err
		}
		row := s.row(item)
		for i, v := range row {
			row[i] = guard(v)
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// row has the values of Columns, in their order.
func (s Selection) row(item *explore.Item) []string {
	v := s.values(item)
	row := make([]string, len(Columns))
	for i, c := range Columns {
		row[i] = v[c]
	}
	return row
}

func (s Selection) values(item *explore.Item) map[string]string {
	p := &item.Pledge
	v := map[string]string{
		"id": p.ID, "title": p.Title, "text": p.Text, "language": string(p.Language),
		"parties": JoinList(p.Parties), "party_names": JoinList(s.names(p)), "party_kinds": JoinList(s.kinds(p)),
		"channel": p.Channel, "call": p.Call, "form": string(p.Form), "matches": p.Matches,
		"nature": joined(p.Nature), "objectives": objectiveList(p.Objectives), "objectives_by": p.ObjectivesBy,
		"principles": JoinList(p.Principles), "levels": joined(p.Levels),
		"countries": JoinList(p.Countries), "regions": JoinList(p.Regions),
		"starts_on": p.StartsOn, "ends_on": p.EndsOn,
		"announced_on": p.AnnouncedOn, "announced_at": p.AnnouncedAt,
		"stage": string(item.Stage), "last_reported_on": item.ReportedOn, "published_on": item.Published,
		"source": p.Source, "url": s.Base + "/pledges/" + p.ID,
	}
	if p.Mirror {
		v["mirror"] = "true"
	}
	if p.Money != nil {
		v["amount"], v["currency"], v["recipient"] = p.Money.Amount, p.Money.Currency, p.Money.Recipient
	}
	return v
}

func (s Selection) names(p *pledge.Pledge) []string {
	names := make([]string, len(p.Parties))
	for i, code := range p.Parties {
		names[i] = code
		if who, ok := s.Party(code); ok {
			names[i] = who.Name(lang.EN)
		}
	}
	return names
}

func (s Selection) kinds(p *pledge.Pledge) []string {
	kinds := make([]string, len(p.Parties))
	for i, code := range p.Parties {
		if who, ok := s.Party(code); ok {
			kinds[i] = who.Kind
		}
	}
	return kinds
}

func joined[T ~string](items []T) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = string(item)
	}
	return JoinList(texts)
}

func objectiveList(numbers []int) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = fmt.Sprint(n)
	}
	return strings.Join(texts, ";")
}
