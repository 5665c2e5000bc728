package access_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

// issuer is an OpenID Connect provider: it has one person, whose claims the test sets.
type issuer struct {
	*httptest.Server
	t      *testing.T
	key    *rsa.PrivateKey
	now    func() time.Time
	mu     sync.Mutex
	claims map[string]any
	codes  map[string]url.Values // code → the request that it answers
	forge  func(header, claims map[string]any) *rsa.PrivateKey
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

const clientSecret = "correct horse battery staple"

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{t: t, key: rsaKey(), now: time.Now, codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		i.answer(w, map[string]any{
			"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}, "subject_types_supported": []string{"public"}, "response_types_supported": []string{"code"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, r *http.Request) {
		i.answer(w, map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
			"n": b64.EncodeToString(i.key.N.Bytes()), "e": b64.EncodeToString(big.NewInt(int64(i.key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("POST /token", i.token)
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		i.t.Error(err)
	}
}

// authorize is the page at the provider: the person agrees, and is sent back with this query.
func (i *issuer) authorize(address string) url.Values {
	i.t.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, i.URL+"/authorize?") {
		i.t.Fatalf("people are sent to %q", address)
	}
	q := u.Query()
	for name, want := range map[string]string{"response_type": "code", "client_id": "stocktake", "redirect_uri": base + access.ProviderPath, "code_challenge_method": "S256"} {
		if q.Get(name) != want {
			i.t.Errorf("%s is %q", name, q.Get(name))
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	code := rand.Text()
	i.codes[code] = q
	return url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {i.URL}}
}

func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if err := r.ParseForm(); err != nil {
		i.t.Error(err)
	}
	asked := i.codes[r.PostForm.Get("code")]
	delete(i.codes, r.PostForm.Get("code"))
	_, secret, _ := r.BasicAuth()
	if unescaped, err := url.QueryUnescape(secret); err == nil {
		secret = unescaped
	}
	challenge := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	if asked == nil || secret != clientSecret || asked.Get("code_challenge") != b64.EncodeToString(challenge[:]) || r.PostForm.Get("redirect_uri") != asked.Get("redirect_uri") {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	claims := map[string]any{"iss": i.URL, "aud": "stocktake", "iat": i.now().Unix(), "exp": i.now().Add(5 * time.Minute).Unix(), "nonce": asked.Get("nonce")}
	maps.Copy(claims, i.claims)
	header, key := map[string]any{"alg": "RS256", "kid": "1", "typ": "JWT"}, i.key
	if i.forge != nil {
		key = i.forge(header, claims)
	}
	i.answer(w, map[string]any{"access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": i.sign(header, claims, key)})
}

func (i *issuer) sign(header, claims map[string]any, key *rsa.PrivateKey) string {
	var parts []string
	for _, v := range []any{header, claims} {
		text, err := json.Marshal(v)
		if err != nil {
			i.t.Error(err)
		}
		parts = append(parts, b64.EncodeToString(text))
	}
	text := strings.Join(parts, ".")
	if header["alg"] == "none" {
		return text + "."
	}
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		i.t.Error(err)
	}
	return text + "." + b64.EncodeToString(signature)
}

const providerFile = `
name: Ministry of Foreign Affairs
issuer: ISSUER
client_id: stocktake
client_secret_file: SECRET
scopes: [profile, groups]
link_by_email: LINK
grants:
  - {claim: groups, value: "pledges-*", role: focal_point, party: "*", transmits: true}
  - {claim: groups, value: reviewers, role: reviewer}
  - {claim: department, value: languages, role: translator, language: fr}
`

// atProvider opens a house whose people can sign in at a provider.
func atProvider(t *testing.T, d *db.DB, link string, change ...func(*access.Options)) (*house, *issuer) {
	t.Helper()
	i := newIssuer(t)
	dir := t.TempDir()
	secret, file := filepath.Join(dir, "secret"), filepath.Join(dir, "oidc.yaml")
	if err := os.WriteFile(secret, []byte(clientSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("ISSUER", i.URL, "SECRET", secret, "LINK", link).Replace(providerFile)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := access.LoadProvider(file)
	if err != nil {
		t.Fatal(err)
	}
	h := open(t, d, append(change, func(o *access.Options) { o.Provider = p })...)
	i.now = func() time.Time { return h.now }
	if h.book.ProviderName() != "Ministry of Foreign Affairs" {
		t.Errorf("the button says %q", h.book.ProviderName())
	}
	return h, i
}

// enter goes to the provider and comes back.
func (h *house) enter(t *testing.T, i *issuer, claims map[string]any) (access.Session, access.Person, error) {
	t.Helper()
	i.claims = claims
	ceremony, address, err := h.book.BeginProvider(t.Context(), lang.FR)
	if err != nil {
		t.Fatal(err)
	}
	return h.book.FinishProvider(t.Context(), ceremony, i.authorize(address), "Firefox/140.0 Linux")
}

func eachEngineAtProvider(t *testing.T, link string, story func(t *testing.T, h *house, i *issuer)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, i := atProvider(t, d, link)
		story(t, h, i)
	})
}

func amina(groups ...string) map[string]any {
	return map[string]any{"sub": "248289761001", "email": "amina@example.org", "email_verified": true, "name": "Amina\nOtieno", "groups": groups}
}

func TestClaimsGiveAndTakeGrants(t *testing.T) {
	eachEngineAtProvider(t, "false", func(t *testing.T, h *house, i *issuer) {
		s, p, err := h.enter(t, i, amina("staff", "pledges-ken"))
		if err != nil {
			t.Fatal(err)
		}
		if s.Method != access.ByProvider || p.Name != "Amina Otieno" || p.Language != lang.FR || !p.Transmits("ken", h.book.Today()) || len(p.Grants) != 1 {
			t.Errorf("%+v", p)
		}
		h.write(func(tx *db.Tx) error {
			_, err := h.book.Grant(t.Context(), tx, h.admin, p.ID, access.Grant{Role: access.Observer})
			return err
		})
		h.later(24 * time.Hour)
		again := func(claims map[string]any) access.Person {
			_, q, err := h.enter(t, i, claims)
			if err != nil {
				t.Fatal(err)
			}
			if q.ID != p.ID {
				t.Fatalf("%s is another than %s", q.ID, p.ID)
			}
			return q
		}
		day := h.book.Today()
		if q := again(amina("pledges-ken")); len(q.Grants) != 2 || !q.Transmits("ken", day) {
			t.Errorf("signing in again makes it %+v", q.Grants)
		}
		claims := amina("pledges-bra", "reviewers", "pledges-")
		claims["department"], claims["email"], claims["email_verified"] = "languages", "moved@example.org", false
		q := again(claims)
		if q.Transmits("ken", day) || !q.Transmits("bra", day) || !q.Has(access.Reviewer, day) || !q.Translates(lang.FR, day) || !q.Has(access.Observer, day) || q.Email != "amina@example.org" {
			t.Errorf("new claims make it %+v", q)
		}
		if q := again(amina()); q.Transmits("bra", day) || q.Has(access.Reviewer, day) || !q.Has(access.Observer, day) {
			t.Errorf("without claims it is %+v", q.Grants)
		}
		if err := h.book.Close(t.Context(), h.admin, p.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.enter(t, i, amina("pledges-ken")); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("a closed account: %v", err)
		}
	})
}

// What a provider asks its people for is unknown, unless the operator says that it is enough.
func TestAProviderIsASecondFactorOnlyWhereStated(t *testing.T) {
	for more, want := range map[string]bool{"false": false, "false\nsecond_factor: true": true} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			h, i := atProvider(t, d, more, func(o *access.Options) { o.SecondFactor = access.SecondFactorDesk })
			s, _, err := h.enter(t, i, amina("reviewers"))
			if err != nil {
				t.Fatal(err)
			}
			if in := h.in(t, s); (len(in.Waiting) == 0) != want || in.Has(access.Reviewer, h.book.Today()) != want || h.book.ProviderIsSecondFactor() != want {
				t.Errorf("%q: %+v", more, in)
			}
		})
	}
}

func TestAStrangerAtTheProviderGetsNoAccount(t *testing.T) {
	eachEngineAtProvider(t, "false", func(t *testing.T, h *house, i *issuer) {
		known := h.invite("known@example.org", focal("ken"))
		unverified := amina("reviewers")
		unverified["email_verified"] = false
		owned := amina("reviewers")
		owned["email"] = known.Email
		for name, claims := range map[string]map[string]any{"no claims": amina("staff"), "not verified": unverified, "the address of an account": owned, "no address": {"sub": "1", "groups": []string{"reviewers"}}} {
			if _, _, err := h.enter(t, i, claims); !errs.Is(err, errs.Unauthenticated) || strings.Contains(err.Error(), "@") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := h.count("access_person", "1 = 1"); n != 2 {
			t.Errorf("%d accounts", n)
		}
	})
}

func TestTheOperatorMayLinkByAddress(t *testing.T) {
	eachEngineAtProvider(t, "true", func(t *testing.T, h *house, i *issuer) {
		known := h.invite("amina@example.org", focal("ken"))
		unverified := amina()
		unverified["email_verified"] = false
		if _, _, err := h.enter(t, i, unverified); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("not verified: %v", err)
		}
		_, p, err := h.enter(t, i, amina())
		if err != nil || p.ID != known.ID || !p.Has(access.FocalPoint, h.book.Today()) {
			t.Fatalf("%+v, %v", p, err)
		}
	})
}

func TestAProvidersAnswerIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h, i := atProvider(t, d, "true")
		other, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			forge func(header, claims map[string]any) *rsa.PrivateKey
			query func(q url.Values)
			wait  time.Duration
		}{
			"another key":      {forge: func(h, c map[string]any) *rsa.PrivateKey { return other }},
			"no signature":     {forge: func(h, c map[string]any) *rsa.PrivateKey { h["alg"] = "none"; return i.key }},
			"another audience": {forge: func(h, c map[string]any) *rsa.PrivateKey { c["aud"] = "another"; return i.key }},
			"another issuer":   {forge: func(h, c map[string]any) *rsa.PrivateKey { c["iss"] = "https://evil.example"; return i.key }},
			"another nonce":    {forge: func(h, c map[string]any) *rsa.PrivateKey { c["nonce"] = "x"; return i.key }},
			"expired":          {forge: func(h, c map[string]any) *rsa.PrivateKey { c["exp"] = i.now().Add(-time.Hour).Unix(); return i.key }},
			"another state":    {query: func(q url.Values) { q.Set("state", "x") }},
			"no state":         {query: func(q url.Values) { q.Del("state") }},
			"mixed up":         {query: func(q url.Values) { q.Set("iss", "https://evil.example") }},
			"another code":     {query: func(q url.Values) { q.Set("code", "x") }},
			"an error":         {query: func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }},
			"too late":         {wait: time.Hour},
		} {
			t.Run(name, func(t *testing.T) {
				i.claims, i.forge = amina("reviewers"), tt.forge
				ceremony, address, err := h.book.BeginProvider(t.Context(), lang.EN)
				if err != nil {
					t.Fatal(err)
				}
				q := i.authorize(address)
				if tt.query != nil {
					tt.query(q)
				}
				h.later(tt.wait)
				if _, _, err := h.book.FinishProvider(t.Context(), ceremony, q); !errs.Is(err, errs.Unauthenticated) {
					t.Errorf("%v", err)
				}
			})
		}
		i.forge, i.claims = nil, amina("reviewers")
		// The way back belongs to the browser that went, and leads in once.
		_, address, err := h.book.BeginProvider(t.Context(), lang.EN)
		if err != nil {
			t.Fatal(err)
		}
		mine, _, err := h.book.BeginProvider(t.Context(), lang.EN)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.book.FinishProvider(t.Context(), mine, i.authorize(address)); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("another browser's answer: %v", err)
		}
		ceremony, address, err := h.book.BeginProvider(t.Context(), lang.EN)
		if err != nil {
			t.Fatal(err)
		}
		q := i.authorize(address)
		if _, _, err := h.book.FinishProvider(t.Context(), ceremony, q); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.book.FinishProvider(t.Context(), ceremony, q); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("twice: %v", err)
		}
	})
}

