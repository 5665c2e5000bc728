package access

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/goccy/go-yaml"
	"golang.org/x/oauth2"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

// Provider is an OpenID Connect provider: an organisation that says who its people are, and by
// its claims what they may do here.
type Provider struct {
	Name       string   `yaml:"name"`   // on the button
	Issuer     string   `yaml:"issuer"` // https://login.example.org
	ClientID   string   `yaml:"client_id"`
	SecretFile string   `yaml:"client_secret_file"` // "": a public client, which PKCE protects
	Scopes     []string `yaml:"scopes"`             // beside openid and email
	// LinkByEmail lets somebody in whose address the provider has verified and who has an account
	// with it. Without it, an account from before is not found by its address.
	LinkByEmail bool `yaml:"link_by_email"`
	// SecondFactor is the operator's word that the provider asks its people for one.
	SecondFactor bool    `yaml:"second_factor"`
	Grants       []Claim `yaml:"grants"`

	Client *http.Client `yaml:"-"` // nil: one that waits ten seconds and follows no redirect

	mu       sync.Mutex
	found    *oidc.Provider
	secret   string
	verifier *oidc.IDTokenVerifier
}

// Claim says which claim gives which grant. A value may end in "*", which stands for any ending;
// a party that is "*" is that ending.
type Claim struct {
	Claim     string    `yaml:"claim"` // "groups"; a claim that is a list has any of its values
	Value     string    `yaml:"value"`
	Role      Role      `yaml:"role"`
	Party     string    `yaml:"party"`
	Language  lang.Code `yaml:"language"`
	Deputy    bool      `yaml:"deputy"`
	Transmits bool      `yaml:"transmits"`
}

// LoadProvider reads the operator's file.
func LoadProvider(path string) (_ *Provider, err error) {
	defer errs.Wrap(&err, "access: provider %s", path)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, errs.New(errs.Invalid, "%w", err).WithHint("name the file of the OpenID Connect provider, as docs/operators.md shows it")
	}
	p := &Provider{}
	if err := yaml.UnmarshalWithOptions(text, p, yaml.Strict()); err != nil {
		return nil, errs.New(errs.Invalid, "%w", err)
	}
	if err := errs.InvalidFields(p.check()...); err != nil {
		return nil, err
	}
	if p.SecretFile != "" {
		secret, err := os.ReadFile(p.SecretFile)
		if err != nil {
			return nil, errs.New(errs.Invalid, "%w", err).WithHint("put the client's secret into the file of client_secret_file")
		}
		p.secret = strings.TrimSpace(string(secret))
	}
	return p, nil
}

func (p *Provider) check() (found []errs.Field) {
	wrong := func(field, value, message string) {
		found = append(found, errs.Field{Field: field, Value: value, Message: message})
	}
	u, err := url.Parse(p.Issuer)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" {
		wrong("issuer", p.Issuer, "must be the https address of the provider")
	}
	if p.ClientID == "" {
		wrong("client_id", "", "is needed")
	}
	for i, c := range p.Grants {
		g := c.grant("x")
		if c.Claim == "" || c.Value == "" || c.Value == "*" {
			wrong(fmt.Sprintf("grants[%d]", i), c.Value, "needs a claim and a value")
		}
		if c.Party == "*" && !strings.HasSuffix(c.Value, "*") {
			wrong(fmt.Sprintf("grants[%d].party", i), c.Party, `is "*" only where the value ends in "*"`)
		}
		for _, f := range g.Validate() {
			f.Field = fmt.Sprintf("grants[%d].%s", i, f.Field)
			found = append(found, f)
		}
	}
	return found
}

func (c Claim) grant(ending string) Grant {
	party := c.Party
	if party == "*" {
		party = ending
	}
	return Grant{Role: c.Role, Party: party, Language: c.Language, Deputy: c.Deputy, Transmits: c.Transmits, Source: "oidc"}
}

// grants is what the claims of a token give.
func (p *Provider) grants(claims map[string]any) (all []Grant) {
	for _, c := range p.Grants {
		for _, v := range valuesOf(claims[c.Claim]) {
			prefix, wild := strings.CutSuffix(c.Value, "*")
			ending, ok := strings.CutPrefix(v, prefix)
			if !ok || !wild && ending != "" || wild && ending == "" {
				continue
			}
			if g := c.grant(ending); !slices.Contains(all, g) && len(g.Validate()) == 0 {
				all = append(all, g)
			}
		}
	}
	return all
}

func valuesOf(claim any) (values []string) {
	switch v := claim.(type) {
	case string:
		return []string{v}
	case []any:
		for _, e := range v {
			if s, ok := e.(string); ok {
				values = append(values, s)
			}
		}
	}
	return values
}

