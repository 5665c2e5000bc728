package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

// How long things last.
const (
	SignInFor   = 20 * time.Minute    // a mailed link to sign in
	InvitedFor  = 7 * 24 * time.Hour  // the link of an invitation
	IdleFor     = 12 * time.Hour      // a session that nobody uses
	SessionFor  = 14 * 24 * time.Hour // any session
	ceremonyFor = 10 * time.Minute    // between the two steps of a passkey or of a provider
	touchEvery  = time.Minute         // how often the use of a session or token is written down
	freshFor    = 15 * time.Minute    // after which a delicate act asks to sign in again
)

// Options says what a Book works with.
type Options struct {
	DB      *db.DB
	Clock   func() time.Time // nil: the clock of the database
	Rand    io.Reader        // nil: crypto/rand
	BaseURL string           // of links: "https://pledges.example.org"
	Post    Poster           // nil: nothing is mailed, and whoever calls hands the link on

	Idle, Absolute time.Duration   // of sessions; 0: IdleFor, SessionFor
	SignInFor      time.Duration   // of a mailed link to sign in; 0: SignInFor
	Passwords      bool            // people may set one
	KnownPasswords map[string]bool // that nobody may choose; see LoadPasswords
	SecondFactor   SecondFactor    // "": off
	Provider       *Provider       // of OpenID Connect; nil: none

	// IsParty reports whether a code is that of a party which somebody can speak for; nil: every
	// code is.
	IsParty func(ctx context.Context, tx *db.Tx, code string) (bool, error)

	// PartyName is what letters call a party; nil: its code.
	PartyName func(ctx context.Context, tx *db.Tx, code string, c lang.Code) (string, error)

	// What other rooms keep about a person: how it goes into the person's export, under its
	// name, and how it is erased.
	Personal map[string]func(ctx context.Context, tx *db.Tx, person string) (any, error)
	Forget   []func(ctx context.Context, tx *db.Tx, person string) error
}

// Book keeps accounts, sessions and all that belongs to them. It is safe for concurrent use.
// Methods that take `by` ask the policy themselves.
type Book struct {
	o     Options
	party *webauthn.WebAuthn // nil: no passkeys
}

// New makes a Book.
func New(o Options) *Book {
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Clock == nil {
		o.Clock = o.DB.Now
	}
	if o.Idle == 0 {
		o.Idle = IdleFor
	}
	if o.Absolute == 0 {
		o.Absolute = SessionFor
	}
	if o.SignInFor == 0 {
		o.SignInFor = SignInFor
	}
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	return &Book{o: o, party: newRelyingParty(o.BaseURL)}
}

// SignInFor is how long a mailed link to sign in works.
func (b *Book) SignInFor() time.Duration { return b.o.SignInFor }

func (b *Book) now() time.Time { return b.o.Clock().UTC().Truncate(time.Microsecond) }

// Today is the day on which grants are looked at: that of the clock, in UTC.
func (b *Book) Today() string { return b.now().Format(time.DateOnly) }

// link is the address of a page in a person's language.
func (b *Book) link(c lang.Code, path string) string {
	return b.o.BaseURL + "/" + string(c) + path
}

const secretBytes = 32

// secret makes 256 random bits for a link, a cookie or a ceremony, and what is kept of them.
func (b *Book) secret() (text, hash string, err error) {
	raw := make([]byte, secretBytes)
	if _, err := io.ReadFull(b.o.Rand, raw); err != nil {
		return "", "", fmt.Errorf("access: no randomness: %w", err)
	}
	text = base64.RawURLEncoding.EncodeToString(raw)
	return text, hashOf(text), nil
}

// hashOf is what the database keeps of a secret. Secrets have 256 random bits: a slow hash would
// add nothing, and a lookup by hash tells nothing about them by the time it takes.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// wellFormed reports whether the text could be a secret of ours; anything else is not looked up.
func wellFormed(text string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(raw) == secretBytes && len(text) == base64.RawURLEncoding.EncodedLen(secretBytes)
}

var idText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newID makes an opaque id of 80 random bits.
func (b *Book) newID(prefix string) (string, error) {
	raw := make([]byte, 10)
	if _, err := io.ReadFull(b.o.Rand, raw); err != nil {
		return "", fmt.Errorf("access: no randomness: %w", err)
	}
	return prefix + "-" + idText.EncodeToString(raw), nil
}

// spent is the one answer for a secret that is unknown, used, expired or somebody's who has gone.
func spent(key string) error {
	return errs.New(errs.Unauthenticated, "it is unknown, used up or has expired").WithKey(key)
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicro(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
