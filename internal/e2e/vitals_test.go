package e2e_test

import (
	"testing"

	"stocktake/internal/e2e/browser"
	"stocktake/internal/lang"
)

// still is the layout shift that is none: a fraction of a pixel, shown as 0 with three decimals.
const still = 0.0005

// Nothing in sight moves while a page comes over a slow line: what is there can be read and
// clicked. (How long it takes says little on a machine with other work; see ./soak.)
func TestNothingShiftsWhileAPageComes(t *testing.T) {
	tab := chromium.Tab(t)
	for _, c := range []lang.Code{lang.EN, lang.AR} {
		for _, width := range []int{1280, 375} {
			for _, name := range []string{"dashboard", "pledges", "history"} {
				tab.Set(browser.Setting{Width: width, Link: browser.SlowMobile})
				tab.Forget()
				tab.Open(demo.up(t) + demo.find(t, name).in(c))
				if v := tab.Vitals(); v.Shift > still || v.Paint == 0 {
					t.Errorf("%s in %s at %d pixels: things moved by %.4f: %q; largest paint after %s", name, c, width, v.Shift, v.Moved, v.Paint)
				}
			}
		}
	}
}
