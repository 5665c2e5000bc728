package my

import (
	"slices"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/explore"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/advice"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/text"
	"stocktake/internal/web/page"
	"stocktake/internal/web/work/kit"
)

// Check is the last step: what is missing, how good the text is, where it belongs, what is there
// already; clearance, and submission.
type Check struct {
	Ref      string
	Title    page.Said
	Steps    []StepLink
	Findings []FindingLine
	Score    int
	Parts    []Dimension
	Scope    *ScopeLine
	Same     []Similar // of the same party, in nearly the same words
	Near     []Similar // of others, on the same objectives
	Clear    []ClearLine
	Form     *kit.Form // clears or submits
	Submit   bool      // may be pressed
	Revision bool      // it is the next version of a public pledge
	Why      string    // why it cannot
	Preview  string
}

// FindingLine is something that must be put right before the pledge can be submitted.
type FindingLine struct{ Name, Says, Href string }

// Dimension is one of the four qualities.
type Dimension struct {
	Name           string
	Points, Weight int
	Lines          []PointLine
}

// ScopeLine says that another compact may be meant.
type ScopeLine struct {
	Says, Referral, Name, URL string
	Words                     string
}

// Similar is a public pledge.
type Similar struct {
	ID, Href, Party string
	Title           page.Said
}

// ClearLine is a step of clearance within the party.
type ClearLine struct {
	Name, Note string
	When       kit.Moment
	Next       bool
}

func (a *area) check(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	s, err := a.draft(r)
	if err != nil {
		return nil, err
	}
	return a.checkPage(r, s, a.small(r, s))
}

func (a *area) checkPage(r *kit.Request, s intake.Submission, f *kit.Form) (kit.Answer, error) {
	d := &Check{Ref: s.Ref, Title: heading(r, s), Steps: stepsOf(r, s.Ref, "check"), Form: f, Preview: r.Link("/my/" + s.Ref + "/preview"), Revision: s.Published != ""}
	d.Findings = findings(r, s)
	all := points(r, s)
	assessed := advice.Assess(s.Pledge)
	d.Score = assessed.Score
	for _, dim := range advice.Dimensions {
		part := Dimension{Name: r.T("my.dimension." + string(dim))}
		part.Points, part.Weight = assessed.Of(dim)
		for i, p := range assessed.Points {
			if p.Dimension == dim {
				part.Lines = append(part.Lines, all[i])
			}
		}
		d.Parts = append(d.Parts, part)
	}
	d.Scope = scope(r, s.Pledge)
	if err := a.similar(r, s, d); err != nil {
		return nil, err
	}
	next := ""
	for _, c := range s.Steps {
		l := ClearLine{Name: c.Name, Note: c.Note, When: r.Moment(c.At)}
		if c.By == "" && next == "" {
			next, l.Next = c.Name, true
		}
		d.Clear = append(d.Clear, l)
	}
	submit := access.SubmitPledge
	if d.Revision {
		submit = access.SubmitRevision
	}
	switch {
	case len(d.Findings) > 0:
		d.Why = r.T("my.submit.findings")
	case next != "":
		d.Why = r.T("my.submit.clear")
	case !r.May(submit, subject(s)):
		d.Why = r.T("my.submit.transmits")
	default:
		d.Submit = true
	}
	return kit.Page{Name: "check", Title: "my.step.check", Data: d, Form: f}, nil
}

func heading(r *kit.Request, s intake.Submission) page.Said {
	if s.Pledge.Title == "" {
		return page.Said{Text: r.T("my.untitled")}
	}
	return page.Say(s.Pledge.Title, s.Pledge.Language)
}

// stepOf says on which step a field of the contract is asked.
var stepOf = map[string]string{
	"title": "what", "text": "what", "language": "what",
	"parties": "who", "form": "who", "matches": "who", "mirror": "who",
	"objectives": "about", "objectives_by": "about", "nature": "about", "levels": "about", "countries": "about", "regions": "about", "principles": "about", "sdgs": "about", "actions": "about",
	"starts_on": "when", "ends_on": "when", "milestones": "when", "indicators": "when", "money": "when", "amount": "when", "currency": "when", "recipient": "when", "announced_on": "when", "announced_at": "when",
	"links": "evidence", "attachments": "evidence", "contact": "evidence", "source": "evidence",
}

