//go:build soak

package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"stocktake/internal/e2e/browser"
	"stocktake/internal/lang"
)

// Every page of both servers, in every language, light and dark, narrow and wide, and as
// readers set it who need more space or fewer colours.
func TestEveryPageIsSoundInEverySchemeAndWidth(t *testing.T) {
	for _, s := range []*server{demo, training} {
		t.Run(s.name, func(t *testing.T) {
			kinds := s.kinds(t)
			if s == training {
				kinds = append(kinds, s.states(t)...)
			}
			for _, c := range lang.All {
				t.Run(string(c), func(t *testing.T) {
					t.Parallel()
					tab := chromium.Tab(t)
					for _, k := range append(slices.Clone(kinds), special(c)...) {
						t.Run(strings.ReplaceAll(k.name, " ", "_"), func(t *testing.T) {
							tab := tab.For(t)
							tab.Set(browser.Setting{})
							if l := tab.Open(s.up(t) + k.in(c)); l.Status != k.status {
								t.Fatalf("status %d", l.Status)
							}
							layOut(tab)
							for _, width := range []int{1280, 320} {
								for _, dark := range []bool{false, true} {
									t.Run(fmt.Sprintf("%d_dark_%v", width, dark), func(t *testing.T) {
										tab := tab.For(t)
										tab.Set(browser.Setting{Width: width, Dark: dark})
										sound(t, tab)
										if faint := browser.Value[[]string](tab, faintText); len(faint) > 0 {
											t.Errorf("too little contrast:\n  %s", sample(faint, 6))
										}
									})
								}
							}
							spaced(t, tab.For(t))
						})
					}
				})
			}
		})
	}
}

// spaced widens lines, letters and words as WCAG 1.4.12 lets readers do: nothing may be lost.
func spaced(t *testing.T, tab *browser.Tab) {
	t.Helper()
	tab.Set(browser.Setting{Width: 320})
	tab.Run(`(() => {
		const s = new CSSStyleSheet();
		s.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-block-end: 2em !important }");
		document.adoptedStyleSheets.push(s);
	})()`)
	if wide := browser.Value[[]string](tab, sideways); len(wide) > 0 {
		t.Errorf("with more space between letters, at 320 pixels:\n  %s", sample(wide, 6))
	}
	tab.Run(`document.adoptedStyleSheets.pop()`)
}
