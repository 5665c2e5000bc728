package my

import (
	"bytes"
	"strings"
	"testing"

	"stocktake/internal/blob"
	"stocktake/internal/e2e/browser"
	"stocktake/internal/web/work/kittest"
)

const bulky = blob.MaxBytes + 2<<20 // with its form, more than a request may have

// A file that is far too large takes nothing with it: what else was typed in the step is kept, and
// the page says at the field what is wrong.
func TestATooLargeFileLosesNothing(t *testing.T) {
	s := serve(t)
	focal := s.As(kittest.Focal)
	at := s.draft(t, focal)
	p := focal.Get(at+"/edit/evidence").Fill("links.0.url", "https://example.org/plan").Attach("File to attach", "plan.pdf", bytes.Repeat([]byte("x"), bulky)).
		Press("Save and continue").Is(422).Says("The file is larger than 25 MB.")
	if !strings.HasSuffix(p.Path, at+"/edit/evidence") || p.First("input[name=file]").Get("aria-invalid") != "true" || p.First("input[name=links.0.url]").Get("value") != "https://example.org/plan" {
		t.Errorf("%s is not the step with the fault at its field: %s", p.Path, p.First("main").Text())
	}
	focal.Get(at + "/edit/evidence").Is(200)
	if got := s.get(t, at).Pledge.Links; len(got) != 1 || got[0].URL != "https://example.org/plan" {
		t.Errorf("the link is not kept: %v", got)
	}
	focal.Get("/pledges/new/offline").Attach("file", "form.xlsx", bytes.Repeat([]byte("x"), bulky)).Press("Make a draft of it").Is(422).Says("The file is larger than 25 MB.")
}

// With scripts it is said before anything is sent.
func TestATooLargeFileIsNotSent(t *testing.T) {
	s := serve(t)
	at := s.draft(t, s.As(kittest.Focal))
	tab, base := s.live(t)
	page := base + "/ar" + at + "/edit/evidence"
	tab.Open(page)
	choose := func(size string) {
		t.Helper()
		tab.Run(`(input => {
			const d = new DataTransfer();
			d.items.add(new File([new Uint8Array(` + size + `)], "plan.pdf"));
			input.files = d.files;
			input.dispatchEvent(new Event("change", {bubbles: true}));
		})(document.querySelector("input[type=file]"))`)
	}
	is := func(what, expression string) {
		t.Helper()
		if tab.URL() != page {
			t.Fatalf("%s: the page has gone to %s", what, tab.URL())
		}
		if !browser.Value[bool](tab, expression) {
			t.Errorf("%s: not so: %s; %s", what, expression, browser.Value[string](tab, `document.querySelector("input[type=file]").closest(".field").outerHTML`))
		}
	}
	tab.Run(`document.querySelector("[name='links.0.url']").value = "https://example.org/plan"`)
	choose("26 << 20")
	is("the field says what is wrong", `(e => e.getAttribute("aria-invalid") === "true" && e.getAttribute("aria-describedby").split(" ").some(id => document.getElementById(id)?.innerText.includes("25")))(document.querySelector("input[type=file]"))`)
	tab.Run(`document.querySelector("[name=go][value=next]").click()`)
	tab.Run(`new Promise(done => setTimeout(done, 300))`)
	is("nothing is sent, and the focus is on the field", `document.activeElement.type === "file" && document.querySelector("[name='links.0.url']").value === "https://example.org/plan"`)
	choose("1 << 10")
	is("a smaller one takes the fault away", `(e => !e.hasAttribute("aria-invalid") && !e.closest(".field").querySelector(".fault"))(document.querySelector("input[type=file]"))`)
}
