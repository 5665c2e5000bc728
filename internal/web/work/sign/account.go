package sign

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/lang"
	"stocktake/internal/web/work/kit"
)

// AccountPage is who one is and what one may do.
type AccountPage struct {
	Email  string
	Form   *kit.Form
	Grants []GrantRow
}

// GrantRow is something that the person may do.
type GrantRow struct {
	Text  string
	Past  bool
	Waits bool // for a passkey
}

func (a area) details(r *kit.Request) *kit.Form {
	f := r.NewForm("")
	f.Text("name", "sign.name", r.Person.Name).Must().Upto(120).Fills("name")
	var languages, places []kit.Option
	for _, c := range lang.All {
		languages = append(languages, kit.Option{Value: string(c), Text: c.Autonym()})
	}
	f.Select("language", "sign.language", string(r.Person.Language), languages).Must()
	for _, z := range zones {
		places = append(places, kit.Option{Value: z, Text: z})
	}
	f.Select("time_zone", "sign.zone", r.Person.TimeZone, places).Must().Empty("–").Guess = "zone"
	return f
}

func (a area) account(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	return a.accountPage(r, a.details(r)), nil
}

func (a area) accountPage(r *kit.Request, f *kit.Form) kit.Answer {
	p := &AccountPage{Email: r.Person.Email, Form: f}
	for _, g := range r.Person.Grants {
		p.Grants = append(p.Grants, GrantRow{Text: r.GrantText(g), Past: g.Until != "" && g.Until < r.Today})
	}
	for _, g := range r.Person.Waiting {
		p.Grants = append(p.Grants, GrantRow{Text: r.GrantText(g), Waits: true})
	}
	return kit.Page{Name: "account", Title: "sign.account.title", Data: p, Form: f}
}

func (a area) describe(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	f := a.details(r)
	if f.Valid() {
		err := a.book.Describe(r.Context(), r.Person, r.Person.ID, access.Details{
			Name: f.Value("name"), Language: lang.Code(f.Value("language")), TimeZone: f.Value("time_zone"),
		})
		if f.Refused(err) { // it goes on in the language that was chosen
			to := string(kit.Done("/account", "sign.done.saved"))
			if r.Person.TimeZone == "" { // the first time: to the work that they came for
				to = next(k, r, r.Person)
			}
			return kit.WithCookie{Answer: kit.WithNotice{Answer: kit.Elsewhere("/" + f.Value("language") + to), To: to}, Name: nextNote}, err
		}
	}
	return a.accountPage(r, f), nil
}

// SecurityPage is where one is signed in, and by what one can.
type SecurityPage struct {
	Email    string
	Fresh    bool
	Again    string
	Sessions []SessionRow
	Others   bool
	Passkeys []PasskeyRow
	CanAdd   bool
	Password *kit.Form
	Forget   string // where a password that was forgotten is taken away; "" where there is none, or it was used to come in
}

// SessionRow is a device on which one is signed in.
type SessionRow struct {
	ID, Device, How string
	Here            bool
	Since, Seen     kit.Moment
}

// PasskeyRow is a passkey.
type PasskeyRow struct {
	ID, Name   string
	Made, Used kit.Moment
}

func (a area) security(k *kit.Kit, r *kit.Request) (kit.Answer, error) { return a.securityPage(r, nil) }

func (a area) securityPage(r *kit.Request, password *kit.Form) (kit.Answer, error) {
	sessions, err := a.book.Sessions(r.Context(), r.Person, r.Person.ID)
	if err != nil {
		return nil, err
	}
	keys, err := a.book.Passkeys(r.Context(), r.Person, r.Person.ID)
	if err != nil {
		return nil, err
	}
	p := &SecurityPage{Email: r.Person.Email, Fresh: r.Session.Fresh(r.Now), CanAdd: a.book.HasPasskeys(), Password: password}
	p.Again = r.Link("/sign-in?again=1&next=" + url.QueryEscape("/account/security"))
	for _, s := range sessions {
		row := SessionRow{ID: s.ID, Device: s.Device, How: r.T("sign.by." + string(s.Method)), Here: s.ID == r.Session.ID, Since: r.Moment(s.Created), Seen: r.Moment(s.Seen)}
		if row.Device == "" {
			row.Device = r.T("sign.device.unknown")
		}
		p.Others = p.Others || !row.Here
		p.Sessions = append(p.Sessions, row)
	}
	for _, x := range keys {
		p.Passkeys = append(p.Passkeys, PasskeyRow{ID: x.ID, Name: x.Name, Made: r.Moment(x.Created), Used: r.Moment(x.Used)})
	}
	if a.book.HasPasswords() {
		has, err := a.book.HasPassword(r.Context(), r.Person)
		if err != nil {
			return nil, err
		}
		if p.Password == nil {
			p.Password = a.newPassword(r, has)
		}
		if has && r.Session.Method != access.ByPassword {
			p.Forget = r.Link("/account/password/forget")
		}
	}
	page := kit.Page{Name: "security", Title: "sign.tab.security", Data: p}
	if password != nil {
		page.Form = password
	}
	return page, nil
}

