// Package sign has the pages by which people come in and look after their own account: signing
// in by a mailed link, a passkey, the provider of their organisation or a password; signing
// out; their details, sessions, passkeys, tokens, and what is kept about them.
//
// Signing in tells nobody whether there is an account with an address. Opening a mailed link
// changes nothing; its button does.
package sign

import (
	"embed"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/web/work/kit"
)

//go:embed *.html
var templates embed.FS

//go:embed messages/*.json
var messages embed.FS

//go:embed zones.txt
var zoneText string

// zones are the time zones to choose from: those of the time zone database that differ since
// 1970, by name.
var zones = strings.Fields(zoneText)

type area struct {
	book *access.Book
	gate *access.Gate
}

// New is the area of signing in and of one's own account.
func New(book *access.Book, clock func() time.Time) kit.Area {
	a := area{book: book, gate: access.NewGate(clock)}
	return kit.Area{
		Name: "sign", Templates: templates, Messages: messages,
		Menu: []kit.Entry{
			{Path: "/account", Key: "sign.tab.details", Order: 90}, {Path: "/account/security", Key: "sign.tab.security", Order: 91, Also: []string{"/account/password"}},
			{Path: "/account/tokens", Key: "sign.tab.tokens", Order: 93}, {Path: "/account/data", Key: "sign.tab.data", Order: 94, Also: []string{"/account/erase"}},
		},
		Pages: map[string]any{
			"signin": &SignInPage{}, "sent": &SentPage{}, "link": &LinkPage{}, "spent": &SpentPage{}, "confirm": &ConfirmPage{}, "out": &OutPage{},
			"account": &AccountPage{}, "security": &SecurityPage{}, "tokens": &TokensPage{}, "data": &DataPage{}, "erase": &ErasePage{},
		},
		Routes: []kit.Route{
			{Method: "GET", Path: "/sign-in", Serve: a.signIn},
			{Method: "POST", Path: "/sign-in", Serve: a.ask},
			{Method: "GET", Path: "/sign-in/sent", Serve: a.sent},
			{Method: "GET", Path: "/sign-in/provider", Serve: a.provider, Tries: true},
			{Method: "GET", Path: access.ConfirmPath, Serve: a.confirm},
			{Method: "POST", Path: "/sign-in/password", Serve: a.password},
			{Method: "POST", Path: "/sign-in/passkey/begin", Serve: a.passkeyBegin, Tries: true},
			{Method: "POST", Path: "/sign-in/passkey", Serve: a.passkeyFinish, Tries: true},
			{Method: "GET", Path: "/sign-in/{token}", Serve: a.link},
			{Method: "POST", Path: "/sign-in/{token}", Serve: a.redeem, Tries: true},
			{Method: "GET", Path: "/sign-out", Serve: a.out},
			{Method: "POST", Path: "/sign-out", Serve: a.leave},

			{Method: "GET", Path: "/account", Action: access.WritePerson, Serve: a.account},
			{Method: "POST", Path: "/account", Action: access.WritePerson, Serve: a.describe},
			{Method: "GET", Path: "/account/security", Action: access.ReadSessions, Serve: a.security},
			{Method: "POST", Path: "/account/sessions", Action: access.EndSession, Serve: a.endSession},
			{Method: "POST", Path: "/account/passkeys/begin", Action: access.WritePasskey, Serve: a.newPasskeyBegin},
			{Method: "POST", Path: "/account/passkeys", Action: access.WritePasskey, Serve: a.newPasskeyFinish},
			{Method: "POST", Path: "/account/passkeys/drop", Action: access.WritePasskey, Serve: a.dropPasskey},
			{Method: "POST", Path: "/account/password", Action: access.WritePassword, Serve: a.setPassword},
			{Method: "POST", Path: "/account/password/forget", Action: access.WritePassword, Serve: a.forgetPassword},
			{Method: "GET", Path: "/account/tokens", Action: access.ReadTokens, Serve: a.tokens},
			{Method: "POST", Path: "/account/tokens", Action: access.MakeToken, Serve: a.makeToken},
			{Method: "POST", Path: "/account/tokens/end", Action: access.EndToken, Serve: a.endToken},
			{Method: "GET", Path: "/account/data", Action: access.ReadPerson, Serve: a.data},
			{Method: "POST", Path: "/account/export", Action: access.ExportPerson, Serve: a.export},
			{Method: "GET", Path: "/account/erase", Action: access.ErasePerson, Serve: a.eraseAsk},
			{Method: "POST", Path: "/account/erase", Action: access.ErasePerson, Serve: a.erase},
		},
	}
}

// again sends somebody whose sign-in is too long ago to do it again, for a delicate act; nil
// where it is not.
func again(r *kit.Request, path string) kit.Answer {
	if r.Session.Fresh(r.Now) {
		return nil
	}
	return kit.Redirect("/sign-in?again=1&next=" + path)
}

// keyOf is the message key of an error, or the one given where it has none of ours.
func keyOf(r *kit.Request, err error, otherwise string) string {
	if e, ok := asError(err); ok && e.Key != "" && r.P.Has(e.Key) {
		return e.Key
	}
	return otherwise
}

func refused(err error) bool {
	return errs.Is(err, errs.Unauthenticated) || errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict)
}
