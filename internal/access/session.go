package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"stocktake/internal/db"
)

// Method is how somebody signed in.
type Method string

const (
	ByLink     Method = "link"
	ByPasskey  Method = "passkey"
	ByProvider Method = "oidc"
	ByPassword Method = "password"
)

// Session is somebody who has signed in on one device.
type Session struct {
	ID      string
	Person  string
	Method  Method
	Device  string    // "Firefox, Windows"
	Created time.Time // when they signed in
	Seen    time.Time // last use, to the minute
	Expires time.Time // when it ends if nobody uses it any more
	Cookie  string    // the secret; only in the answer to signing in
}

// Fresh reports whether signing in was so short ago that a delicate act need not ask for it
// again: adding a passkey, making a token, erasing an account.
func (s Session) Fresh(now time.Time) bool { return now.Sub(s.Created) < freshFor }

// begin makes a session in the transaction that proved who it is.
func (b *Book) begin(ctx context.Context, tx *db.Tx, p Person, how Method, device string) (s Session, err error) {
	if p.Closed {
		return Session{}, spent("access.account_closed")
	}
	now := b.now()
	s = Session{Person: p.ID, Method: how, Device: DeviceOf(device), Created: now, Seen: now}
	var hash string
	if s.Cookie, hash, err = b.secret(); err != nil {
		return Session{}, err
	}
	if s.ID, err = b.newID("ses"); err != nil {
		return Session{}, err
	}
	end := now.Add(b.o.Absolute)
	s.Expires = b.ends(now, end)
	known, err := b.knownDevice(ctx, tx, p.ID, s.Device)
	if err != nil {
		return Session{}, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO access_session (hash, id, person, method, device, created, seen, expires, ended) VALUES ($1, $2, $3, $4, $5, $6, $6, $7, 0)`,
		hash, s.ID, p.ID, string(how), s.Device, micro(now), micro(end))
	if err != nil {
		return Session{}, fmt.Errorf("access: begin a session of %s: %w", p.ID, err)
	}
	// Somebody who signs in by a mailed link has just proved that they read the mail.
	if how != ByLink && !known {
		if err := b.post(ctx, tx, p, letterNewSession, map[string]string{"Device": s.Device, "Link": b.accountLink(p)}); err != nil {
			return Session{}, err
		}
	}
	return s, b.record(ctx, tx, p.ID, SignedIn, "person:"+p.ID)
}

func (b *Book) knownDevice(ctx context.Context, tx *db.Tx, person, device string) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM access_session WHERE person = $1 AND device = $2`, person, device).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("access: devices of %s: %w", person, err)
	}
	return n > 0, nil
}

// ends is when a session last used at seen ends.
func (b *Book) ends(seen, absolute time.Time) time.Time {
	if idle := seen.Add(b.o.Idle); idle.Before(absolute) {
		return idle
	}
	return absolute
}

const sessionColumns = `id, person, method, device, created, seen, expires`

func (b *Book) scanSession(row func(...any) error) (s Session, err error) {
	var created, seen, end int64
	err = row(&s.ID, &s.Person, &s.Method, &s.Device, &created, &seen, &end)
	s.Created, s.Seen = fromMicro(created), fromMicro(seen)
	s.Expires = b.ends(s.Seen, fromMicro(end))
	return s, err
}

