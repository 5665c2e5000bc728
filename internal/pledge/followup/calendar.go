package followup

import (
	"slices"
	"strings"
	"time"

	"stocktake/internal/compact"
	"stocktake/internal/pledge"
)

// Calendar says which report is asked for when. It is the policy of a compact: a rhythm that
// begins with publication and begins anew with every report, and the rounds before a forum.
type Calendar struct {
	EveryMonths  int     // 0: no rhythm
	Rounds       []Round // by the day of asking
	RemindBefore []int   // days before a report is due, descending
	LapseAfter   int     // months of silence after which a pledge is no longer active; 0: never
}

// Round is a time in which every party is asked, both days included.
type Round struct{ Asked, Due string }

// How many days after the due day the two letters go out that say so, how many at least lie
// between two letters of one request, and how many a party has to answer one that is outside of the
// calendar.
const (
	overdueAfter  = 14
	escalateAfter = 28
	pause         = 7
	timeToAnswer  = 30
)

// CalendarOf reads the policy of a pack.
func CalendarOf(p *compact.Pack) Calendar {
	c := Calendar{EveryMonths: p.Calendar.ReportEveryMonths, RemindBefore: p.Calendar.RemindBeforeDays, LapseAfter: p.Calendar.LapseAfterMonths}
	for _, r := range p.Rounds {
		c.Rounds = append(c.Rounds, Round{r.Asked, r.Due})
	}
	return c
}

// Life is what a calendar needs to know of a pledge.
type Life struct {
	Published string   // the day that it became public
	Reports   []string // the days that its reports became public, in their order
	Stage     pledge.Stage
	Ended     bool // withdrawn, superseded or erased
}

// Over reports whether there is nothing to ask about any more.
func (l Life) Over() bool {
	return l.Ended || l.Stage == pledge.Fulfilled || l.Stage == pledge.Discontinued
}

// Heard is the last day on which the party was heard of: publication, or the latest report.
func (l Life) Heard() string { return slices.Max(append([]string{l.Published}, l.Reports...)) }

// Request asks for one report. Key names it among the requests on a pledge, for ever.
type Request struct {
	Key        string
	Asked, Due string // days
}

// Kinds of request, as the keys begin.
const (
	roundKey  = "round:"
	rhythmKey = "rhythm:"
	deskKey   = "desk:"
)

// Round reports whether the request belongs to a round before a forum.
func (r Request) Round() bool { return strings.HasPrefix(r.Key, roundKey) }

// Outside reports whether the desk made the request where the calendar asked nothing.
func (r Request) Outside() bool { return strings.HasPrefix(r.Key, deskKey) }

// extra is a request that the desk makes on a day outside of the calendar.
func extra(day string) Request {
	due := addDays(day, timeToAnswer)
	return Request{deskKey + due, day, due}
}

// Current is the request that stands on a day: the one made last of those that no report has
// answered. ok is false while nothing is asked. For the same reports, a later day never brings
// an earlier request back.
func (c Calendar) Current(l Life, day string) (current Request, ok bool) {
	if l.Over() || day < l.Published {
		return Request{}, false
	}
	heard := l.Heard()
	for _, r := range c.Rounds {
		// A report on the day of the call answers it; a pledge published since was not called for.
		if r.Asked <= day && l.Published <= r.Asked && (len(l.Reports) == 0 || heard < r.Asked) && (!ok || r.Asked >= current.Asked) {
			current, ok = Request{roundKey + r.Due, r.Asked, r.Due}, true
		}
	}
	if r, due := c.rhythm(heard, day); due && (!ok || r.Asked > current.Asked) {
		current, ok = r, true
	}
	return current, ok
}

// Standing is the request that stands on a day where the desk has made one outside of the calendar,
// which no report has answered: it stands while the calendar asks nothing, and gives way to what
// the calendar asks, but not before a party had a week's peace since the desk's letter.
func (c Calendar) Standing(l Life, outside Request, sent, day string) (r Request, ok bool) {
	r, ok = c.Current(l, day)
	if outside.Key != "" && !l.Over() && (!ok || day < addDays(sent, pause)) {
		return outside, true
	}
	return r, ok
}

