package access

import (
	"bufio"
	"context"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// Passwords are off unless the operator switches them on: a mailed link or a passkey leaves
// nothing to be reused elsewhere. Hashes are argon2id with the parameters that OWASP's cheat
// sheet gives for 46 MiB, written in the PHC string format.
const (
	argonTime    = 1
	argonMemory  = 46 << 10 // KiB
	argonThreads = 1
	argonKey     = 32
	argonSalt    = 16

	shortestPassword = 15 // NIST SP 800-63B-4, for a password that is the only factor
	longestPassword  = 128
	fewestCharacters = 6 // that differ
)

// hashing bounds how many passwords are hashed at the same moment, each in argonMemory.
var hashing = make(chan struct{}, 2)

func (b *Book) passwordsOn() error {
	if !b.o.Passwords {
		return errs.New(errs.NotFound, "passwords are switched off")
	}
	return nil
}

// HasPasswords reports whether people may sign in by a password.
func (b *Book) HasPasswords() bool { return b.o.Passwords }

// HasPassword reports whether somebody has a password.
func (b *Book) HasPassword(ctx context.Context, by Person) (has bool, err error) {
	err = b.o.DB.Read(ctx, func(tx *db.Tx) error {
		hash, err := passwordOf(ctx, tx, by.ID)
		has = hash != ""
		return err
	})
	return has && b.o.Passwords, err
}

func passwordOf(ctx context.Context, tx *db.Tx, person string) (hash string, err error) {
	err = tx.QueryRow(ctx, `SELECT hash FROM access_password WHERE person = $1`, person).Scan(&hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("access: find a password: %w", err)
	}
	return hash, nil
}

// SetPassword sets a password of one's own and ends all other sessions ("" keeps none); an empty
// password takes it away. Who has one already shows that they know it, to set another.
func (b *Book) SetPassword(ctx context.Context, by Person, current, password, keep string) error {
	if err := b.passwordsOn(); err != nil {
		return err
	}
	if err := Check(by, WritePassword, Subject{Person: by.ID}, b.Today()); err != nil {
		return err
	}
	var hash, before string
	if password != "" {
		err := b.o.DB.Read(ctx, func(tx *db.Tx) (err error) {
			before, err = passwordOf(ctx, tx, by.ID)
			return err
		})
		if err == nil && before != "" {
			err = matchPassword(ctx, current, before)
		}
		if err != nil {
			return err
		}
		if err := errs.InvalidFields(b.checkPassword(by, password)...); err != nil {
			return err
		}
		salt := make([]byte, argonSalt)
		if _, err := io.ReadFull(b.o.Rand, salt); err != nil {
			return fmt.Errorf("access: no randomness: %w", err)
		}
		if hash, err = hashPassword(ctx, password, salt); err != nil {
			return err
		}
	}
	return b.o.DB.Write(ctx, func(tx *db.Tx) error {
		if now, err := passwordOf(ctx, tx, by.ID); err != nil {
			return err
		} else if password != "" && now != before { // changed meanwhile
			return wrongCurrent()
		}
		if _, err := tx.Exec(ctx, `DELETE FROM access_password WHERE person = $1`, by.ID); err != nil {
			return fmt.Errorf("access: password of %s: %w", by.ID, err)
		}
		if hash != "" {
			if _, err := tx.Exec(ctx, `INSERT INTO access_password (person, hash, changed) VALUES ($1, $2, $3)`, by.ID, hash, micro(b.now())); err != nil {
				return fmt.Errorf("access: password of %s: %w", by.ID, err)
			}
		}
		if err := b.endSessions(ctx, tx, by.ID, `id <> $3`, keep); err != nil {
			return err
		}
		if err := b.record(ctx, tx, by.ID, WritePassword, "person:"+by.ID); err != nil {
			return err
		}
		return b.post(ctx, tx, by, letterSecurity, map[string]string{"Link": b.accountLink(by)})
	})
}

func wrongCurrent() error {
	return errs.InvalidFields(errs.Field{Field: "current", Message: "is not the current password"})
}

// matchPassword refuses a password that is not the one of which the hash is kept.
func matchPassword(ctx context.Context, password, stored string) error {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || len(password) > 4*longestPassword {
		return wrongCurrent()
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return fmt.Errorf("access: a password: %w", err)
	}
	hash, err := hashPassword(ctx, password, salt)
	if err == nil && subtle.ConstantTimeCompare([]byte(hash), []byte(stored)) != 1 {
		err = wrongCurrent()
	}
	return err
}

// obvious are words that no password here may contain, beside the names of the site and of its
// owner; docs/security.md lists them.
var obvious = []string{"stocktake", "pledge", "password", "secretariat", "focalpoint"}

// LoadPasswords reads a list of passwords that are known, one on a line, as lists of what was found
// in breaches have them; those too short to be chosen here are passed over.
func LoadPasswords(path string) (_ map[string]bool, err error) {
	defer errs.Wrap(&err, "access: the list of passwords %s", path)
	file, err := os.Open(path)
	if err != nil {
		return nil, errs.New(errs.Invalid, "%w", err).WithHint("name a file with a password on each line")
	}
	defer file.Close()
	known := map[string]bool{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if text := lines.Text(); utf8.ValidString(text) && utf8.RuneCountInString(text) >= shortestPassword {
			known[foldPassword(text)] = true
		}
	}
	return known, lines.Err()
}

// foldPassword is how a password is compared with those that are known: others write it in other
// letter cases.
func foldPassword(text string) string { return strings.ToLower(norm.NFC.String(text)) }

// repeats reports whether the text is one piece again and again.
func repeats(text string) bool {
	return len(text) > 1 && strings.Contains((text + text)[1:2*len(text)-1], text)
}

// checkPassword asks for length and for nothing that is known about the person or the site; no
// rules of which characters.
func (b *Book) checkPassword(p Person, password string) []errs.Field {
	wrong := func(message string) []errs.Field {
		return []errs.Field{{Field: "password", Message: message}}
	}
	n := utf8.RuneCountInString(password)
	if n < shortestPassword || n > longestPassword || !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl) {
		return wrong(fmt.Sprintf("must have %d to %d characters", shortestPassword, longestPassword))
	}
	folded := foldPassword(password)
	differ := map[rune]bool{}
	for _, r := range folded {
		differ[r] = true
	}
	if len(differ) < fewestCharacters {
		return wrong("must not be made of a few characters only")
	}
	if repeats(folded) {
		return wrong("must not be the same again and again")
	}
	if b.o.KnownPasswords[folded] {
		return wrong("access.password_known")
	}
	local, _, _ := strings.Cut(p.Email, "@")
	known := slices.Concat(obvious, strings.Fields(strings.ToLower(p.Name)), []string{local})
	if u, err := url.Parse(b.o.BaseURL); err == nil {
		known = append(known, strings.Split(strings.ToLower(u.Hostname()), ".")...)
	}
	for _, word := range known {
		if utf8.RuneCountInString(word) > 3 && strings.Contains(folded, word) {
			return wrong("must not contain your name, your address or a word of this site")
		}
	}
	return nil
}