// Session finds whose cookie it is. Unauthenticated is the answer to one that is unknown, has
// expired or was ended. Its use is written down at most once a minute.
func (b *Book) Session(ctx context.Context, cookie string) (s Session, p Person, err error) {
	if !wellFormed(cookie) {
		return Session{}, Person{}, spent("access.sign_in_first")
	}
	hash, now := hashOf(cookie), b.now()
	var found []Person
	err = b.o.DB.Ask(ctx, func(rows *sql.Rows) error {
		s, err = b.scanSession(func(session ...any) (err error) {
			found, err = readHeld(rows, session...)
			return err
		})
		return err
	}, `SELECT s.id, s.person, s.method, s.device, s.created, s.seen, s.expires, `+heldColumns+`
		FROM access_session s JOIN access_person p ON p.id = s.person`+andGrants+`
		WHERE s.hash = $1 AND s.ended = 0 ORDER BY `+theirGrants, hash)
	switch {
	case err != nil:
		return Session{}, Person{}, fmt.Errorf("access: find a session: %w", err)
	case len(found) == 0:
		return Session{}, Person{}, spent("access.sign_in_first")
	case !now.Before(s.Expires):
		return Session{}, Person{}, spent("access.session_over")
	case found[0].Closed:
		return Session{}, Person{}, spent("access.account_closed")
	}
	p = found[0]
	b.holdBack(&p, s.Method)
	if now.Sub(s.Seen) < touchEvery {
		return s, p, nil
	}
	err = b.o.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE access_session SET seen = $2 WHERE hash = $1 AND seen < $2 AND ended = 0`, hash, micro(now))
		return err
	})
	if err != nil {
		return Session{}, Person{}, fmt.Errorf("access: touch session %s: %w", s.ID, err)
	}
	s.Expires, s.Seen = b.ends(now, s.Created.Add(b.o.Absolute)), now
	return s, p, nil
}

// Sessions lists the open sessions of a person, the latest used first.
func (b *Book) Sessions(ctx context.Context, by Person, person string) (open []Session, err error) {
	if err := Check(by, ReadSessions, Subject{Person: person}, b.Today()); err != nil {
		return nil, err
	}
	now := b.now()
	err = b.o.DB.Read(ctx, func(tx *db.Tx) error {
		open = nil
		rows, err := tx.Query(ctx, `SELECT `+sessionColumns+` FROM access_session WHERE person = $1 AND ended = 0 AND expires > $2 AND seen > $3 ORDER BY seen DESC, id`,
			person, micro(now), micro(now.Add(-b.o.Idle)))
		if err != nil {
			return fmt.Errorf("access: sessions of %s: %w", person, err)
		}
		defer rows.Close()
		for rows.Next() {
			s, err := b.scanSession(rows.Scan)
			if err != nil {
				return fmt.Errorf("access: sessions of %s: %w", person, err)
			}
			open = append(open, s)
		}
		return rows.Err()
	})
	return open, err
}

// SignOut ends the session of a cookie. One that has ended already, or never was, is no error.
func (b *Book) SignOut(ctx context.Context, cookie string) error {
	if !wellFormed(cookie) {
		return nil
	}
	return b.o.DB.Write(ctx, func(tx *db.Tx) error {
		var person string
		err := tx.QueryRow(ctx, `UPDATE access_session SET ended = $2 WHERE hash = $1 AND ended = 0 RETURNING person`, hashOf(cookie), micro(b.now())).Scan(&person)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("access: sign out: %w", err)
		}
		return b.record(ctx, tx, person, SignedOut, "person:"+person)
	})
}

// Revoke ends one session of a person, by its id.
func (b *Book) Revoke(ctx context.Context, by Person, person, session string) error {
	return b.revoke(ctx, by, person, `id = $3`, session)
}

// RevokeAll ends all sessions of a person but the one to keep ("" keeps none).
func (b *Book) RevokeAll(ctx context.Context, by Person, person, keep string) error {
	return b.revoke(ctx, by, person, `id <> $3`, keep)
}

func (b *Book) revoke(ctx context.Context, by Person, person, which, session string) error {
	if err := Check(by, EndSession, Subject{Person: person}, b.Today()); err != nil {
		return err
	}
	return b.o.DB.Write(ctx, func(tx *db.Tx) error {
		if err := b.endSessions(ctx, tx, person, which, session); err != nil {
			return err
		}
		return b.record(ctx, tx, by.ID, EndSession, "person:"+person)
	})
}

func (b *Book) endSessions(ctx context.Context, tx *db.Tx, person, which, session string) error {
	_, err := tx.Exec(ctx, `UPDATE access_session SET ended = $2 WHERE person = $1 AND ended = 0 AND `+which, person, micro(b.now()), session)
	if err != nil {
		return fmt.Errorf("access: end sessions of %s: %w", person, err)
	}
	return nil
}

// DeviceOf makes of a User-Agent header what helps somebody to recognise a device, and nothing
// by which to follow it: "Firefox, Windows".
func DeviceOf(userAgent string) string {
	find := func(words [][2]string) string {
		for _, w := range words {
			if strings.Contains(userAgent, w[0]) {
				return w[1]
			}
		}
		return ""
	}
	browser := find([][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS", "Firefox"},
		{"Chrome/", "Chrome"}, {"CriOS", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}})
	system := find([][2]string{{"Android", "Android"}, {"iPhone", "iOS"}, {"iPad", "iPadOS"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}})
	switch {
	case browser != "" && system != "":
		return browser + ", " + system
	case browser != "":
		return browser
	}
	return system
}

// keepRefusals is how long the audit keeps attempts to sign in that were refused: anybody can make
// many of them. What was done stays.
const keepRefusals = 90 * 24 * time.Hour

// Sweep removes what has expired: links, ceremonies and sessions long over, addresses that
// somebody typed, marks of what was open, old refusals. A job runs it once a day.
func (b *Book) Sweep(ctx context.Context) error {
	now := b.now()
	return b.o.DB.Write(ctx, func(tx *db.Tx) error {
		for query, before := range map[string]time.Time{
			`DELETE FROM access_link WHERE expires < $1`:     now.Add(-24 * time.Hour),
			`DELETE FROM access_ceremony WHERE expires < $1`: now,
			`DELETE FROM access_asked WHERE created < $1`:    now.Add(-time.Hour),
			`DELETE FROM access_session WHERE expires < $1`:  now.Add(-30 * 24 * time.Hour),
			`DELETE FROM access_opening WHERE until < $1`:    now,
		} {
			if _, err := tx.Exec(ctx, query, micro(before)); err != nil {
				return fmt.Errorf("access: sweep: %w", err)
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM access_audit WHERE action LIKE $1 AND at < $2`, string(refused)+"%", micro(now.Add(-keepRefusals))); err != nil {
			return fmt.Errorf("access: sweep: %w", err)
		}
		return nil
	})
}
