package access

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

// Details are what a person says about themselves.
type Details struct {
	Name     string
	Language lang.Code
	TimeZone string
}

// Describe changes what is known about a person.
func (b *Book) Describe(ctx context.Context, by Person, person string, d Details) error {
	if err := Check(by, WritePerson, Subject{Person: person}, b.Today()); err != nil {
		return err
	}
	if err := errs.InvalidFields(checkDetails(d.Name, d.Language, d.TimeZone)...); err != nil {
		return err
	}
	return b.o.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE access_person SET name = $2, language = $3, time_zone = $4 WHERE id = $1 AND erased = 0`, person, d.Name, string(d.Language), d.TimeZone)
		if err != nil {
			return fmt.Errorf("access: describe %s: %w", person, err)
		}
		return b.record(ctx, tx, by.ID, WritePerson, "person:"+person)
	})
}

// Close ends an account: nobody signs in to it any more, its sessions, links, tokens and grants
// end. What it did stays.
func (b *Book) Close(ctx context.Context, by Person, person string) error {
	if err := Check(by, ClosePerson, Subject{Person: person}, b.Today()); err != nil {
		return err
	}
	return b.o.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := b.PersonByID(ctx, tx, person)
		if err != nil || p.Closed {
			return err
		}
		if err := b.close(ctx, tx, by, p); err != nil {
			return err
		}
		if err := b.record(ctx, tx, by.ID, ClosePerson, "person:"+person); err != nil {
			return err
		}
		return b.post(ctx, tx, p, letterClosed, nil)
	})
}

func (b *Book) close(ctx context.Context, tx *db.Tx, by, p Person) error {
	now := micro(b.now())
	for _, query := range []string{
		`UPDATE access_person SET closed = $2 WHERE id = $1 AND closed = 0`,
		`UPDATE access_session SET ended = $2 WHERE person = $1 AND ended = 0`,
		`UPDATE access_token SET ended = $2 WHERE person = $1 AND ended = 0`,
		`UPDATE access_link SET used = $2 WHERE person = $1 AND used = 0`,
	} {
		if _, err := tx.Exec(ctx, query, p.ID, now); err != nil {
			return fmt.Errorf("access: close %s: %w", p.ID, err)
		}
	}
	for _, g := range p.Grants {
		if today := b.Today(); g.Until == "" || g.Until >= today {
			what := DeprivePerson
			if g.Role == FocalPoint {
				what = DismissPerson
			}
			if err := b.endGrant(ctx, tx, by, p, g, "", what); err != nil {
				return err
			}
		}
	}
	return nil
}

// Bounced notes that letters to an address come back; ContactsOf then passes its person over,
// until they sign in by a mailed link again. An address that is nobody's is no error.
func (b *Book) Bounced(ctx context.Context, tx *db.Tx, email string) error {
	p, err := b.PersonByEmail(ctx, tx, email)
	switch {
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Invalid), err == nil && p.Unreachable:
		return nil
	case err != nil:
		return err
	}
	return b.setUnreachable(ctx, tx, p.ID, true)
}

func (b *Book) setUnreachable(ctx context.Context, tx *db.Tx, person string, v bool) error {
	at := int64(0)
	if v {
		at = micro(b.now())
	}
	if _, err := tx.Exec(ctx, `UPDATE access_person SET unreachable = $2 WHERE id = $1`, person, at); err != nil {
		return fmt.Errorf("access: reach %s: %w", person, err)
	}
	return nil
}

// Export is everything that is kept about a person, as JSON: what this room keeps, and under its
// name what each other room does.
func (b *Book) Export(ctx context.Context, by Person, person string) (out []byte, err error) {
	if err := Check(by, ExportPerson, Subject{Person: person}, b.Today()); err != nil {
		return nil, err
	}
	err = b.o.DB.Write(ctx, func(tx *db.Tx) error {
		all, err := b.personal(ctx, tx, person)
		if err != nil {
			return err
		}
		for name, read := range b.o.Personal {
			if all[name], err = read(ctx, tx, person); err != nil {
				return fmt.Errorf("access: export %s of %s: %w", name, person, err)
			}
		}
		if out, err = json.MarshalIndent(all, "", "  "); err != nil {
			return fmt.Errorf("access: export %s: %w", person, err)
		}
		return b.record(ctx, tx, by.ID, ExportPerson, "person:"+person)
	})
	return out, err
}

func (b *Book) personal(ctx context.Context, tx *db.Tx, person string) (map[string]any, error) {
	p, err := b.PersonByID(ctx, tx, person)
	if err != nil {
		return nil, err
	}
	all := map[string]any{
		"id": p.ID, "name": p.Name, "email": p.Email, "language": p.Language, "time_zone": p.TimeZone,
		"closed": p.Closed, "grants": p.Grants, "exported": b.now().Format(time.RFC3339),
	}
	for name, query := range map[string]string{
		"sessions":   `SELECT id, method, device, created, seen FROM access_session WHERE person = $1 ORDER BY created, id`,
		"links":      `SELECT '', kind, '', created, used FROM access_link WHERE person = $1 ORDER BY created, hash`,
		"passkeys":   `SELECT id, '', name, created, used FROM access_passkey WHERE person = $1 ORDER BY created, id`,
		"tokens":     `SELECT id, scopes, name, created, used FROM access_token WHERE person = $1 ORDER BY created, id`,
		"open":       `SELECT what, kind, '', since, until FROM access_opening WHERE person = $1 ORDER BY since, what`,
		"identities": `SELECT subject, issuer, '', created, created FROM access_identity WHERE person = $1 ORDER BY issuer, subject`,
	} {
		if all[name], err = things(ctx, tx, query, person); err != nil {
			return nil, fmt.Errorf("access: export %s of %s: %w", name, person, err)
		}
	}
	did, err := audited(ctx, tx, AuditFilter{Person: person, Limit: 100000})
	if err != nil {
		return nil, err
	}
	suffered, err := audited(ctx, tx, AuditFilter{Subject: "person:" + person, Limit: 100000})
	if err != nil {
		return nil, err
	}
	all["did"], all["done_to"] = did, suffered
	return all, nil
}

type thing struct {
	ID      string    `json:"id,omitempty"`
	Kind    string    `json:"kind,omitempty"`
	Name    string    `json:"name,omitempty"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used,omitzero"`
}