// A provider that sends us elsewhere for its keys or tokens is not followed.
func TestAProvidersRedirectsAreNotFollowed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		i := newIssuer(t)
		moved := httptest.NewServer(http.RedirectHandler(i.URL+"/.well-known/openid-configuration", http.StatusFound))
		defer moved.Close()
		book := access.New(access.Options{DB: h.db, BaseURL: base, Provider: &access.Provider{Issuer: moved.URL, ClientID: "stocktake"}})
		if _, _, err := book.BeginProvider(t.Context(), lang.EN); !errs.Is(err, errs.Unavailable) {
			t.Errorf("%v", err)
		}
		// Nor one whose metadata speaks for another issuer.
		other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			i.answer(w, map[string]any{"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys"})
		}))
		defer other.Close()
		book = access.New(access.Options{DB: h.db, BaseURL: base, Provider: &access.Provider{Issuer: other.URL, ClientID: "stocktake"}})
		if _, _, err := book.BeginProvider(t.Context(), lang.EN); !errs.Is(err, errs.Unavailable) {
			t.Errorf("%v", err)
		}
	})
}

func TestTheProvidersFileIsChecked(t *testing.T) {
	good := strings.NewReplacer("ISSUER", "https://login.example.org", "client_secret_file: SECRET\n", "", "LINK", "false").Replace(providerFile)
	for _, tt := range []struct{ name, old, new, want string }{
		{"good", "", "", ""},
		{"without TLS", "https://login", "http://login", "issuer"},
		{"an unknown key", "scopes:", "scope:", "scope"},
		{"no client", "client_id: stocktake", "client_id: ''", "client_id"},
		{"everybody", "value: reviewers", `value: "*"`, "grants[1]"},
		{"no role", "role: reviewer", "role: king", "grants[1].role"},
		{"no ending for the party", `"pledges-*"`, `"pledges"`, "grants[0].party"},
		{"no secret", "client_id:", "client_secret_file: /nowhere\nclient_id:", "client_secret_file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "oidc.yaml")
			if err := os.WriteFile(file, []byte(strings.Replace(good, tt.old, tt.new, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := access.LoadProvider(file)
			if tt.want == "" && err != nil || tt.want != "" && (!errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := access.LoadProvider("/nowhere"); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