// hashPassword hashes what was typed, however it was composed; as long as others are hashed, it
// waits for its turn.
func hashPassword(ctx context.Context, password string, salt []byte) (string, error) {
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	key := argon2.IDKey([]byte(norm.NFC.String(password)), salt, argonTime, argonMemory, argonThreads, argonKey)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// SignInByPassword signs in by address and password. It hashes once whoever it is, and has one
// answer for an unknown address, one without a password, and a wrong password.
func (b *Book) SignInByPassword(ctx context.Context, email, password string, device ...string) (s Session, p Person, err error) {
	if err := b.passwordsOn(); err != nil {
		return Session{}, Person{}, err
	}
	var id string
	refused := spent("access.password_refused")
	if len(password) > 4*longestPassword {
		return Session{}, Person{}, b.refusal(ctx, ByPassword, "", refused)
	}
	salt, stored := make([]byte, argonSalt), ""
	err = b.o.DB.Read(ctx, func(tx *db.Tx) error {
		id, stored = "", ""
		folded, err := foldEmail(email)
		if err != nil {
			folded = "" // which is nobody's
		}
		// The same two questions for everybody.
		if err := tx.QueryRow(ctx, `SELECT person FROM access_address WHERE address = $1`, folded).Scan(&id); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("access: find an address: %w", err)
		}
		if err := tx.QueryRow(ctx, `SELECT hash FROM access_password WHERE person = $1`, id).Scan(&stored); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("access: find a password: %w", err)
		}
		return nil
	})
	if err != nil {
		return Session{}, Person{}, err
	}
	if parts := strings.Split(stored, "$"); len(parts) == 6 {
		if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
			return Session{}, Person{}, fmt.Errorf("access: password of %s: %w", id, err)
		}
	}
	hash, err := hashPassword(ctx, password, salt)
	if err != nil {
		return Session{}, Person{}, err
	}
	if subtle.ConstantTimeCompare([]byte(hash), []byte(stored)) != 1 {
		return Session{}, Person{}, b.refusal(ctx, ByPassword, id, refused)
	}
	err = b.o.DB.Write(ctx, func(tx *db.Tx) (err error) {
		// Changed meanwhile: look again where it is decided.
		var now string
		if err := tx.QueryRow(ctx, `SELECT hash FROM access_password WHERE person = $1`, id).Scan(&now); err != nil || now != stored {
			return errors.Join(refused, err)
		}
		if p, err = b.PersonByID(ctx, tx, id); err != nil {
			return err
		}
		s, err = b.begin(ctx, tx, p, ByPassword, first(device))
		return err
	})
	if err != nil {
		return Session{}, Person{}, b.refusal(ctx, ByPassword, id, err)
	}
	return s, p, nil
}
