package work_test

import (
	"context"
	"net"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/e2e/browser"
	"stocktake/internal/web/work/kittest"
	"stocktake/internal/web/work/people"
	"stocktake/internal/web/work/sign"
)

// onLocalhost serves the pages of accounts where a browser allows passkeys without https.
func onLocalhost(t *testing.T, change ...func(*access.Options)) *lived {
	t.Helper()
	line, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(line.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	base := "http://localhost:" + port
	h := kittest.New(t, append(change, func(o *access.Options) { o.BaseURL = base })...)
	l := &lived{Site: h.Serve(sign.New(h.Access, h.Clock), people.New(people.Rooms{Access: h.Access, DB: h.DB})), base: base, Tab: chromium.Tab(t)}
	srv := httptest.NewUnstartedServer(l.Handler)
	if err := srv.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	srv.Listener = line
	srv.Start()
	t.Cleanup(srv.Close)
	return l
}

func (l *lived) says(t *testing.T, text string) {
	t.Helper()
	if got := browser.Value[string](l.Tab, `document.querySelector("main").innerText`); !strings.Contains(got, text) {
		t.Fatalf("%s does not say %q: %s", l.URL(), text, got)
	}
}

// Where the desk wants a second factor, an administrator who comes by a link for the first time
// makes a passkey, uses it, and is where they were going; later the passkey alone opens the desk.
func TestTheSecondFactorInARealBrowser(t *testing.T) {
	l := onLocalhost(t, func(o *access.Options) { o.SecondFactor = access.SecondFactorDesk })
	l.Write(func(ctx context.Context, tx *db.Tx) error { // who has looked at their details before
		_, err := tx.Exec(ctx, `UPDATE access_person SET time_zone = 'Europe/Paris'`)
		return err
	})
	l.Authenticator()
	l.enter(kittest.Administrator)
	l.Open(l.base + "/en/desk/people")
	l.says(t, "One more step: your passkey")
	l.until(t, "offers to make a passkey", `document.querySelector("[data-passkey-new]")?.hidden === false`)
	axe, err := os.ReadFile("../../e2e/testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	l.Sound(string(axe), "the page that asks for a second factor")
	l.Travel(func() { l.Click("[data-passkey-new] button") })
	l.says(t, "The passkey was added.")
	l.until(t, "offers to use it", `document.querySelector("[data-passkey]")?.hidden === false`)
	l.Travel(func() { l.Click("[data-passkey] button") })
	if at := l.URL(); at != l.base+"/en/desk/people" {
		t.Errorf("the passkey leads to %s", at)
	}
	l.says(t, "Invite somebody")

	// Another browser with the same mailbox, and without the device, gets no further.
	other := &lived{Site: l.Site, base: l.base, Tab: chromium.Tab(t)}
	other.enter(kittest.Administrator)
	other.Open(l.base + "/en/desk/people")
	other.says(t, "Use your passkey")
	if browser.Value[bool](other.Tab, `!!document.querySelector("[data-passkey-new]")`) {
		t.Error("a second passkey is offered to who has not used the first")
	}
}

// Somebody who came by a link makes a passkey, signs out, and comes back with the passkey alone.
// Browsers allow that without https on localhost, under that name.
func TestAPasskeyInARealBrowser(t *testing.T) {
	l := onLocalhost(t)
	base := l.base
	says := func(text string) { t.Helper(); l.says(t, text) }
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
