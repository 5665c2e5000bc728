package my

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/page"
	"stocktake/internal/web/page/history"
	"stocktake/internal/web/work/kit"
)

// public is what the public record says now, for names and suggestions.
func (a *area) public(r *kit.Request) (*page.Reader, *explore.View, error) {
	rd := r.Reader()
	rd.Snap = a.index.Snapshot()
	v, err := rd.View(explore.Query{})
	return rd, v, err
}

// name is the name of a party, public or not yet.
func (a *area) name(r *kit.Request, code string) string {
	return r.Reader().NameOf(r.Parties(a.desk.Party), code)
}

// written is a text without what the form fills in by itself.
func written(p pledge.Pledge) pledge.Pledge {
	p.Status, p.TextBy, p.ObjectivesBy = "", "", ""
	return p
}

// differences say what one text of a party has changed in another, as the public history would.
func (a *area) differences(r *kit.Request, before, after pledge.Pledge) []history.Change {
	return history.Differences(r.Reader(), r.Parties(a.desk.Party), written(before), written(after))
}

// refused is f.Refused, in words of these pages where a key of the workflow has some.
func refused(r *kit.Request, f *kit.Form, err error) bool {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		if rest, is := strings.CutPrefix(e.Key, "work."); is && r.P.Has("my.why."+rest) {
			again := *e
			again.Kind, again.Key = errs.Conflict, "my.why."+rest
			err = &again
		}
	}
	return f.Refused(err)
}

// subject is the submission as the policy sees it.
func subject(s intake.Submission) access.Subject {
	out := access.Subject{State: string(s.State), Lead: s.Lead}
	for _, in := range s.Invitations {
		switch in.State {
		case intake.Confirmed:
			out.Named = append(out.Named, in.Party)
		case intake.Unanswered:
			out.Invited = append(out.Invited, in.Party)
		case intake.Left:
			out.Former = append(out.Former, in.Party)
		}
	}
	return out
}

// told is the version of a form that carries a draft's.
func told(s intake.Submission) string { return strconv.Itoa(s.Version) }

// sorted puts options in the order of the reader's language.
func sorted(r *kit.Request, options []kit.Option) []kit.Option {
	compare := lang.Collate(r.Lang)
	slices.SortStableFunc(options, func(x, y kit.Option) int { return compare(x.Text, y.Text) })
	return options
}

// parties are those that can be invited: all States, who has pledged already, and whom the desk
// has introduced.
func (a *area) parties(r *kit.Request, without []string) ([]kit.Option, error) {
	rd, v, err := a.public(r)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, code := range without {
		seen[code] = true
	}
	var out []kit.Option
	add := func(p party.Party) {
		if !seen[p.Code] {
			seen[p.Code] = true
			out = append(out, kit.Option{Value: p.Code, Text: rd.PartyName(p)})
		}
	}
	for _, p := range v.Parties() {
		add(p.Party)
	}
	for _, c := range place.Countries() {
		if c.Status != place.Area {
			add(party.FromCountry(c))
		}
	}
	introduced, err := a.desk.Introduced(r.Context(), r.Person)
	for _, p := range introduced {
		add(p)
	}
	if err != nil {
		return nil, err
	}
	return sorted(r, out), nil
}

// places are sorted once for each language: a form is saved every few seconds.
func (a *area) places(r *kit.Request, what string, list func() []kit.Option) []kit.Option {
	key := what + " " + string(r.Lang)
	if known, ok := a.sorted.Load(key); ok {
		return known.([]kit.Option)
	}
	out := sorted(r, list())
	a.sorted.Store(key, out)
	return out
}

func (a *area) countries(r *kit.Request) []kit.Option {
	return a.places(r, "countries", func() (out []kit.Option) {
		rd := r.Reader()
		for _, c := range place.Countries() {
			out = append(out, kit.Option{Value: c.Alpha2, Text: rd.CountryName(c.Alpha2)})
		}
		return out
	})
}

func (a *area) regions(r *kit.Request) []kit.Option {
	return a.places(r, "regions", func() (out []kit.Option) {
		for _, g := range place.Regions() {
			out = append(out, kit.Option{Value: g.Code, Text: g.Name(r.Lang)})
		}
		return out
	})
}

// words are the values of a closed list with their words.
func words[T ~string](r *kit.Request, list string, values []T) []kit.Option {
	rd := r.Reader()
	var out []kit.Option
	for _, v := range values {
		out = append(out, kit.Option{Value: string(v), Text: rd.Word(list, string(v))})
	}
	return out
}

// only are the options that were chosen.
func only(options []kit.Option, values ...string) []kit.Option {
	var out []kit.Option
	for _, o := range options {
		if slices.Contains(values, o.Value) {
			out = append(out, o)
		}
	}
	return out
}

func strs[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

func typed[T ~string](values []string) []T {
	var out []T
	for _, v := range values {
		out = append(out, T(v))
	}
	return out
}

func ints(values []string) []int {
	var out []int
	for _, v := range values {
		if n, err := strconv.Atoi(v); err == nil && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

func texts(values []int) []string {
	var out []string
	for _, v := range values {
		out = append(out, strconv.Itoa(v))
	}
	return out
}

// State is where a pledge stands, in words.
type State struct{ Key, Name, Kind string }

func state(r *kit.Request, s pledge.State) State {
	out := State{Key: string(s), Name: r.T("my.state." + string(s))}
	switch s {
	case pledge.StatePublished:
		out.Kind = "good"
	case pledge.StateReturned:
		out.Kind = "bad"
	}
	return out
}
