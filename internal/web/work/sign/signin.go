package sign

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/web/work/kit"
)

// Notes that a sign-in over several pages leaves in the browser.
const (
	nextNote     = "next"     // where one was going
	ceremonyNote = "ceremony" // between going to the provider and coming back
	noteFor      = 30 * time.Minute
)

// SignInPage asks for an address, and shows the other ways in.
type SignInPage struct {
	Form         *kit.Form
	Passkeys     bool
	Provider     string
	ProviderHref string
	Password     *kit.Form
	Again        bool
	Problem      string
	To           string // where a passkey leads, for the script
}

// SentPage says that a letter is on its way, whether it is or not.
type SentPage struct{ Minutes int }

// LinkPage is what a mailed link opens.
type LinkPage struct {
	Name   string
	Grants []string
	Action string
	Other  string // somebody else who is signed in here
}

// SpentPage stands where a link is no good any more, and offers another at once.
type SpentPage struct {
	Form *kit.Form
	Days int // that a link of an invitation holds
}

func (a area) signIn(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	to := kit.Local(r.Query("next"))
	if r.Person.Known() && r.Query("again") == "" {
		if to == "" {
			to = k.HomeOf(r.Person, r.Today)
		}
		return kit.Redirect(to), nil
	}
	page := a.signInPage(r, a.askForm(r))
	if to == "" {
		return page, nil
	}
	return kit.WithCookie{Answer: page, Name: nextNote, Value: to, For: noteFor}, nil
}

func (a area) askForm(r *kit.Request) *kit.Form {
	f := r.NewForm("")
	f.Action = r.Link("/sign-in")
	f.Email("email", "sign.email", r.Person.Email).Must().Fills("username webauthn")
	return f
}

func (a area) signInPage(r *kit.Request, f *kit.Form) kit.Page {
	p := &SignInPage{Form: f, Passkeys: a.book.HasPasskeys(), Provider: a.book.ProviderName(), Again: r.Query("again") != ""}
	if p.Provider != "" {
		p.ProviderHref = r.Link(access.ProviderPath)
	}
	if a.book.HasPasswords() {
		p.Password = a.passwordForm(r)
	}
	return kit.Page{Name: "signin", Title: "sign.in.title", Data: p, Form: f}
}

func (a area) passwordForm(r *kit.Request) *kit.Form {
	f := r.NewForm("")
	f.Action = r.Link("/sign-in/password")
	f.Email("address", "sign.email", "").Must().Fills("username")
	f.Secret("password", "sign.password").Must().Fills("current-password")
	return f
}

// ask notes that somebody wants a link. It answers the same whether there is an account or not.
func (a area) ask(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	f := a.askForm(r)
	if !f.Valid() {
		return a.signInPage(r, f), nil
	}
	if wait, ok := a.gate.SignIn(f.Value("email"), r.From); !ok {
		return nil, kit.TooMany(wait)
	}
	if err := a.book.Ask(r.Context(), f.Value("email")); !f.Refused(err) {
		return a.signInPage(r, f), nil
	} else if err != nil {
		return nil, err
	}
	return kit.Redirect("/sign-in/sent"), nil
}

func (a area) sent(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	return kit.Page{Name: "sent", Title: "sign.sent.title", Data: &SentPage{Minutes: int(a.book.SignInFor() / time.Minute)}}, nil
}

// link is opened by people, and by programs that look through their letters: it changes nothing.
func (a area) link(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	p, err := a.book.Peek(r.Context(), r.PathValue("token"))
	if errs.Is(err, errs.Unauthenticated) || errs.Is(err, errs.NotFound) {
		return a.spent(r), nil
	}
	if err != nil {
		return nil, err
	}
	data := &LinkPage{Name: p.Name, Action: r.Link(r.Path)}
	if data.Name == "" {
		data.Name = p.Email
	}
	if r.Person.Known() && r.Person.ID != p.ID {
		data.Other = r.Person.Name
	}
	for _, g := range p.Grants {
		if g.Until == "" || g.Until >= r.Today {
			data.Grants = append(data.Grants, r.GrantText(g))
		}
	}
	return kit.Page{Name: "link", Title: "sign.link.title", Data: data}, nil
}

func (a area) spent(r *kit.Request) kit.Page {
	f := r.NewForm("")
	f.Action = r.Link("/sign-in")
	f.Email("email", "sign.email", "").Must().Fills("email")
	return kit.Page{Name: "spent", Title: "sign.spent.title", Status: http.StatusGone, Data: &SpentPage{Form: f, Days: int(access.InvitedFor / (24 * time.Hour))}}
}

func (a area) redeem(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	s, p, err := a.book.Redeem(r.Context(), r.PathValue("token"), r.UserAgent())
	if errs.Is(err, errs.Unauthenticated) || errs.Is(err, errs.NotFound) {
		return a.spent(r), nil
	}
	if err != nil {
		return nil, err
	}
	return a.enter(k, r, s, p)
}

// enter signs the browser in and leads to where the person was going, or to their work. A
// session that the browser had before ends.
func (a area) enter(k *kit.Kit, r *kit.Request, s access.Session, p access.Person) (kit.Answer, error) {
	to, err := a.goingTo(k, r, p)
	if err != nil {
		return nil, err
	}
	return in(kit.Redirect(to), s, p), nil
}

