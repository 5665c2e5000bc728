//go:build soak

package e2e_test

import (
	"flag"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"stocktake/internal/e2e/browser"
	"stocktake/internal/lang"
)

var triaged = flag.Int("triaged", 60, "how many submissions TestFortyAnHour goes through, in each language")

// How long a person takes, for what a machine cannot measure.
const (
	stroke = 280 * time.Millisecond  // a key: the average typist of the keystroke-level model (Card, Moran, Newell 1980)
	act    = 1350 * time.Millisecond // to make up one's mind, of the same: a line of the checklist, a reason, the decision
)

// pace is how many words a minute adults read aloud, and still understand, in each language
// (Trauzettel-Klosinski, Dietz 2012); in silence they are faster.
var pace = map[lang.Code]float64{lang.AR: 138, lang.EN: 228, lang.ES: 218, lang.FR: 195, lang.RU: 184, lang.ZH: 158}

// sight is what the reviewer has before the eyes.
type sight struct {
	Title    string
	Language lang.Code
	Words    int // of title and text
	Facts    int // words of what stands beside the text
	Same     bool
	Done     bool
	Faults   string
}

const sighted = `(() => {
	const words = (e, l) => e ? [...new Intl.Segmenter(l, {granularity: "word"}).segment(e.innerText)].filter(s => s.isWordLike).length : 0;
	const text = document.querySelector(".prose"), title = document.querySelector("h1.title"), l = text?.lang || document.documentElement.lang;
	return {
		title: title?.innerText ?? "", language: l, words: words(title, l) + words(text, l), facts: words(document.querySelector("[aria-labelledby=facts]"), document.documentElement.lang),
		same: !!document.querySelector("[data-key=d]"), done: !!document.querySelector(".done"), faults: document.querySelector(".faults")?.innerText ?? "",
	};
})()`

// reviewer goes through the queue, by keyboard alone.
type reviewer struct {
	*browser.Tab
	t      *testing.T
	c      lang.Code
	struck int // keys, since the last decision
	loads  []*browser.Load
}

// arabic are the signs of an Arabic keyboard, by the place of the key.
var arabic = map[string]string{
	"KeyN": "ى", "KeyP": "ح", "KeyR": "ق", "KeyJ": "ت", "KeyD": "ي",
	"Digit1": "١", "Digit2": "٢", "Digit3": "٣", "Digit4": "٤", "Digit5": "٥", "Digit6": "٦", "Digit7": "٧", "Digit8": "٨",
}

// keys strikes single keys by what they are called in the list of keys.
func (r *reviewer) keys(names ...string) {
	r.t.Helper()
	for _, name := range names {
		r.struck++
		code := "Key" + strings.ToUpper(name)
		switch name {
		case "Enter":
			r.Press(browser.KeyEnter)
			continue
		case "PageDown":
			r.Press(browser.KeyPageDown)
			continue
		}
		if name[0] <= '9' {
			code = "Digit" + name
		}
		if r.c == lang.AR {
			name = arabic[code]
		}
		r.Strike(name, code, false)
	}
}

