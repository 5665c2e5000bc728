package work_test

import (
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/e2e/browser"
	"stocktake/internal/web/work/kittest"
	"stocktake/internal/web/work/sign"
)

// Somebody who came by a link makes a passkey, signs out, and comes back with the passkey alone.
// Browsers allow that without https on localhost, under that name.
func TestAPasskeyInARealBrowser(t *testing.T) {
	line, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(line.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	base := "http://localhost:" + port
	h := kittest.New(t, func(o *access.Options) { o.BaseURL = base })
	l := &lived{Site: h.Serve(sign.New(h.Access, h.Clock)), base: base, Tab: chromium.Tab(t)}
	srv := httptest.NewUnstartedServer(l.Handler)
	if err := srv.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	srv.Listener = line
	srv.Start()
	t.Cleanup(srv.Close)

	const words = `document.querySelector("main").innerText`
	says := func(text string) {
		t.Helper()
		if got := browser.Value[string](l.Tab, words); !strings.Contains(got, text) {
			t.Fatalf("%s does not say %q: %s", l.URL(), text, got)
		}
	}
	l.Authenticator()
	l.enter(kittest.Focal)
	l.Open(base + "/en/account/security")
	l.until(t, "offers to add a passkey", `document.querySelector("[data-passkey-new]")?.hidden === false`)
	l.Run(`document.querySelector("#passkey-name").focus()`)
	l.Type("Telephone")
	l.Travel(func() { l.Click("[data-passkey-new] button") })
	says("The passkey was added.")
	says("Telephone")

	l.Open(base + "/en/sign-out")
	l.Travel(func() { l.Click("main button") })
	l.Open(base + "/en/sign-in?next=/account/security")
	l.until(t, "offers to sign in with one", `document.querySelector("[data-passkey]")?.hidden === false`)
	l.Travel(func() { l.Click("[data-passkey] button") })
	l.Open(base + "/en/account/security")
	says("by passkey")

	// Whoever has none is not let in.
	stranger := &lived{Site: l.Site, base: base, Tab: chromium.Tab(t)}
	stranger.Authenticator()
	stranger.Open(base + "/en/sign-in")
	stranger.until(t, "offers to sign in with one", `document.querySelector("[data-passkey]")?.hidden === false`)
	stranger.Run(`(() => {
		const get = navigator.credentials.get.bind(navigator.credentials);
		navigator.credentials.get = o => get(o).catch(e => { window.refused = e.name; throw e; });
	})()`)
	stranger.Click("[data-passkey] button")
	stranger.until(t, "refused by the browser", `window.refused === "NotAllowedError"`)
	if at := stranger.URL(); at != base+"/en/sign-in" {
		t.Errorf("a stranger is at %s", at)
	}
}
