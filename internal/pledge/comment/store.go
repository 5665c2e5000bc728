package comment

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/pledge"
)

const columns = `id, kind, pledge, party, person, state, version, created, changed, screened, reason, number, entry, doc`

func scanCase(scan func(...any) error) (c Case, err error) {
	var created, changed int64
	var doc string
	err = scan(&c.ID, &c.Kind, &c.Pledge, &c.Party, &c.Person, &c.State, &c.Version, &created, &changed, &c.Screened, &c.Reason, &c.Number, &c.Entry, &doc)
	if err != nil {
		return c, err
	}
	c.Created, c.Changed = time.UnixMicro(created).UTC(), time.UnixMicro(changed).UTC()
	if c.Kind == pledge.AssessmentKind {
		return c, json.Unmarshal([]byte(doc), &c.Assessment)
	}
	return c, json.Unmarshal([]byte(doc), &c.Comment)
}

func find(ctx context.Context, tx *db.Tx, id, lock string) (c Case, err error) {
	c, err = scanCase(tx.QueryRow(ctx, `SELECT `+columns+` FROM voice_cases WHERE id = $1`+lock, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return c, errs.New(errs.NotFound, "there is no case %q", id)
	}
	return c, err
}

func list(ctx context.Context, tx *db.Tx, where string, args ...any) (all []Case, err error) {
	rows, err := tx.Query(ctx, `SELECT `+columns+` FROM voice_cases `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		c, err := scanCase(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

// put writes a case; a new one gets its id.
func (o *Office) put(ctx context.Context, tx *db.Tx, c *Case) (err error) {
	if c.ID == "" {
		from := o.Rand
		if from == nil {
			from = rand.Reader
		}
		b := make([]byte, 10)
		if _, err := io.ReadFull(from, b); err != nil {
			return fmt.Errorf("random: %w", err)
		}
		c.ID, c.Created, c.Entry = strings.ToLower(base32.StdEncoding.EncodeToString(b)), tx.Now(), -1
	}
	var doc []byte
	if c.Kind == pledge.AssessmentKind {
		doc, err = json.Marshal(c.Assessment)
	} else {
		doc, err = json.Marshal(c.Comment)
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO voice_cases (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (id) DO UPDATE SET party = excluded.party, state = excluded.state, version = excluded.version, changed = excluded.changed,
			screened = excluded.screened, reason = excluded.reason, number = excluded.number, entry = excluded.entry, doc = excluded.doc`,
		c.ID, c.Kind, c.Pledge, c.Party, c.Person, string(c.State), c.Version, c.Created.UnixMicro(), c.Changed.UnixMicro(), c.Screened, string(c.Reason), c.Number, c.Entry, string(doc))
	return err
}

// act changes a case that is in one of the states, if the person may and nobody was faster.
func (o *Office) act(ctx context.Context, by access.Person, a access.Action, id string, ifVersion int, from []State, do func(*db.Tx, matter, *Case) error) (c Case, err error) {
	err = o.DB.Write(ctx, func(tx *db.Tx) error {
		if c, err = find(ctx, tx, id, tx.ForUpdate()); err != nil {
			return err
		}
		m, err := o.matter(ctx, tx, c.Pledge)
		if err != nil {
			return err
		}
		if err := o.Mandated(c.Kind); err != nil {
			return err
		}
		if c.State == Draft && c.Person != by.ID {
			return errs.New(errs.NotFound, "the draft %q is somebody else's", id)
		}
		if err := access.Check(by, a, m.subject(by, today(tx)), today(tx)); err != nil {
			return err
		}
		if c.Version != ifVersion {
			return errs.New(errs.Conflict, "%s is at version %d by now, not %d", id, c.Version, ifVersion).WithKey("work.changed_meanwhile")
		}
		if !slices.Contains(from, c.State) {
			return errs.New(errs.Conflict, "%s is %s", id, c.State).WithKey("voice.moved")
		}
		c.Version++
		c.Changed = tx.Now()
		return do(tx, m, &c)
	})
	return c, err
}

// OfPerson is what is held about a person here, for them to take along: their comments.
func (o *Office) OfPerson(ctx context.Context, tx *db.Tx, person string) (any, error) {
	all, err := list(ctx, tx, `WHERE person = $1 AND kind = $2 ORDER BY created, id`, person, pledge.CommentKind)
	comments := []map[string]string{} // so that none is an empty list
	for _, c := range all {
		comments = append(comments, map[string]string{"pledge": c.Pledge, "state": string(c.State), "contests": c.Comment.Contests, "text": c.Comment.Text})
	}
	return map[string]any{"comments": comments}, err
}

// ErasePerson takes away what they had not handed in; what they had is their party's.
func (o *Office) ErasePerson(ctx context.Context, tx *db.Tx, person string) error {
	_, err := tx.Exec(ctx, `UPDATE voice_cases SET doc = '{}' WHERE person = $1 AND state = $2`, person, string(Draft))
	return err
}