// leave strikes a key that leads to another page, and waits until it is painted.
func (r *reviewer) leave(key string) {
	r.t.Helper()
	begin := time.Now()
	l := r.Travel(func() { r.keys(key) })
	r.Run(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))`)
	if l.Took = time.Since(begin); l.Status != 200 {
		r.t.Fatalf("%s leads to %s: %d", key, l.URL, l.Status)
	}
	r.loads = append(r.loads, l)
}

// read turns pages down until the end of the facts, and of what is alike, has been in sight.
func (r *reviewer) read(same bool) {
	r.t.Helper()
	last := "[aria-labelledby=facts]"
	if same {
		last = "[aria-labelledby=similar] details"
	}
	for range 20 {
		if browser.Value[bool](r.Tab, fmt.Sprintf(`document.querySelector(%q).getBoundingClientRect().bottom <= innerHeight`, last)) {
			return
		}
		before := browser.Value[float64](r.Tab, `scrollY`)
		r.keys("PageDown")
		for at, deadline := before, time.Now().Add(5*time.Second); ; time.Sleep(60 * time.Millisecond) { // it glides
			now := browser.Value[float64](r.Tab, `scrollY`)
			if now == at && now != before {
				break
			}
			if at = now; time.Now().After(deadline) {
				r.t.Fatalf("PageDown does not move the page; the focus is on %s", browser.Value[string](r.Tab, `document.activeElement.outerHTML.slice(0, 200)`))
			}
		}
	}
	r.t.Fatal("twenty pages down are not the end")
}

// taken is what one submission took.
type taken struct {
	kind            string
	keys, asked     int
	bytes           int
	machine, person time.Duration
	words, acts     int
}

// ref is the reference of the submission that is open.
func (r *reviewer) ref() string {
	r.t.Helper()
	return path.Base(browser.Value[string](r.Tab, `location.pathname`))
}

// triage decides on the submission that is open, and leads to the next.
func (r *reviewer) triage(kinds map[string]string) taken {
	r.t.Helper()
	ref := r.ref()
	kind, known := kinds[ref]
	if !known {
		r.t.Fatalf("nobody has handed in %s", ref)
	}
	s := browser.Value[sight](r.Tab, sighted)
	if s.Words < 20 || s.Faults != "" {
		r.t.Fatalf("%s: %+v", ref, s)
	}
	r.read(kind == again)
	begun := len(r.loads)
	acts := 1 // the decision
	switch kind {
	case vague:
		r.keys("r", "2", "3")
		if got := browser.Value[[]string](r.Tab, `[...document.querySelectorAll("[name=reasons]:checked")].map(e => e.value)`); !slices.Equal(got, []string{"no_measure", "no_date"}) {
			r.t.Fatalf("%s: the reasons are %v", ref, got)
		}
		acts += 2
		r.leave("Enter")
	case again:
		if !s.Same {
			r.t.Fatalf("%s (%s): the page does not say that it repeats a public pledge", ref, s.Title)
		}
		r.keys("d", "j")
		acts++
		r.leave("Enter")
	default:
		r.keys("1", "2", "3", "4", "5", "6", "7", "8")
		if n := browser.Value[int](r.Tab, `document.querySelectorAll("[name=ticked]:checked").length`); n != 8 {
			r.t.Fatalf("%s: %d lines are ticked", ref, n)
		}
		acts += 8
		r.keys("p")
		r.leave("Enter")
	}
	if after := browser.Value[sight](r.Tab, sighted); !after.Done || after.Faults != "" || r.ref() == ref {
		r.t.Fatalf("%s (%s) led to %s: %+v", ref, kind, r.URL(), after)
	}
	out := taken{kind: kind, keys: r.struck, words: s.Words, acts: acts}
	for _, l := range r.loads[begun:] {
		out.asked += l.Asked()
		out.bytes += l.Bytes()
		out.machine += l.Took
	}
	minutes := float64(s.Words)/pace[s.Language] + float64(s.Facts)/pace[r.c]
	out.person = time.Duration(minutes*float64(time.Minute)) + time.Duration(r.struck)*stroke + time.Duration(acts)*act
	r.struck = 0
	return out
}

// Three hundred submissions wait in the closing hours of a call, fifty people still save their
// drafts, and one person goes through the queue by keyboard: forty an hour leave ninety seconds
// for each. What the machine and the hands take of them is measured; what reading takes is
// reckoned; the rest is for judging.
func TestFortyAnHour(t *testing.T) {
	const handedIn = 300
	c := closingHours(t, handedIn)
	decided := map[string]int{}
	for _, l := range []lang.Code{lang.EN, lang.AR} {
		m := c.reviewers[l]
		r := &reviewer{Tab: chromium.Tab(t), t: t, c: l}
		r.Open(c.site.up(t) + m.link)
		reach(t, r.Tab, "main form button")
		r.Travel(func() { r.Press(browser.KeyEnter) })
		end := c.others(50)
		others := crowded(t)
		r.Open(c.site.up(t) + "/" + string(l) + "/desk")
		r.leave("n")
		r.struck = 0
		var all []taken
		for range *triaged {
			got := r.triage(c.kinds)
			decided[got.kind]++
			all = append(all, got)
		}
		saves := end()
		tell(t, l, all, saves, others)
	}
	fmt.Printf("%d of %d decided: %d published, %d returned, %d joined\n", 2**triaged, handedIn, decided[clean], decided[vague], decided[again])
	c.holds(decided)
}

// tell prints what a language took, and holds it against what is wanted.
func tell(t *testing.T, l lang.Code, all []taken, saves []time.Duration, others float64) {
	t.Helper()
	at := func(share float64, of func(taken) int) int {
		v := make([]int, len(all))
		for i, x := range all {
			v[i] = of(x)
		}
		slices.Sort(v)
		return v[min(len(v)-1, int(share*float64(len(v))))]
	}
	ms := func(share float64) time.Duration {
		return time.Duration(at(share, func(x taken) int { return int(x.machine) })).Round(time.Millisecond)
	}
	fmt.Printf("triage, desk in %s: %d submissions, %d processors, %.1f tasks for each; key to next page p50 %v, p99 %v, max %v\n", l, len(all), runtime.NumCPU(), others, ms(.5), ms(.99), ms(1))
	fmt.Printf("triage, desk in %s: meanwhile others saved %d times, p50 %v, p99 %v\n", l, len(saves), saves[len(saves)/2].Round(time.Millisecond/10), saves[len(saves)*99/100].Round(time.Millisecond/10))
	var person, machine time.Duration
	for _, kind := range []string{clean, vague, again} {
		n, keys, asked, bytes, words := 0, 0, 0, 0, 0
		for _, x := range all {
			if x.kind == kind {
				n, keys, asked, bytes, words = n+1, keys+x.keys, asked+x.asked, bytes+x.bytes, words+x.words
				person, machine = person+x.person, machine+x.machine
			}
		}
		if n > 0 {
			f := float64(n)
			fmt.Printf("triage, desk in %s: %d %s: %.1f keys, %.1f requests, %.1f kB, %.0f words each\n", l, n, kind, float64(keys)/f, float64(asked)/f, float64(bytes)/f/1000, float64(words)/f)
		}
	}
	each := (person + machine) / time.Duration(len(all))
	left := 90*time.Second - each
	fmt.Printf("triage, desk in %s: %.1f s of reading and keys, %.2f s of waiting; of 90 s for each %.1f s remain to judge (without judging, %.0f an hour); words p50 %d, max %d\n",
		l, (person / time.Duration(len(all))).Seconds(), (machine / time.Duration(len(all))).Seconds(), left.Seconds(), time.Hour.Seconds()/each.Seconds(),
		at(.5, func(x taken) int { return x.words }), at(1, func(x taken) int { return x.words }))
	if left < 15*time.Second {
		t.Errorf("%s: of ninety seconds %v remain to judge", l, left)
	}
	if n := at(1, func(x taken) int { return x.keys }); n > 16 {
		t.Errorf("%s: %d keys for one submission", l, n)
	}
	if n := at(1, func(x taken) int { return x.asked }); n > 2 {
		t.Errorf("%s: %d requests for one submission", l, n)
	}
	if limit := scale(time.Second, others); ms(.99) > limit {
		t.Errorf("%s: from key to page p99 is %v, allowed are %v", l, ms(.99), limit)
	}
}