// findings are what the rules of the form say, in the reader's language.
func findings(r *kit.Request, s intake.Submission) []FindingLine {
	var out []FindingLine
	for _, x := range s.Findings {
		name, _, _ := strings.Cut(x.Field, "[")
		name, _, _ = strings.Cut(name, ".")
		l := FindingLine{Name: name, Says: x.Message}
		if key := "my.fault." + name; r.P.Has(key) {
			rules := r.Kit.House.Pack.Rules
			l.Says = r.T(key, "min", rules.TextMin, "max", rules.TextMax, "n", rules.ObjectivesMax)
		}
		for _, key := range []string{"my." + name, "field." + name, "filter." + name} {
			if r.P.Has(key) {
				l.Name = r.T(key)
				break
			}
		}
		if step := stepOf[name]; step != "" {
			l.Href = r.Link("/my/" + s.Ref + "/edit/" + step)
		}
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

func scope(r *kit.Request, p pledge.Pledge) *ScopeLine {
	f := advice.Scope(p, r.Kit.House.Pack)
	if f.Verdict == advice.Here || f.Verdict == advice.Both && p.Mirror {
		return nil
	}
	out := &ScopeLine{Name: f.Sister.Name.In(r.Lang), URL: f.Sister.URL, Words: r.P.List(f.Words...), Referral: f.Sister.Referral.In(r.Lang)}
	if f.Verdict == advice.Both {
		out.Says = r.T("my.scope.both", "name", out.Name)
	} else {
		out.Says = r.T("my.scope.there", "name", out.Name)
	}
	return out
}

const (
	mostSimilar  = 5
	mostCompared = 200
	nearlySame   = 0.5 // of the words of the shorter text
)

// similar looks among public pledges alone: what others are drafting is nobody's to know.
func (a *area) similar(r *kit.Request, s intake.Submission, d *Check) error {
	rd, _, err := a.public(r)
	if err != nil {
		return err
	}
	line := func(it *explore.Item) Similar {
		return Similar{ID: it.Pledge.ID, Href: rd.PledgeLink(it.Pledge.ID), Party: a.name(r, it.Pledge.Parties[0]), Title: page.Say(it.Pledge.Title, it.Pledge.Language)}
	}
	own := termsOf(s.Pledge)
	same, err := rd.View(explore.Query{}.With("party", s.Lead))
	if err != nil {
		return err
	}
	for _, it := range same.Items(0, mostCompared) {
		if it.Pledge.ID != s.Published && len(d.Same) < mostSimilar && overlap(own, termsOf(it.Pledge)) >= nearlySame {
			d.Same = append(d.Same, line(it))
		}
	}
	if len(s.Pledge.Objectives) == 0 {
		return nil
	}
	q := explore.Query{}.With("objective", texts(s.Pledge.Objectives)...)
	if len(s.Pledge.Countries) > 0 {
		q = q.With("country", s.Pledge.Countries...)
	}
	near, err := rd.View(q)
	if err != nil {
		return err
	}
	type scored struct {
		it    *explore.Item
		share float64
	}
	var found []scored
	for _, it := range near.Items(0, mostCompared) {
		if it.Pledge.ID != s.Published && !slices.Contains(it.Pledge.Parties, s.Lead) {
			found = append(found, scored{it, overlap(own, termsOf(it.Pledge))})
		}
	}
	slices.SortStableFunc(found, func(x, y scored) int {
		switch {
		case x.share > y.share:
			return -1
		case x.share < y.share:
			return 1
		}
		return 0
	})
	for _, x := range found[:min(len(found), mostSimilar)] {
		d.Near = append(d.Near, line(x.it))
	}
	return nil
}

// termsOf are the different words of a pledge, as search knows them.
func termsOf(p pledge.Pledge) map[string]bool {
	out := map[string]bool{}
	for _, t := range text.Tokens(p.Language, p.Title+"\n"+p.Text) {
		out[t.Term] = true
	}
	return out
}

// overlap is the share of the smaller set that the other has too.
func overlap(a, b map[string]bool) float64 {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) == 0 {
		return 0
	}
	n := 0
	for t := range a {
		if b[t] {
			n++
		}
	}
	return float64(n) / float64(len(a))
}