func (a area) endSession(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	var err error
	if id := r.Form.Get("session"); id != "" {
		err = a.book.Revoke(r.Context(), r.Person, r.Person.ID, id)
	} else {
		err = a.book.RevokeAll(r.Context(), r.Person, r.Person.ID, r.Session.ID)
	}
	return kit.Done("/account/security", "sign.done.session_ended"), err
}

func (a area) newPasskeyBegin(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	if !r.Session.Fresh(r.Now) {
		return kit.JSON{Value: outcome{To: r.Link("/sign-in?again=1&next=" + url.QueryEscape("/account/security"))}}, nil
	}
	if len(r.Person.Waiting) > 0 {
		if keys, err := a.book.Passkeys(r.Context(), r.Person, r.Person.ID); err != nil || len(keys) > 0 {
			return kit.JSON{Value: outcome{To: r.Link(access.ConfirmPath)}}, err
		}
	}
	return begun(a.book.BeginPasskey(r.Context(), r.Person))
}

func (a area) newPasskeyFinish(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	c, err := readCeremony(r)
	if err != nil {
		return nil, err
	}
	_, err = a.book.FinishPasskey(r.Context(), r.Person, c.Ceremony, c.Name, c.Response)
	if refused(err) {
		return kit.JSON{Value: outcome{Says: r.T(keyOf(r, err, "access.passkey_refused"))}}, nil
	}
	then := "/account/security"
	if len(r.Person.Waiting) > 0 {
		then = access.ConfirmPath // where it is used for the first time
	}
	to := string(kit.Done(then, "sign.done.passkey_added"))
	return kit.WithNotice{Answer: kit.JSON{Value: outcome{To: r.Link(to)}}, To: to}, err
}

func (a area) dropPasskey(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	if to := again(r, "/account/security"); to != nil {
		return to, nil
	}
	err := a.book.DropPasskey(r.Context(), r.Person, r.Form.Get("passkey"))
	return kit.Done("/account/security", "sign.done.passkey_dropped"), err
}

func (a area) newPassword(r *kit.Request, has bool) *kit.Form {
	f := r.NewForm("")
	f.Action = r.Link("/account/password")
	if has {
		f.Secret("current", "sign.current_password").Must().Fills("current-password")
	}
	f.Secret("password", "sign.new_password").Must().Fills("new-password")
	return f
}

func (a area) setPassword(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	if to := again(r, "/account/security"); to != nil {
		return to, nil
	}
	has, err := a.book.HasPassword(r.Context(), r.Person)
	if err != nil {
		return nil, err
	}
	f := a.newPassword(r, has)
	if f.Valid() {
		if has { // it could be guessed here too
			if wait, ok := a.gate.SignIn(r.Person.Email, r.From); !ok {
				return nil, kit.TooMany(wait)
			}
		}
		if err := a.book.SetPassword(r.Context(), r.Person, r.Form.Get("current"), r.Form.Get("password"), r.Session.ID); f.Refused(err) {
			return kit.Done("/account/security", "sign.done.password_set"), err
		}
	}
	return a.securityPage(r, f)
}

// forgetPassword takes a password away for somebody who has come in by another way: to set a new
// one without the old.
func (a area) forgetPassword(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	if to := again(r, "/account/security"); to != nil {
		return to, nil
	}
	if r.Session.Method == access.ByPassword {
		return kit.Redirect("/account/security"), nil
	}
	err := a.book.SetPassword(r.Context(), r.Person, "", "", r.Session.ID)
	return kit.Done("/account/security", "sign.done.password_gone"), err
}

// TokensPage lists tokens; one just made is shown on it, and never again.
type TokensPage struct {
	Fresh  bool
	Again  string
	Tokens []TokenRow
	Form   *kit.Form
	Secret string
	Name   string

	Useless bool // no scope covers anything that the person may do
}

// TokenRow is a token.
type TokenRow struct {
	ID, Name, Hint string
	Scopes         []ScopeRow
	Until, Used    kit.Moment
}

// ScopeRow is what a token can do, and what programs call it.
type ScopeRow struct{ Name, Text string }

