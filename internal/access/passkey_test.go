package access_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"

	"stocktake/internal/access"
	"stocktake/internal/errs"
)

// authenticator is a device that makes passkeys and signs with them, as WebAuthn level 3 has it:
// ES256, no attestation, the user verified.
type authenticator struct {
	t        *testing.T
	origin   string
	key      *ecdsa.PrivateKey
	id       []byte
	handle   []byte
	counter  uint32
	verified bool
}

func newAuthenticator(t *testing.T, origin string) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 24)
	rand.Read(id)
	return &authenticator{t: t, origin: origin, key: key, id: id, verified: true}
}

var b64 = base64.RawURLEncoding

func (a *authenticator) json(v any) []byte {
	a.t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		a.t.Fatal(err)
	}
	return text
}

func (a *authenticator) client(kind, challenge string) []byte {
	return a.json(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false})
}

const (
	present  = 0x01
	verified = 0x04
	attested = 0x40
)

func (a *authenticator) data(rpID string, flags byte, more []byte) []byte {
	if a.verified {
		flags |= verified
	}
	sum := sha256.Sum256([]byte(rpID))
	out := append(sum[:], flags|present)
	out = binary.BigEndian.AppendUint32(out, a.counter)
	return append(out, more...)
}

// create answers navigator.credentials.create.
func (a *authenticator) create(options []byte) []byte {
	a.t.Helper()
	var o struct {
		PublicKey struct {
			Challenge string
			RP        struct{ ID string }
			User      struct{ ID string }
		}
	}
	if err := json.Unmarshal(options, &o); err != nil {
		a.t.Fatal(err)
	}
	var err error
	if a.handle, err = b64.DecodeString(o.PublicKey.User.ID); err != nil {
		a.t.Fatal(err)
	}
	point, err := a.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		a.t.Fatal(err)
	}
	cose, err := webauthncbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		a.t.Fatal(err)
	}
	more := make([]byte, 16) // no AAGUID
	more = binary.BigEndian.AppendUint16(more, uint16(len(a.id)))
	more = append(append(more, a.id...), cose...)
	object, err := webauthncbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": a.data(o.PublicKey.RP.ID, attested, more)})
	if err != nil {
		a.t.Fatal(err)
	}
	return a.json(map[string]any{
		"id": b64.EncodeToString(a.id), "rawId": b64.EncodeToString(a.id), "type": "public-key",
		"response": map[string]any{
			"clientDataJSON":    b64.EncodeToString(a.client("webauthn.create", o.PublicKey.Challenge)),
			"attestationObject": b64.EncodeToString(object), "transports": []string{"internal"},
		},
	})
}

