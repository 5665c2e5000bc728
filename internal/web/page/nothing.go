package page

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"stocktake/internal/chart"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/place"
)

// Nothing is the state of a page where no pledge matches: which filter to take away, and how
// many pledges there would be then.
type Nothing struct {
	Filtered bool
	Text     template.HTML // says why there is nothing, where no filter is to blame
	Offers   []Offer
	Instead  []Offer         // the filters by the region that the words name
	Gaps     []template.HTML // of each place that is asked for, that it has no objective, and where that is seen beside others
	Clear    string
}

// Offer is one filter to take away, or to take instead.
type Offer struct {
	Filter, Href string
	Value        template.HTML // each value set apart for its direction
	Count        int
}

// Nothing works out the way out of a question that finds nothing.
func (r *Reader) Nothing(path string, v *explore.View) (*Nothing, error) {
	q := r.Query
	n := &Nothing{Filtered: q.Filtered() || q.Words != ""}
	if !n.Filtered {
		n.Text = r.None(v)
		if n.Text == r.HTML("lede.empty") {
			n.Text = r.HTML("nothing.empty")
		} else if path == "/" {
			n.Text = "" // the opening sentence has said so
		}
		return n, nil
	}
	n.Clear = r.Link(path, r.Pin())
	offer := func(filter string, value template.HTML, without explore.Query) error {
		other, err := r.View(without)
		if err != nil {
			return fmt.Errorf("page: offer %s: %w", filter, err)
		}
		if other.Totals.Pledges == 0 {
			return nil // no way out
		}
		n.Offers = append(n.Offers, Offer{Filter: r.FilterName(filter), Value: value, Href: r.Link(path, without), Count: other.Totals.Pledges})
		return nil
	}
	if q.Words != "" {
		if err := offer("q", Bdi(q.Words), q.WithWords("")); err != nil {
			return nil, err
		}
		var err error
		if n.Instead, err = r.regions(path); err != nil {
			return nil, err
		}
	}
	if err := r.gaps(n); err != nil {
		return nil, err
	}
	for _, name := range explore.Filters {
		values := q.Get(name)
		if len(values) == 0 {
			continue
		}
		names := make([]template.HTML, len(values))
		for i, value := range values {
			names[i] = Bdi(r.ValueName(v, name, value))
		}
		if err := offer(name, r.P.ListHTML(names...), q.Without(name)); err != nil {
			return nil, err
		}
	}
	if q.OwnObjectives {
		if err := offer("inferred", Bdi(r.T("chips.inferred")), q.WithOwnObjectives(false)); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// regions offers, where the words name a region, the pledges of its parties and those carried out there:
// few texts say where in the world they belong, and the filters know. That there are none answers a
// question, too.
func (r *Reader) regions(path string) (offers []Offer, err error) {
	region, known := place.RegionNamed(strings.TrimSpace(r.Query.Words))
	if !known {
		return nil, nil
	}
	for _, filter := range []string{"party_region", "region"} {
		q := r.Query.WithWords("").Only(filter, region.Code)
		v, err := r.View(q)
		if err != nil {
			return nil, fmt.Errorf("page: offer %s: %w", filter, err)
		}
		offers = append(offers, Offer{Filter: r.FilterName(filter), Value: Bdi(r.ValueName(v, filter, region.Code)), Href: r.Link(path, q), Count: v.Totals.Pledges})
	}
	return offers, nil
}

// OfferRegions offers the same beside what the words find: "Pacific" stands in a few texts, and they are
// not all that was pledged there.
func (r *Reader) OfferRegions(f *Form, v *explore.View) (err error) {
	if r.Query.Words != "" && v.Totals.Pledges > 0 {
		f.Instead, err = r.regions(f.path)
	}
	return err
}

// gaps says of each place that is asked for that no objective has a pledge there, and leads to the
// overview of gaps, where others stand beside it.
func (r *Reader) gaps(n *Nothing) error {
	for _, filter := range []string{"party_region", "region", "commission"} {
		values := r.Query.Get(filter)
		if len(values) != 1 || values[0] == None || len(r.Query.Get("objective")) > 0 {
			continue
		}
		v, err := r.View(r.Query.Without(filter))
		if err != nil {
			return fmt.Errorf("page: gaps by %s: %w", filter, err)
		}
		q := r.Query.Without(filter)
		if v.Totals.Pledges == 0 {
			q = r.Pin()
		}
		n.Gaps = append(n.Gaps, r.HTML("nothing.gap", "filter", r.FilterName(filter), "value", Bdi(r.ValueName(v, filter, values[0])), "total", len(r.Pack.Objectives),
			"link", Anchor(r.Link("/", q, "cover", filter)+"#gaps", r.HTML("gaps.title"))))
	}
	return nil
}

// Zero is said instead of a number where a page finds no pledge.
func (r *Reader) Zero(v *explore.View) template.HTML {
	if r.Query.Filtered() || r.Query.Words != "" {
		return r.HTML("lede.nothing")
	}
	return r.None(v)
}

// None says that there is no pledge at all, and whether that is because it was too early for
// one, because the register had none yet, or because none stands any more.
func (r *Reader) None(v *explore.View) template.HTML {
	switch {
	case v.Ended() > 0:
		return r.HTML("lede.ended")
	case r.Query.At > 0 && r.Query.At < r.Snap.Size(): // later entries may tell of earlier days
		return r.HTML("lede.at", "date", r.P.Date(r.AsOf()))
	case r.Query.AsOf != "" && r.Query.AsOf != r.Today:
		return r.HTML("lede.before", "date", r.P.Date(r.Query.AsOf))
	}
	return r.HTML("lede.empty")
}

// Bdi is a name set apart for its direction.
func Bdi(s string) template.HTML { return lang.Bdi(s) }

// Profile leads to the page of the one party that is asked for, by filter or by name; nothing where
// it is not one.
func (r *Reader) Profile(v *explore.View) template.HTML {
	codes := r.Query.Get("party")
	if len(codes) == 0 && r.Query.Words != "" {
		codes = r.called(v, strings.TrimSpace(r.Query.Words))
	}
	if len(codes) != 1 {
		return ""
	}
	p, known := v.Party(codes[0])
	if !known {
		return ""
	}
	return Anchor(r.PartyLink(p.Code), r.HTML("party.profile", "party", Bdi(r.PartyName(p))))
}

// called finds the parties of a view that are called so: a State in any of the languages, others as
// the page names them.
func (r *Reader) called(v *explore.View, name string) (codes []string) {
	c, isPlace := place.Lookup(name)
	for _, p := range v.Parties() {
		if isPlace && strings.EqualFold(p.Party.Code, c.Alpha3) || strings.EqualFold(r.PartyName(p.Party), name) {
			codes = append(codes, p.Party.Code)
		}
	}
	return codes
}

// Objective is the row of an objective in a table of bars, with one of the Lists of objectives.
func (r *Reader) Objective(n, count int, link func(string) string) chart.Bar {
	value := strconv.Itoa(n)
	row := chart.Bar{No: r.P.Number(int64(n)), Value: count, ValueText: r.Count(count), Current: r.Query.Has("objective", value)}
	if o, ok := r.Pack.Objective(n); ok {
		row.Label = Bdi(o.Label.In(r.Lang))
	}
	if count > 0 {
		row.Href = link(value)
	}
	return row
}