func (a area) tokenForm(r *kit.Request) *kit.Form {
	f := r.NewForm("")
	f.Action = r.Link("/account/tokens")
	f.Text("name", "sign.token.name", "").Must().Upto(80)
	var scopes []kit.Option
	for _, s := range access.Scopes {
		if s.Usable(r.Person, r.Today) {
			scopes = append(scopes, kit.Option{Value: s.Name, Text: r.T("sign.scope." + s.Name), Hint: s.Name})
		}
	}
	f.Checks("scopes", "sign.token.scopes", nil, scopes).Must()
	var terms []kit.Option
	for _, days := range []int{30, 90, 365} {
		terms = append(terms, kit.Option{Value: strconv.Itoa(days), Text: r.P.Date(r.Now.AddDate(0, 0, days).Format(time.DateOnly))})
	}
	f.Select("expires", "sign.token.expires", "90", terms).Must()
	return f
}

func (a area) tokens(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	return a.tokensPage(r, a.tokenForm(r), "", "")
}

func (a area) tokensPage(r *kit.Request, f *kit.Form, secret, name string) (kit.Answer, error) {
	all, err := a.book.Tokens(r.Context(), r.Person, r.Person.ID)
	if err != nil {
		return nil, err
	}
	p := &TokensPage{Fresh: r.Session.Fresh(r.Now), Form: f, Secret: secret, Name: name}
	p.Again = r.Link("/sign-in?again=1&next=" + url.QueryEscape("/account/tokens"))
	p.Useless = len(f.Field("scopes").Options) == 0
	for _, t := range all {
		row := TokenRow{ID: t.ID, Name: t.Name, Hint: t.Hint, Until: r.Moment(t.Expires), Used: r.Moment(t.Used)}
		for _, s := range t.Scopes {
			text := s // of a scope that is offered no more, and covers nothing
			if key := "sign.scope." + s; r.P.Has(key) {
				text = r.T(key)
			}
			row.Scopes = append(row.Scopes, ScopeRow{s, text})
		}
		p.Tokens = append(p.Tokens, row)
	}
	return kit.Page{Name: "tokens", Title: "sign.tab.tokens", Data: p, Form: f}, nil
}

func (a area) makeToken(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	if to := again(r, "/account/tokens"); to != nil {
		return to, nil
	}
	f := a.tokenForm(r)
	if f.Valid() {
		days, err := strconv.Atoi(f.Value("expires"))
		if err != nil {
			return nil, err
		}
		t, secret, err := a.book.MakeToken(r.Context(), r.Person, f.Value("name"), f.Values("scopes"), r.Now.AddDate(0, 0, days))
		if f.Refused(err) {
			if err != nil {
				return nil, err
			}
			return a.tokensPage(r, a.tokenForm(r), secret, t.Name)
		}
	}
	return a.tokensPage(r, f, "", "")
}

func (a area) endToken(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	err := a.book.EndToken(r.Context(), r.Person, r.Person.ID, r.Form.Get("token"))
	return kit.Done("/account/tokens", "sign.done.token_ended"), err
}

// DataPage is what is kept about one, to take along or to have erased.
type DataPage struct {
	Export, Erase string
}

func (a area) data(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	return kit.Page{Name: "data", Title: "sign.tab.data", Data: &DataPage{Export: r.Link("/account/export"), Erase: r.Link("/account/erase")}}, nil
}

func (a area) export(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	out, err := a.book.Export(r.Context(), r.Person, r.Person.ID)
	if err != nil {
		return nil, err
	}
	return kit.File{Name: fmt.Sprintf("stocktake-account-%s.json", r.Today), Type: "application/json", Content: bytes.NewReader(out)}, nil
}

// ErasePage asks whether one means it.
type ErasePage struct {
	Form    *kit.Form
	Parties []string // that one speaks for
	Back    string
}

func (a area) erasePage(r *kit.Request) (*kit.Form, kit.Page) {
	f := r.NewForm("")
	f.Check("sure", "sign.erase.sure", false).Must()
	p := &ErasePage{Form: f, Back: r.Link("/account/data")}
	for _, code := range r.Person.Parties(r.Today) {
		p.Parties = append(p.Parties, r.PartyName(code))
	}
	return f, kit.Page{Name: "erase", Title: "sign.erase.title", Data: p, Form: f}
}

func (a area) eraseAsk(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	if to := again(r, "/account/erase"); to != nil {
		return to, nil
	}
	_, page := a.erasePage(r)
	return page, nil
}

func (a area) erase(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	if to := again(r, "/account/erase"); to != nil {
		return to, nil
	}
	f, page := a.erasePage(r)
	if !f.Valid() {
		return page, nil
	}
	if err := a.book.Erase(context.WithoutCancel(r.Context()), r.Person, r.Person.ID); err != nil {
		return nil, err
	}
	return kit.WithSession{Answer: kit.Done("/sign-out", "sign.done.erased")}, nil
}
