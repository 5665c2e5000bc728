package access

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// Passkey is a key of a person on a device, or in a password manager.
type Passkey struct {
	ID      string
	Name    string
	Created time.Time
	Used    time.Time // zero: never
}

const mostPasskeys = 20 // of one person

// newRelyingParty is the site as authenticators know it; nil where there can be none: browsers
// want a name, and https unless it is localhost.
func newRelyingParty(base string) *webauthn.WebAuthn {
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Hostname() != "localhost" {
		return nil
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return nil
	}
	w, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: u.Hostname(), RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil
	}
	return w
}

// HasPasskeys reports whether the site's address allows passkeys.
func (b *Book) HasPasskeys() bool { return b.party != nil }

func (b *Book) relyingParty() (*webauthn.WebAuthn, error) {
	if b.party == nil {
		return nil, errs.New(errs.NotFound, "passkeys need a site with a name").WithHint("set --base-url to its https address")
	}
	return b.party, nil
}

// holderOf is a person as the library wants one. The handle is the opaque id.
type holderOf struct {
	person Person
	keys   []webauthn.Credential
}

func (h holderOf) WebAuthnID() []byte                         { return []byte(h.person.ID) }
func (h holderOf) WebAuthnName() string                       { return h.person.Email }
func (h holderOf) WebAuthnDisplayName() string                { return h.person.Name }
func (h holderOf) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func (b *Book) holding(ctx context.Context, tx *db.Tx, p Person) (h holderOf, err error) {
	h.person = p
	rows, err := tx.Query(ctx, `SELECT credential FROM access_passkey WHERE person = $1 ORDER BY created, id`, p.ID)
	if err != nil {
		return h, fmt.Errorf("access: passkeys of %s: %w", p.ID, err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		var key webauthn.Credential
		if err := rows.Scan(&text); err != nil {
			return h, fmt.Errorf("access: passkeys of %s: %w", p.ID, err)
		}
		if err := json.Unmarshal([]byte(text), &key); err != nil {
			return h, fmt.Errorf("access: passkeys of %s: %w", p.ID, err)
		}
		h.keys = append(h.keys, key)
	}
	return h, rows.Err()
}

func refusedPasskey(err error) error {
	return errs.New(errs.Unauthenticated, "the passkey was refused: %w", err).WithKey("access.passkey_refused")
}

// BeginPasskey starts to make a passkey for oneself: options are for
// navigator.credentials.create, as JSON; ceremony comes back with the answer.
func (b *Book) BeginPasskey(ctx context.Context, by Person) (ceremony string, options []byte, err error) {
	party, err := b.relyingParty()
	if err != nil {
		return "", nil, err
	}
	if err := Check(by, WritePasskey, Subject{Person: by.ID}, b.Today()); err != nil {
		return "", nil, err
	}
	var h holderOf
	err = b.o.DB.Read(ctx, func(tx *db.Tx) (err error) {
		h, err = b.holding(ctx, tx, by)
		return err
	})
	if err != nil {
		return "", nil, err
	}
	if err := mayChangeKeys(by, len(h.keys)); err != nil {
		return "", nil, err
	}
	if len(h.keys) >= mostPasskeys {
		return "", nil, errs.New(errs.Conflict, "%s has %d passkeys", by.ID, len(h.keys)).WithKey("access.too_many_passkeys")
	}
	creation, state, err := party.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.keys).CredentialDescriptors()))
	if err != nil {
		return "", nil, fmt.Errorf("access: begin a passkey of %s: %w", by.ID, err)
	}
	if options, err = json.Marshal(creation); err != nil {
		return "", nil, fmt.Errorf("access: begin a passkey of %s: %w", by.ID, err)
	}
	ceremony, err = b.remember(ctx, makingPasskey, by.ID, state)
	return ceremony, options, err
}

// FinishPasskey takes what the browser made, and keeps it under a name.
func (b *Book) FinishPasskey(ctx context.Context, by Person, ceremony, name string, response []byte) (k Passkey, err error) {
	party, err := b.relyingParty()
	if err != nil {
		return Passkey{}, err
	}
	if err := Check(by, WritePasskey, Subject{Person: by.ID}, b.Today()); err != nil {
		return Passkey{}, err
	}
	if name = strings.TrimSpace(name); utf8.RuneCountInString(name) > longestName || !utf8.ValidString(name) {
		return Passkey{}, errs.InvalidFields(errs.Field{Field: "name", Message: fmt.Sprintf("must be one line of at most %d characters", longestName)})
	}
	var state webauthn.SessionData
	if err := b.recall(ctx, makingPasskey, by.ID, ceremony, &state); err != nil {
		return Passkey{}, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return Passkey{}, refusedPasskey(err)
	}
	err = b.o.DB.Write(ctx, func(tx *db.Tx) error {
		h, err := b.holding(ctx, tx, by)
		if err == nil {
			err = mayChangeKeys(by, len(h.keys))
		}
		if err != nil {
			return err
		}
		key, err := party.CreateCredential(h, state, parsed)
		if err != nil {
			return refusedPasskey(err)
		}
		text, err := json.Marshal(key)
		if err != nil {
			return fmt.Errorf("access: keep a passkey of %s: %w", by.ID, err)
		}
		k = Passkey{ID: passkeyID(key.ID), Name: name, Created: b.now()}
		_, err = tx.Exec(ctx, `INSERT INTO access_passkey (id, person, name, credential, created, used) VALUES ($1, $2, $3, $4, $5, 0)`, k.ID, by.ID, name, string(text), micro(k.Created))
		if db.IsUnique(err) {
			return errs.New(errs.Conflict, "the passkey is known already").WithKey("access.passkey_known")
		}
		if err != nil {
			return fmt.Errorf("access: keep a passkey of %s: %w", by.ID, err)
		}
		if err := b.record(ctx, tx, by.ID, WritePasskey, "person:"+by.ID); err != nil {
			return err
		}
		return b.post(ctx, tx, by, letterSecurity, map[string]string{"Link": b.accountLink(by)})
	})
	if err != nil {
		return Passkey{}, err
	}
	return k, nil
}

