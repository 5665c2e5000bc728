package sign_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/web/work/kittest"
)

var b64 = base64.RawURLEncoding

// provider is an organisation whose one person has the address focal@example.org. What it may
// answer wrongly is tried in package access.
type provider struct {
	*httptest.Server
	t     *testing.T
	key   *rsa.PrivateKey
	now   func() time.Time
	nonce string
}

func newProvider(t *testing.T) *provider {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t, key: key, now: time.Now}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.tell(w, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		p.tell(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
			"n": b64.EncodeToString(key.N.Bytes()), "e": b64.EncodeToString(big.NewInt(int64(key.E)).Bytes())}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		now := p.now().Unix()
		p.tell(w, map[string]any{"access_token": "at", "token_type": "Bearer", "id_token": p.sign(map[string]any{
			"iss": p.URL, "aud": "stocktake", "sub": "one", "iat": now, "exp": now + 300, "nonce": p.nonce, "email": "focal@example.org", "email_verified": true,
		})})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) tell(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

func (p *provider) sign(claims map[string]any) string {
	body, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	text := b64.EncodeToString([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + b64.EncodeToString(body)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	if err != nil {
		p.t.Error(err)
	}
	return text + "." + b64.EncodeToString(signature)
}

// Through the organisation and back, without a language at first, as the provider knows only
// one address; and not in another browser than the one that left.
func TestSignInThroughTheOrganisation(t *testing.T) {
	p := newProvider(t)
	s := open(t, func(o *access.Options) {
		o.Provider = &access.Provider{Name: "Ministry", Issuer: p.URL, ClientID: "stocktake", LinkByEmail: true}
	})
	p.now = s.Clock
	r := s.As(kittest.Nobody)
	button := r.Get("/sign-in?next=/story?tab=3").First("a.second")
	if button.Text() != "Sign in with Ministry" {
		t.Fatalf("the button says %q", button.Text())
	}
	leave := func(r *kittest.Reader) string {
		t.Helper()
		away, err := url.Parse(r.Do("GET", button.Get("href"), "", nil).Header.Get("Location"))
		if err != nil || !strings.HasPrefix(away.String(), p.URL+"/authorize?") {
			t.Fatalf("people are sent to %v: %v", away, err)
		}
		p.nonce = away.Query().Get("nonce")
		back, err := url.Parse(away.Query().Get("redirect_uri"))
		if err != nil {
			t.Fatal(err)
		}
		return back.Path + "?" + url.Values{"code": {"x"}, "state": {away.Query().Get("state")}}.Encode()
	}
	if back := leave(r); back != "" {
		s.As(kittest.Nobody).Get("/en" + back).Is(403).Says("Please begin again.")
	}
	back := leave(r)
	req := httptest.NewRequest("GET", back, nil)
	req.Header.Set("Accept-Language", "en")
	w := httptest.NewRecorder()
	s.Handler.ServeHTTP(w, req)
	if to := w.Header().Get("Location"); w.Code != 302 || to != "/en"+back {
		t.Fatalf("back at %s: %d to %s", back, w.Code, to)
	}
	in := r.Get("/en" + back).Is(200)
	if in.Path != "/en/account?done=sign.done.welcome" {
		t.Errorf("coming back leads to %s", in.Path)
	}
	in.Says("Signed in as Focal Person")
}

// Where the organisation cannot be reached, the other ways stay open.
func TestAnOrganisationThatDoesNotAnswer(t *testing.T) {
	s := open(t, func(o *access.Options) {
		o.Provider = &access.Provider{Name: "Ministry", Issuer: "http://127.0.0.1:1", ClientID: "stocktake"}
	})
	s.As(kittest.Nobody).Get("/sign-in/provider").Is(403).Says("The sign-in of your organization cannot be reached", "Send me a link")
	open(t).As(kittest.Nobody).Get("/sign-in/provider").Is(404)
}