// in is an answer that signs the browser in. The note of where one was going has done its work,
// but for somebody who comes for the first time and looks at their details before.
func in(a kit.Answer, s access.Session, p access.Person) kit.Answer {
	a = kit.WithSession{Answer: a, Cookie: s.Cookie, Until: s.Created.Add(access.SessionFor)}
	if p.TimeZone == "" {
		return a
	}
	return kit.WithCookie{Answer: a, Name: nextNote}
}

func (a area) goingTo(k *kit.Kit, r *kit.Request, p access.Person) (string, error) {
	if r.Cookie != "" {
		if err := a.book.SignOut(r.Context(), r.Cookie); err != nil {
			return "", err
		}
	}
	if p.TimeZone == "" {
		return string(kit.Done("/account", "sign.done.welcome")), nil
	}
	return next(k, r, p), nil
}

// next is where a person was going before they were asked to sign in, else where their work is.
func next(k *kit.Kit, r *kit.Request, p access.Person) string {
	if to := kit.Local(r.Note(nextNote)); to != "" {
		return to
	}
	return k.HomeOf(p, r.Today)
}

func (a area) password(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	if !a.book.HasPasswords() {
		return nil, errs.New(errs.NotFound, "passwords are off")
	}
	f := a.passwordForm(r)
	again := func() (kit.Answer, error) {
		page := a.signInPage(r, a.askForm(r))
		page.Data.(*SignInPage).Password, page.Form = f, f
		return page, nil
	}
	if !f.Valid() {
		return again()
	}
	if wait, ok := a.gate.SignIn(f.Value("address"), r.From); !ok {
		return nil, kit.TooMany(wait)
	}
	s, p, err := a.book.SignInByPassword(r.Context(), f.Value("address"), r.Form.Get("password"), r.UserAgent())
	if refused(err) {
		f.Fault("password", keyOf(r, err, "access.password_refused"))
		return again()
	}
	if err != nil {
		return nil, err
	}
	return a.enter(k, r, s, p)
}

// provider sends people to their organisation's sign-in, and takes them in when they come back.
func (a area) provider(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	q := r.URL.Query()
	if !q.Has("state") {
		ceremony, address, err := a.book.BeginProvider(r.Context(), r.Lang)
		if err != nil {
			return a.orProblem(r, err)
		}
		return kit.WithCookie{Answer: kit.Elsewhere(address), Name: ceremonyNote, Value: ceremony, For: noteFor}, nil
	}
	s, p, err := a.book.FinishProvider(r.Context(), r.Note(ceremonyNote), q, r.UserAgent())
	if err != nil {
		return a.orProblem(r, err)
	}
	entered, err := a.enter(k, r, s, p)
	if err != nil {
		return nil, err
	}
	return kit.WithCookie{Answer: entered, Name: ceremonyNote}, nil
}

// orProblem shows the sign-in page with what went wrong, where a person can do something else.
func (a area) orProblem(r *kit.Request, err error) (kit.Answer, error) {
	if !refused(err) && !errs.Is(err, errs.Unavailable) && !errs.Is(err, errs.Forbidden) {
		return nil, err
	}
	page := a.signInPage(r, a.askForm(r))
	page.Data.(*SignInPage).Problem = r.T(keyOf(r, err, "access.provider_refused"))
	page.Status = http.StatusForbidden
	return page, nil
}

// ceremony is what the script is given, and what it sends back.
type ceremony struct {
	Ceremony string          `json:"ceremony"`
	Options  json.RawMessage `json:"options,omitempty"`
	Response json.RawMessage `json:"response,omitempty"`
	Name     string          `json:"name,omitempty"`
}

// outcome tells the script where to go, or what went wrong.
type outcome struct {
	To   string `json:"to,omitempty"`
	Says string `json:"says,omitempty"`
}

func (a area) passkeyBegin(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	return begun(a.book.BeginSignIn(r.Context()))
}

func begun(name string, options []byte, err error) (kit.Answer, error) {
	if err != nil {
		return nil, err
	}
	return kit.JSON{Value: ceremony{Ceremony: name, Options: options}}, nil
}

func readCeremony(r *kit.Request) (c ceremony, err error) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &c)
	}
	if err != nil {
		return c, errs.New(errs.Invalid, "read a passkey: %w", err)
	}
	return c, nil
}

func (a area) passkeyFinish(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	c, err := readCeremony(r)
	if err != nil {
		return nil, err
	}
	s, p, err := a.book.FinishSignIn(r.Context(), c.Ceremony, c.Response, r.UserAgent())
	if refused(err) {
		return kit.JSON{Value: outcome{Says: r.T(keyOf(r, err, "access.passkey_refused"))}}, nil
	}
	if err != nil {
		return nil, err
	}
	to, err := a.goingTo(k, r, p)
	if err != nil {
		return nil, err
	}
	return in(kit.JSON{Value: outcome{To: r.Link(to)}}, s, p), nil
}

// OutPage says that one has signed out, or asks whether to.
type OutPage struct {
	Signed bool
	Action string
}

func (a area) out(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	title := "sign.out.title"
	if r.Person.Known() {
		title = "sign.out.ask"
	}
	return kit.Page{Name: "out", Title: title, Data: &OutPage{Signed: r.Person.Known(), Action: r.Link("/sign-out")}}, nil
}

func (a area) leave(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	if err := a.book.SignOut(context.WithoutCancel(r.Context()), r.Cookie); err != nil {
		return nil, err
	}
	return kit.WithSession{Answer: kit.Redirect("/sign-out")}, nil
}

func asError(err error) (*errs.Error, bool) { return errors.AsType[*errs.Error](err) }