// Ahead is the request that stands on a day, or else the first that will be made if nothing is
// heard before; ok is false where none ever is.
func (c Calendar) Ahead(l Life, day string) (r Request, ok bool) {
	if r, ok = c.Current(l, day); ok || l.Over() {
		return r, ok
	}
	heard, next := l.Heard(), ""
	sooner := func(asked string) {
		if asked > day && (next == "" || asked < next) {
			next = asked
		}
	}
	for _, r := range c.Rounds {
		if l.Published <= r.Asked && (len(l.Reports) == 0 || heard < r.Asked) {
			sooner(r.Asked)
		}
	}
	if c.EveryMonths > 0 {
		sooner(max(addDays(addMonths(heard, c.EveryMonths), -c.notice()), heard))
	}
	if next == "" {
		return Request{}, false
	}
	return c.Current(l, next)
}

// rhythm is the latest request of the rhythm since a party was heard of. One that nobody answers
// is made again after another period.
func (c Calendar) rhythm(heard, day string) (r Request, ok bool) {
	if c.EveryMonths <= 0 {
		return r, false
	}
	for n := 1; ; n++ {
		due := addMonths(heard, n*c.EveryMonths)
		asked := max(addDays(due, -c.notice()), heard)
		if asked > day || due == "" {
			return r, ok
		}
		r, ok = Request{rhythmKey + due, asked, due}, true
	}
}

// notice is how many days before it is due a report is asked for.
func (c Calendar) notice() int {
	if len(c.RemindBefore) == 0 {
		return 30
	}
	return slices.Max(c.RemindBefore)
}

// Lapsed reports whether the pledge was silent for so long that it is not counted as active. One
// report brings it back.
func (c Calendar) Lapsed(l Life, day string) bool {
	return c.LapseAfter > 0 && !l.Over() && l.Heard() < addMonths(day, -c.LapseAfter)
}

// Overdue reports whether the day by which the request was to be answered has passed. A request
// outside of the calendar is a question and no duty: it is answered, or it is not, and never
// overdue.
func (r Request) Overdue(day string) bool { return day > r.Due && !r.Outside() }

// Step is one letter of a request. Name is unique in the request; Letter is its template.
type Step struct {
	Name   string
	On     string
	Letter string
}

// Steps are the letters of a request in their order, each on its day.
func (c Calendar) Steps(r Request) []Step {
	steps := []Step{{"asked", r.Asked, LetterRequest}}
	for i, days := range c.RemindBefore {
		on := addDays(r.Due, -days)
		if on > r.Asked && i > 0 && on < r.Due {
			steps = append(steps, Step{"before:" + on, on, LetterReminder})
		}
	}
	return append(steps,
		Step{"due", r.Due, LetterDue},
		Step{"overdue", addDays(r.Due, overdueAfter), LetterOverdue},
		Step{"escalated", addDays(r.Due, escalateAfter), LetterEscalated})
}

// Next is the letter to send on a day, given the name and the day of the one sent last ("" for
// none); ok is false where it is not time for any. Letters whose day went by are left out, but
// nobody is escalated who was not told before, and a party has a week between two letters.
func (c Calendar) Next(r Request, last, sent, day string) (step Step, ok bool) {
	steps := c.Steps(r)
	from := slices.IndexFunc(steps, func(s Step) bool { return s.Name == last }) + 1
	if last != "" && day < addDays(sent, pause) {
		return Step{}, false
	}
	for i, s := range steps {
		if i < from || s.On > day || s.Letter == LetterEscalated && (last == "" || steps[from-1].Letter != LetterOverdue) {
			continue
		}
		step, ok = s, true
	}
	return step, ok
}

func addDays(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}

// addMonths moves by months and stays within the month: one month after 31 January is the last
// day of February.
func addMonths(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return time.Date(first.Year(), first.Month(), min(t.Day(), last), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
}