// get answers navigator.credentials.get.
func (a *authenticator) get(options []byte) []byte {
	a.t.Helper()
	var o struct {
		PublicKey struct{ Challenge, RPID string }
	}
	if err := json.Unmarshal(options, &o); err != nil {
		a.t.Fatal(err)
	}
	a.counter++
	data, client := a.data(o.PublicKey.RPID, 0, nil), a.client("webauthn.get", o.PublicKey.Challenge)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(append([]byte{}, data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, sum[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.json(map[string]any{
		"id": b64.EncodeToString(a.id), "rawId": b64.EncodeToString(a.id), "type": "public-key",
		"response": map[string]any{
			"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data),
			"signature": b64.EncodeToString(signature), "userHandle": b64.EncodeToString(a.handle),
		},
	})
}

// withPasskey makes a passkey for somebody.
func (h *house) withPasskey(t *testing.T, p access.Person) *authenticator {
	t.Helper()
	a := newAuthenticator(t, base)
	ceremony, options, err := h.book.BeginPasskey(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.book.FinishPasskey(t.Context(), p, ceremony, "my phone", a.create(options)); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAPasskeySignsIn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.invite("p@example.org", focal("ken"))
		a := h.withPasskey(t, p)
		if last := h.sent[len(h.sent)-1]; last.Template != "access_security" || last.Person != p.ID {
			t.Errorf("the letter is %+v", last)
		}
		if strings.Contains(string(a.handle), "@") || string(a.handle) != p.ID {
			t.Errorf("the device holds %q", a.handle)
		}
		for range 2 {
			ceremony, options, err := h.book.BeginSignIn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			s, who, err := h.book.FinishSignIn(t.Context(), ceremony, a.get(options), "Firefox/140.0 Linux")
			if err != nil || who.ID != p.ID || s.Method != access.ByPasskey {
				t.Fatalf("%+v, %v, %v", s, who.ID, err)
			}
			if _, in, err := h.book.Session(t.Context(), s.Cookie); err != nil || in.ID != p.ID {
				t.Fatal(in.ID, err)
			}
		}
		told := 0
		for _, l := range h.sent {
			if l.Template == "access_new_session" && l.Person == p.ID {
				told++
			}
		}
		if told != 1 {
			t.Errorf("of one new device the person was told %d times", told)
		}
		keys, err := h.book.Passkeys(t.Context(), p, p.ID)
		if err != nil || len(keys) != 1 || keys[0].Name != "my phone" || keys[0].Used.IsZero() {
			t.Errorf("%+v, %v", keys, err)
		}
		if err := h.book.DropPasskey(t.Context(), h.admin, keys[0].ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("another drops it: %v", err)
		}
		if err := h.book.DropPasskey(t.Context(), p, keys[0].ID); err != nil {
			t.Fatal(err)
		}
		ceremony, options, err := h.book.BeginSignIn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.book.FinishSignIn(t.Context(), ceremony, a.get(options)); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("a dropped passkey: %v", err)
		}
	})
}

func TestAPasskeyIsRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.invite("p@example.org", focal("ken"))
		other := h.invite("o@example.org", focal("bra"))
		for name, tt := range map[string]func(a *authenticator, ceremony string, options []byte) (string, []byte){
			"another site": func(a *authenticator, c string, o []byte) (string, []byte) {
				a.origin = "https://evil.example"
				return c, a.get(o)
			},
			"another challenge": func(a *authenticator, c string, o []byte) (string, []byte) {
				return c, a.get([]byte(`{"publicKey":{"challenge":"AAAA","rpId":"pledges.example.org"}}`))
			},
			"user not verified": func(a *authenticator, c string, o []byte) (string, []byte) { a.verified = false; return c, a.get(o) },
			"another handle": func(a *authenticator, c string, o []byte) (string, []byte) {
				a.handle = []byte(other.ID)
				return c, a.get(o)
			},
			"another key": func(a *authenticator, c string, o []byte) (string, []byte) {
				a.key = newAuthenticator(a.t, base).key
				return c, a.get(o)
			},
			"a counter that went back": func(a *authenticator, c string, o []byte) (string, []byte) { a.counter = 0; return c, a.get(o) },
			"a late answer": func(a *authenticator, c string, o []byte) (string, []byte) {
				h.later(11 * time.Minute)
				return c, a.get(o)
			},
			"another ceremony": func(a *authenticator, _ string, o []byte) (string, []byte) {
				other, _, err := h.book.BeginSignIn(a.t.Context())
				if err != nil {
					a.t.Fatal(err)
				}
				return other, a.get(o)
			},
			"no ceremony": func(a *authenticator, c string, o []byte) (string, []byte) { return "", a.get(o) },
			"no JSON":     func(a *authenticator, c string, o []byte) (string, []byte) { return c, []byte("{") },
			"a replay": func(a *authenticator, c string, o []byte) (string, []byte) {
				answer := a.get(o)
				if _, _, err := h.book.FinishSignIn(t.Context(), c, answer); err != nil {
					t.Fatal(err)
				}
				return c, answer
			},
		} {
			t.Run(name, func(t *testing.T) {
				a := h.withPasskey(t, p)
				a.t = t
				ceremony, options, err := h.book.BeginSignIn(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				a.counter = 5
				if _, _, err := h.book.FinishSignIn(t.Context(), ceremony, a.get(options)); err != nil {
					t.Fatal(err)
				}
				if ceremony, options, err = h.book.BeginSignIn(t.Context()); err != nil {
					t.Fatal(err)
				}
				ceremony, answer := tt(a, ceremony, options)
				if _, _, err := h.book.FinishSignIn(t.Context(), ceremony, answer); !errs.Is(err, errs.Unauthenticated) || strings.Contains(err.Error(), "p@example.org") {
					t.Errorf("%v", err)
				}
			})
		}
		// What somebody began, another cannot finish, nor the owner twice.
		a := newAuthenticator(t, base)
		ceremony, options, err := h.book.BeginPasskey(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		answer := a.create(options)
		if _, err := h.book.FinishPasskey(t.Context(), other, ceremony, "x", answer); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("another finishes: %v", err)
		}
		if _, err := h.book.FinishPasskey(t.Context(), p, ceremony, "x", answer); err != nil {
			t.Fatal(err)
		}
		if _, err := h.book.FinishPasskey(t.Context(), p, ceremony, "x", answer); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("twice: %v", err)
		}
		if _, _, err := h.book.BeginPasskey(t.Context(), access.Person{}); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("nobody begins: %v", err)
		}
	})
}

func TestPasskeysNeedAName(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for address, want := range map[string]bool{
			"https://pledges.example.org": true, "http://localhost:8080": true, "http://127.0.0.1:8080": false, "https://[::1]": false, "http://pledges.example.org": false, "": false,
		} {
			book := access.New(access.Options{DB: h.db, BaseURL: address})
			_, _, err := book.BeginSignIn(t.Context())
			if book.HasPasskeys() != want || (err == nil) != want || !want && !errs.Is(err, errs.NotFound) {
				t.Errorf("%q: %v, %v", address, book.HasPasskeys(), err)
			}
		}
	})
}
