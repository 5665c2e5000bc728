package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"stocktake/internal/e2e/browser"
	"stocktake/internal/lang"
)

// until waits for something to become true in the page.
func until(t *testing.T, tab *browser.Tab, what, expression string) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !browser.Value[bool](tab, expression); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 15 seconds, at %s", what, tab.URL())
		}
	}
}

// kept puts what a page saves or copies where the test can see it.
const kept = `(() => {
	window.saved = [];
	window.copied = null;
	const make = URL.createObjectURL;
	URL.createObjectURL = blob => { window.blob = blob; return make.call(URL, blob); };
	HTMLAnchorElement.prototype.click = function () { window.saved.push([this.download, this.href.split(":")[0]]); };
	Clipboard.prototype.write = async items => { window.copied = await (await items[0].getType("text/plain")).text(); };
})()`

// Every drawing becomes a picture with the browser's fonts, and every table can be copied, in
// every script.
func TestFiguresAreTakenAwayAsPicturesAndTables(t *testing.T) {
	for _, c := range []lang.Code{lang.EN, lang.AR, lang.ZH} {
		t.Run(string(c), func(t *testing.T) {
			tab := chromium.Tab(t)
			tab.Open(demo.up(t) + "/" + string(c) + "/?nature=policy")
			n := browser.Value[int](tab, `document.querySelectorAll(".files [data-png]").length`)
			if n < 12 {
				t.Fatalf("%d pictures are offered", n)
			}
			tab.Run(kept)
			for _, i := range []int{0, 2, n - 1} {
				tab.Run(fmt.Sprintf(`window.saved = []; document.querySelectorAll(".files [data-png]")[%d].focus()`, i))
				tab.Press(browser.KeyEnter)
				until(t, tab, "a picture", `window.saved.length > 0`)
				name := browser.Value[[]string](tab, `window.saved[0]`)
				if !strings.HasSuffix(name[0], ".png") || name[1] != "blob" {
					t.Errorf("saved as %q", name)
				}
				picture := browser.Value[struct {
					Type          string
					Width, Height int
					Ink           float64
				}](tab, `(async () => {
					const picture = await createImageBitmap(window.blob), c = new OffscreenCanvas(picture.width, picture.height), g = c.getContext("2d");
					g.drawImage(picture, 0, 0);
					const d = g.getImageData(0, 0, c.width, c.height).data;
					let ink = 0;
					for (let i = 0; i < d.length; i += 4) if (d[i] + d[i + 1] + d[i + 2] < 600) ink++;
					return {type: window.blob.type, width: c.width, height: c.height, ink: ink * 400 / d.length};
				})()`)
				if picture.Type != "image/png" || picture.Width != 1920 || picture.Height < 300 || picture.Ink < 0.5 || picture.Ink > 60 {
					t.Errorf("%s: %+v", name[0], picture)
				}
			}
			tab.Run(`document.querySelector(".files [data-copy]").focus()`)
			tab.Press(browser.KeyEnter)
			until(t, tab, "a copy", `window.copied !== null && document.querySelector(".files [data-copy]").dataset.done === "✓"`)
			text := browser.Value[string](tab, `window.copied`)
			lines := strings.Split(strings.TrimSpace(text), "\n")
			if len(lines) < 8 || strings.Count(lines[1], "\t") != 3 || !strings.Contains(text, "/"+string(c)+"/?nature=policy") {
				t.Errorf("copied:\n%s", text)
			}
			want := browser.Value[string](tab, `document.querySelector(".files").dataset.copied`)
			until(t, tab, "the announcement", fmt.Sprintf(`[...document.querySelectorAll("body > [role=status]")].some(e => e.textContent === %q)`, want))
		})
	}
}

func TestWithoutScriptsNoPicturesArePromised(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Set(browser.Setting{NoScripts: true})
	tab.Open(demo.up(t) + "/en/")
	if n := browser.Value[int](tab, `[...document.querySelectorAll(".files button")].filter(b => getComputedStyle(b).display !== "none").length`); n != 0 {
		t.Errorf("%d buttons that do nothing are shown", n)
	}
	if n := browser.Value[int](tab, `document.querySelectorAll(".files a").length`); n < 20 {
		t.Errorf("only %d files are offered", n)
	}
}

func TestWhatFailsIsSaid(t *testing.T) {
	tab := chromium.Tab(t)
	tab.Open(demo.up(t) + "/fr/")
	tab.Run(`window.fetch = () => Promise.reject(new Error("no")); document.querySelector(".files [data-copy]").focus()`)
	tab.Press(browser.KeyEnter)
	until(t, tab, "the mark", `document.querySelector(".files [data-copy]").dataset.done === "✗"`)
	until(t, tab, "the announcement", `[...document.querySelectorAll("body > [role=status]")].some(e => e.textContent === document.querySelector(".files").dataset.failed)`)
}