// ready finds the provider's addresses and keys, once it is asked for the first time.
func (p *Provider) ready(ctx context.Context, now func() time.Time) (context.Context, error) {
	client := p.Client
	if client == nil {
		client = &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	ctx = oidc.ClientContext(ctx, client)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return ctx, nil
	}
	found, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return ctx, errs.New(errs.Unavailable, "the provider %s cannot be asked: %w", p.Issuer, err).WithKey("access.provider_unavailable")
	}
	p.found, p.verifier = found, found.Verifier(&oidc.Config{ClientID: p.ClientID, Now: now})
	return ctx, nil
}

func (b *Book) provider() (*Provider, error) {
	if b.o.Provider == nil {
		return nil, errs.New(errs.NotFound, "there is no OpenID Connect provider")
	}
	return b.o.Provider, nil
}

// ProviderName is what to write on the button; "" where there is no provider.
func (b *Book) ProviderName() string {
	if b.o.Provider == nil {
		return ""
	}
	return cmp.Or(b.o.Provider.Name, b.o.Provider.Issuer)
}

// ProviderIsSecondFactor reports whether the operator vouches for the provider's sign-in.
func (b *Book) ProviderIsSecondFactor() bool { return b.o.Provider != nil && b.o.Provider.SecondFactor }

// ProviderPath is where the provider sends people back to, without a language.
const ProviderPath = "/sign-in/provider"

func (p *Provider) client(base string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.secret, Endpoint: p.found.Endpoint(), RedirectURL: base + ProviderPath,
		Scopes: append([]string{oidc.ScopeOpenID, "email"}, p.Scopes...),
	}
}

// atThe is what is remembered while somebody is at the provider.
type atThe struct {
	State, Nonce, Verifier string
	Language               lang.Code
}

// BeginProvider gives the address at the provider to send somebody to, and the ceremony for a
// cookie of theirs, by which the way back is tied to this browser.
func (b *Book) BeginProvider(ctx context.Context, c lang.Code) (ceremony, address string, err error) {
	p, err := b.provider()
	if err != nil {
		return "", "", err
	}
	ctx, err = p.ready(ctx, b.now)
	if err != nil {
		return "", "", err
	}
	a := atThe{Language: c}
	for _, s := range []*string{&a.State, &a.Nonce, &a.Verifier} {
		if *s, _, err = b.secret(); err != nil {
			return "", "", err
		}
	}
	if ceremony, err = b.remember(ctx, atProvider, "", a); err != nil {
		return "", "", err
	}
	return ceremony, p.client(b.o.BaseURL).AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), nil
}

// FinishProvider takes what the provider sent back in the query and signs in whom it names; the
// grants that its claims give are brought up to date.
func (b *Book) FinishProvider(ctx context.Context, ceremony string, query url.Values, device ...string) (s Session, who Person, err error) {
	p, err := b.provider()
	if err != nil {
		return Session{}, Person{}, err
	}
	ctx, err = p.ready(ctx, b.now)
	if err != nil {
		return Session{}, Person{}, err
	}
	var a atThe
	if err := b.recall(ctx, atProvider, "", ceremony, &a); err != nil {
		return Session{}, Person{}, b.refusal(ctx, ByProvider, "", err)
	}
	refused := func(err error) error {
		err = errs.New(errs.Unauthenticated, "the provider's answer was refused: %w", err).WithKey("access.provider_refused")
		return b.refusal(ctx, ByProvider, "", err)
	}
	if subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(a.State)) != 1 {
		return Session{}, Person{}, refused(errors.New("another state"))
	}
	if iss := query.Get("iss"); iss != "" && iss != p.Issuer { // RFC 9207
		return Session{}, Person{}, refused(errors.New("another issuer"))
	}
	if query.Get("code") == "" {
		return Session{}, Person{}, refused(errors.New("no code"))
	}
	answer, err := p.client(b.o.BaseURL).Exchange(ctx, query.Get("code"), oauth2.VerifierOption(a.Verifier))
	if failed, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		err = fmt.Errorf("its token endpoint answered %d %s", failed.Response.StatusCode, failed.ErrorCode) // and what else it said is for no log
	}
	if err != nil {
		return Session{}, Person{}, refused(err)
	}
	raw, _ := answer.Extra("id_token").(string)
	token, err := p.verifier.Verify(ctx, raw)
	if err != nil {
		return Session{}, Person{}, refused(err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(a.Nonce)) != 1 {
		return Session{}, Person{}, refused(errors.New("another nonce"))
	}
	claims := map[string]any{}
	if err := token.Claims(&claims); err != nil {
		return Session{}, Person{}, refused(err)
	}
	return b.signInNamed(ctx, p, token.Subject, claims, a.Language, first(device))
}
