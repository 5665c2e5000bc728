// Package advice says how specific, measurable, time-bound and resourced the text of a pledge
// is, and why: to the party while it writes, with the same rules and the same words as on the
// public page about the method. It also notices a text that belongs to a sister compact.
//
// The rules are plain counting, the same for everybody, and can be followed with a pencil: no
// score forbids anything. What they look for in each language stands in words/<code>.json.
package advice

import (
	"stocktake/internal/compact"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// Dimension is one of the four qualities.
type Dimension string

const (
	Specific   Dimension = "specific"
	Measurable Dimension = "measurable"
	TimeBound  Dimension = "time_bound"
	Resourced  Dimension = "resourced"
)

// Dimensions lists them in the order in which they are told.
var Dimensions = []Dimension{Specific, Measurable, TimeBound, Resourced}

// Rule is one thing that is looked for. Key is the stem of its messages: KEY.rule says what is
// looked for, KEY.met, KEY.missing and where it makes a difference KEY.weak say what was found.
type Rule struct {
	Key       string
	Dimension Dimension
	Weight    int
	look      func(pledge.Pledge, *reading) outcome
}

// Rules is the method: all that is looked for. The weights add up to 100.
var Rules = []Rule{
	{"advice.action", Specific, 20, lookAction},
	{"advice.place", Specific, 10, lookPlace},
	{"advice.quantity", Measurable, 20, lookQuantity},
	{"advice.indicator", Measurable, 10, lookIndicator},
	{"advice.deadline", TimeBound, 20, lookDeadline},
	{"advice.steps", TimeBound, 5, lookSteps},
	{"advice.resources", Resourced, 15, lookResources},
}

// Keys lists the message keys that an assessment can name, for tests of catalogues.
func Keys() []string {
	var keys []string
	for _, r := range Rules {
		keys = append(keys, r.Key+".rule", r.Key+met, r.Key+missing)
	}
	return append(keys, "advice.action"+weak, "advice.indicator"+weak, "advice.resources"+weak)
}

const (
	met     = ".met"
	weak    = ".weak" // half of the weight
	missing = ".missing"
)

// Point is what one rule found.
type Point struct {
	Key       string
	Dimension Dimension
	Met       bool   // wholly
	Why       string // message key; Found is its argument "found"
	Found     string // the words of the text that decided, "" where a field did
	Weight    int
	Points    int // of Weight
}

// Assessment is what all rules found.
type Assessment struct {
	Score  int // 0 to 100
	Points []Point
}

// Of is the part of an assessment that speaks of one dimension.
func (a Assessment) Of(d Dimension) (points, weight int) {
	for _, p := range a.Points {
		if p.Dimension == d {
			points += p.Points
			weight += p.Weight
		}
	}
	return points, weight
}

type outcome struct {
	how   string // met, weak or missing
	found string
}

// Assess looks at a pledge, published or not. It depends on nothing but the pledge.
func Assess(p pledge.Pledge) Assessment {
	var a Assessment
	r := read(p.Language, p.Title+"\n"+p.Text)
	for _, rule := range Rules {
		o := rule.look(p, r)
		pt := Point{Key: rule.Key, Dimension: rule.Dimension, Met: o.how == met, Why: rule.Key + o.how, Found: o.found, Weight: rule.Weight}
		switch o.how {
		case met:
			pt.Points = rule.Weight
		case weak:
			pt.Points = rule.Weight / 2
		}
		a.Score += pt.Points
		a.Points = append(a.Points, pt)
	}
	return a
}

// lookAction: the text says what will be done, with a verb of doing. Verbs of intention alone
// ("promote", "strengthen") are half of it.
func lookAction(_ pledge.Pledge, r *reading) outcome {
	if w := r.verb(r.words.verbs); w != "" {
		return outcome{met, w}
	}
	if w := r.first(r.words.vague); w != "" {
		return outcome{weak, w}
	}
	return outcome{how: missing}
}

// lookPlace: a field says where, or the pledge is carried out everywhere.
func lookPlace(p pledge.Pledge, _ *reading) outcome {
	if len(p.Countries) > 0 || len(p.Regions) > 0 {
		return outcome{how: met}
	}
	for _, l := range p.Levels {
		if l == pledge.Global {
			return outcome{how: met}
		}
	}
	return outcome{how: missing}
}

// lookQuantity: the text says how many or how much, or an indicator has a target.
func lookQuantity(p pledge.Pledge, r *reading) outcome {
	if q := r.quantity(); q != "" {
		return outcome{met, q}
	}
	for _, i := range p.Indicators {
		if i.Target != "" {
			return outcome{met, i.Target}
		}
	}
	return outcome{how: missing}
}

// lookIndicator: one indicator has a baseline and a target; a target alone is half of it.
func lookIndicator(p pledge.Pledge, _ *reading) outcome {
	best := outcome{how: missing}
	for _, i := range p.Indicators {
		switch {
		case i.Target != "" && i.Baseline != "":
			return outcome{met, i.Name}
		case i.Target != "":
			best = outcome{weak, i.Name}
		}
	}
	return best
}

// lookDeadline: a field or the text says until when.
func lookDeadline(p pledge.Pledge, r *reading) outcome {
	if p.EndsOn != "" {
		return outcome{met, p.EndsOn}
	}
	base := ""
	if len(p.AnnouncedOn) >= 4 {
		base = p.AnnouncedOn[:4]
	}
	if d := r.deadline(base); d != "" {
		return outcome{met, d}
	}
	return outcome{how: missing}
}

// lookSteps: there is a dated step on the way.
func lookSteps(p pledge.Pledge, _ *reading) outcome {
	for _, m := range p.Milestones {
		if m.On != "" {
			return outcome{met, m.On}
		}
	}
	return outcome{how: missing}
}

// lookResources: an amount, in the field or in the text, or other means with their number;
// means without any number are half of it.
func lookResources(p pledge.Pledge, r *reading) outcome {
	if p.Money != nil && p.Money.Amount != "" {
		return outcome{met, p.Money.Amount + " " + p.Money.Currency}
	}
	if m := r.near(r.words.currencies); m != "" {
		return outcome{met, m}
	}
	if m := r.near(r.words.resources); m != "" {
		return outcome{met, m}
	}
	if w := r.first(r.words.resources); w != "" {
		return outcome{weak, w}
	}
	return outcome{how: missing}
}

// Verdict says where a text belongs.
type Verdict string

const (
	Here  Verdict = ""      // nothing speaks for another compact
	Both  Verdict = "both"  // it may also serve the sister: mark it so
	There Verdict = "there" // it speaks of the sister's people alone
)

// Finding is what Scope found, with the words that decided.
type Finding struct {
	Verdict Verdict
	Sister  compact.Sister
	Words   []string
}

// Scope looks for words of a sister compact, and of this one, in title and text; which they
// are stands in the pack. It never decides: the party and the secretariat do.
func Scope(p pledge.Pledge, pack *compact.Pack) Finding {
	r := read(p.Language, p.Title+"\n"+p.Text)
	for _, s := range pack.Sisters {
		theirs := r.all(phrasesOf(p.Language, s.Theirs))
		if len(theirs) == 0 {
			continue
		}
		f := Finding{Verdict: There, Sister: s, Words: theirs}
		if len(r.all(phrasesOf(p.Language, s.Ours))) > 0 || p.Mirror {
			f.Verdict = Both
		}
		return f
	}
	return Finding{}
}

func phrasesOf(c lang.Code, t compact.Text) []phrase {
	return phrases(c, splitWords(t.In(c)))
}