func things(ctx context.Context, tx *db.Tx, query, person string) ([]thing, error) {
	rows, err := tx.Query(ctx, query, person)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []thing{}
	for rows.Next() {
		var t thing
		var created, used int64
		if err := rows.Scan(&t.ID, &t.Kind, &t.Name, &created, &used); err != nil {
			return nil, err
		}
		t.Created, t.Used = fromMicro(created), fromMicro(used)
		all = append(all, t)
	}
	return all, rows.Err()
}

// Erase takes away what says who somebody is: name, address, devices, keys, identities. The
// account is closed; its id stays, so that what it did keeps its order. The register holds
// nothing of a person, and is not touched.
func (b *Book) Erase(ctx context.Context, by Person, person string) error {
	if err := Check(by, ErasePerson, Subject{Person: person}, b.Today()); err != nil {
		return err
	}
	err := b.o.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := b.PersonByID(ctx, tx, person)
		if err != nil {
			return err
		}
		if err := b.close(ctx, tx, by, p); err != nil {
			return err
		}
		for _, table := range []string{"access_address", "access_session", "access_link", "access_passkey", "access_password", "access_identity", "access_token", "access_ceremony", "access_opening"} {
			if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE person = $1`, person); err != nil {
				return fmt.Errorf("access: erase %s from %s: %w", person, table, err)
			}
		}
		for _, forget := range b.o.Forget { // while it is known under which name others may keep something
			if err := forget(ctx, tx, person); err != nil {
				return fmt.Errorf("access: erase what others keep of %s: %w", person, err)
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE access_person SET name = '', language = 'en', time_zone = '', erased = $2 WHERE id = $1`, person, micro(b.now())); err != nil {
			return fmt.Errorf("access: erase %s: %w", person, err)
		}
		return b.record(ctx, tx, by.ID, ErasePerson, "person:"+person)
	})
	if err != nil {
		return err
	}
	// The database's log forgets it with its next checkpoint at the latest; a reader may be in the
	// way of doing it at once.
	if err := b.o.DB.Scrub(ctx); !errs.Is(err, errs.Unavailable) {
		return err
	}
	return nil
}
