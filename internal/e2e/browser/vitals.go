package browser

import "time"

// Vitals are what a reader felt while the page came, as the browser's own observers saw it.
type Vitals struct {
	Paint   time.Duration // until the largest thing in sight was painted; 0: nothing was
	What    string        // it
	Shift   float64       // how far things moved that were in sight already: the sum of all layout shifts
	Moved   []string      // they
	Longest time.Duration // of the tasks that kept the page from answering; those under 50 ms are not recorded
}

// Vitals asks the observers, once nothing happens any more.
func (t *Tab) Vitals() Vitals {
	t.tb.Helper()
	v := Value[struct {
		Paint, Shift, Longest float64
		What                  string
		Moved                 []string
	}](t, `new Promise(done => {
		const v = {paint: 0, what: "", shift: 0, moved: [], longest: 0};
		const name = e => e ? (e.tagName ?? e.nodeName) + "." + (e.className?.baseVal ?? e.className ?? "") : "";
		const observer = new PerformanceObserver(list => {
			for (const e of list.getEntries()) {
				if (e.entryType === "largest-contentful-paint") { v.paint = e.startTime; v.what = name(e.element); }
				else if (e.entryType === "longtask") v.longest = Math.max(v.longest, e.duration);
				else if (!e.hadRecentInput) { v.shift += e.value; v.moved.push(...e.sources.map(s => name(s.node))); }
			}
		});
		for (const type of ["largest-contentful-paint", "layout-shift", "longtask"]) observer.observe({type, buffered: true});
		setTimeout(() => done(v), 400);
	})`)
	ms := func(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }
	return Vitals{ms(v.Paint), v.What, v.Shift, v.Moved, ms(v.Longest)}
}