func passkeyID(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// BeginSignIn starts to sign in with a passkey; nobody says who they are, so that the answer
// tells nothing about anybody. options are for navigator.credentials.get.
func (b *Book) BeginSignIn(ctx context.Context) (ceremony string, options []byte, err error) {
	party, err := b.relyingParty()
	if err != nil {
		return "", nil, err
	}
	assertion, state, err := party.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err == nil {
		options, err = json.Marshal(assertion)
	}
	if err != nil {
		return "", nil, fmt.Errorf("access: begin to sign in with a passkey: %w", err)
	}
	ceremony, err = b.remember(ctx, usingPasskey, "", state)
	return ceremony, options, err
}

// FinishSignIn takes the browser's answer and signs in whose passkey it is.
func (b *Book) FinishSignIn(ctx context.Context, ceremony string, response []byte, device ...string) (s Session, p Person, err error) {
	party, err := b.relyingParty()
	if err != nil {
		return Session{}, Person{}, err
	}
	var state webauthn.SessionData
	if err := b.recall(ctx, usingPasskey, "", ceremony, &state); err != nil {
		return Session{}, Person{}, b.refusal(ctx, ByPasskey, "", err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return Session{}, Person{}, b.refusal(ctx, ByPasskey, "", refusedPasskey(err))
	}
	err = b.o.DB.Write(ctx, func(tx *db.Tx) error {
		find := func(raw, handle []byte) (webauthn.User, error) {
			var owner string
			err := tx.QueryRow(ctx, `SELECT person FROM access_passkey WHERE id = $1`, passkeyID(raw)).Scan(&owner)
			if errors.Is(err, sql.ErrNoRows) || err == nil && !bytes.Equal([]byte(owner), handle) {
				return nil, spent("access.passkey_refused")
			}
			if err != nil {
				return nil, err
			}
			if p, err = b.PersonByID(ctx, tx, owner); err != nil {
				return nil, err
			}
			return b.holding(ctx, tx, p)
		}
		_, key, err := party.ValidatePasskeyLogin(find, state, parsed)
		if err != nil {
			return refusedPasskey(err)
		}
		if key.Authenticator.CloneWarning {
			return refusedPasskey(errors.New("its counter went back: it may be a copy"))
		}
		text, err := json.Marshal(key)
		if err != nil {
			return fmt.Errorf("access: use a passkey of %s: %w", p.ID, err)
		}
		if _, err := tx.Exec(ctx, `UPDATE access_passkey SET credential = $2, used = $3 WHERE id = $1`, passkeyID(key.ID), string(text), micro(b.now())); err != nil {
			return fmt.Errorf("access: use a passkey of %s: %w", p.ID, err)
		}
		s, err = b.begin(ctx, tx, p, ByPasskey, first(device))
		return err
	})
	if err != nil {
		return Session{}, Person{}, b.refusal(ctx, ByPasskey, p.ID, err)
	}
	return s, p, nil
}

// Passkeys lists the passkeys of a person, for whoever may see the sessions.
func (b *Book) Passkeys(ctx context.Context, by Person, person string) (keys []Passkey, err error) {
	if err := Check(by, ReadSessions, Subject{Person: person}, b.Today()); err != nil {
		return nil, err
	}
	err = b.o.DB.Read(ctx, func(tx *db.Tx) error {
		all, err := things(ctx, tx, `SELECT id, '', name, created, used FROM access_passkey WHERE person = $1 ORDER BY created, id`, person)
		if err != nil {
			return fmt.Errorf("access: passkeys of %s: %w", person, err)
		}
		keys = slices.Collect(func(yield func(Passkey) bool) {
			for _, t := range all {
				if !yield(Passkey{t.ID, t.Name, t.Created, t.Used}) {
					return
				}
			}
		})
		return nil
	})
	return keys, err
}

// DropPasskey makes a passkey of one's own useless.
func (b *Book) DropPasskey(ctx context.Context, by Person, id string) error {
	if err := Check(by, WritePasskey, Subject{Person: by.ID}, b.Today()); err != nil {
		return err
	}
	if err := mayChangeKeys(by, 1); err != nil {
		return err
	}
	return b.o.DB.Write(ctx, func(tx *db.Tx) error {
		res, err := tx.Exec(ctx, `DELETE FROM access_passkey WHERE id = $1 AND person = $2`, id, by.ID)
		if err != nil {
			return fmt.Errorf("access: drop a passkey of %s: %w", by.ID, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(errs.New(errs.NotFound, "no such passkey of %s", by.ID), err)
		}
		if err := b.record(ctx, tx, by.ID, WritePasskey, "person:"+by.ID); err != nil {
			return err
		}
		return b.post(ctx, tx, by, letterSecurity, map[string]string{"Link": b.accountLink(by)})
	})
}
