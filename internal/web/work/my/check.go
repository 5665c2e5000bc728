package my

import (
	"slices"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/advice"
	"stocktake/internal/pledge/intake"
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
	var err error
	if d.Same, d.Near, err = a.similar(r, s); err != nil {
		return nil, err
	}
	next := ""
	for _, c := range s.Steps {
		if d.Revision && !s.Revised {
			break // there is nothing to clear
		}
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
	case d.Revision && !s.Revised:
		d.Why = r.T("my.submit.unchanged")
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
	"starts_on": "when", "ends_on": "when", "milestones": "when", "indicators": "when", "money": "when", "years": "when", "amount": "when", "currency": "when", "recipient": "when", "announced_on": "when", "announced_at": "when",
	"links": "evidence", "attachments": "evidence", "contact": "evidence", "source": "evidence", "also_recorded": "evidence",
}

// findings are what the rules of the form say, in the reader's language.
func findings(r *kit.Request, s intake.Submission) []FindingLine {
	var out []FindingLine
	for _, x := range s.Findings {
		name, _, _ := strings.Cut(x.Field, "[")
		name, _, _ = strings.Cut(name, ".")
		if slices.Contains([]string{"amount", "currency", "years"}, name) {
			name = "money"
		}
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
