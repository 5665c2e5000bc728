//go:build soak

package e2e_test

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"stocktake/internal/e2e/browser"
	"stocktake/internal/lang"
)

// What readers wait for at most, on a line of 400 kbit/s with 400 ms and with a processor four
// times slower than that of the machine.
const (
	paintWithin = 2500 * time.Millisecond
	longestTask = 50 * time.Millisecond
)

// crowded is how many others want each processor of this machine just now; 1 for nobody else. A
// task takes as many times longer, through no fault of the page.
func crowded(t *testing.T) float64 {
	t.Helper()
	said, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 1 // not on this system
	}
	load, err := strconv.ParseFloat(strings.Fields(string(said))[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return max(1, load/float64(runtime.NumCPU()))
}

// felt is the best of up to three visits: what else a machine does can make a page slow, and
// nothing can make it faster than it is.
func felt(tab *browser.Tab, url string, enough func(browser.Vitals) bool) browser.Vitals {
	var best browser.Vitals
	for try := range 3 {
		tab.Forget()
		tab.Open(url)
		v := tab.Vitals()
		if try == 0 {
			best = v
		}
		best.Shift = max(best.Shift, v.Shift) // no load excuses that
		if v.Paint > 0 && (best.Paint == 0 || v.Paint < best.Paint) {
			best.Paint, best.What = v.Paint, v.What
		}
		best.Longest = min(best.Longest, v.Longest)
		if enough(best) {
			break
		}
	}
	return best
}

func scale(d time.Duration, by float64) time.Duration { return time.Duration(float64(d) * by) }

// Every kind of page is there soon, stands still and answers, for a reader with an old telephone
// far from a mast. A browser that starts has its own work to do at the first page (on Linux it
// looks for fonts); what that takes is measured with the smallest page there is, and only what a
// page takes beyond it is held against the page.
func TestPagesAreFeltToBeFast(t *testing.T) {
	for _, reader := range []struct {
		c     lang.Code
		width int
	}{{lang.EN, 375}, {lang.AR, 375}, {lang.ZH, 1280}} {
		c, width := reader.c, reader.width
		tab := chromium.Tab(t)
		tab.Set(browser.Setting{Width: width, Link: browser.SlowMobile, Slow: 4})
		floor := felt(tab, demo.up(t)+demo.find(t, "no such page").in(c), func(v browser.Vitals) bool { return v.Longest <= longestTask })
		allowed := max(longestTask, floor.Longest+longestTask)
		t.Logf("%s at %d pixels: the smallest page keeps the browser busy for %s", c, width, floor.Longest.Round(time.Millisecond))
		for _, s := range []*server{demo, forum} {
			for _, k := range s.kinds(t) {
				if s == forum && !strings.HasPrefix(k.name, "dashboard") {
					continue
				}
				others := crowded(t)
				allowed, paintWithin := scale(allowed, others), scale(paintWithin, others)
				v := felt(tab, s.up(t)+k.in(c), func(v browser.Vitals) bool {
					return v.Paint > 0 && v.Paint < paintWithin && v.Longest <= allowed
				})
				t.Logf("%-8s %-34s %s %4d: largest paint (%s) after %s, longest task %s; %.1f for each processor", s.name, k.name, c, width, v.What, v.Paint.Round(time.Millisecond), v.Longest.Round(time.Millisecond), others)
				if v.Paint == 0 || v.Paint >= paintWithin {
					t.Errorf("%s in %s at %d pixels: the largest paint (%s) came after %s", k.name, c, width, v.What, v.Paint)
				}
				if v.Shift > still {
					t.Errorf("%s in %s at %d pixels: things moved by %.4f: %q", k.name, c, width, v.Shift, v.Moved)
				}
				if v.Longest > allowed {
					t.Errorf("%s in %s at %d pixels: a task took %s, more than %s", k.name, c, width, v.Longest, allowed)
				}
			}
		}
	}
}
