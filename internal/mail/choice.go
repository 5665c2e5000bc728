package mail

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

// Choice is whether a person wants a kind of letter.
type Choice struct {
	Person, Kind string
	Off          bool
}

// Kinds are the kinds of letter that a person may do without.
func (o *Office) Kinds() []string {
	kinds := slices.Collect(func(yield func(string) bool) {
		for _, kind := range o.Optional {
			if !yield(kind) {
				return
			}
		}
	})
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// OffPath is where a letter's link to want no more of them leads, without the language: the page
// at it asks, and a mail program posts to it directly (RFC 8058).
func OffPath(token string) string { return "/letters/" + token }

func (o *Office) offLink(code lang.Code, token string) string {
	return o.BaseURL + "/" + string(code) + OffPath(token)
}

// choice reads what a person chose, and makes the token of the letters' link where this is the
// first one.
func choice(ctx context.Context, tx *db.Tx, person, kind string) (token string, off bool, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO mail_choices (person, kind, token, off, changed) VALUES ($1, $2, $3, 0, $4)
		ON CONFLICT (person, kind) DO UPDATE SET off = mail_choices.off RETURNING token, off`,
		person, kind, rand.Text(), tx.Now().UnixMicro()).Scan(&token, &off)
	if err != nil {
		return "", false, fmt.Errorf("choice: %w", err)
	}
	return token, off, nil
}

// Choices are what a person chose, for every kind.
func (o *Office) Choices(ctx context.Context, tx *db.Tx, person string) ([]Choice, error) {
	all := []Choice{}
	for _, kind := range o.Kinds() {
		c := Choice{Person: person, Kind: kind}
		err := tx.QueryRow(ctx, `SELECT off FROM mail_choices WHERE person = $1 AND kind = $2`, person, kind).Scan(&c.Off)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("mail: choices: %w", err)
		}
		all = append(all, c)
	}
	return all, nil
}

// Choose records what a person wants.
func (o *Office) Choose(ctx context.Context, tx *db.Tx, c Choice) error {
	if !slices.Contains(o.Kinds(), c.Kind) {
		return errs.New(errs.Invalid, "mail: nobody can do without letters of kind %q", c.Kind)
	}
	if _, _, err := choice(ctx, tx, c.Person, c.Kind); err != nil {
		return err
	}
	off := 0
	if c.Off {
		off = 1
	}
	_, err := tx.Exec(ctx, `UPDATE mail_choices SET off = $3, changed = $4 WHERE person = $1 AND kind = $2`, c.Person, c.Kind, off, tx.Now().UnixMicro())
	return err
}

// ChoiceOf is the choice that a letter's link speaks of.
func (o *Office) ChoiceOf(ctx context.Context, tx *db.Tx, token string) (c Choice, err error) {
	err = tx.QueryRow(ctx, `SELECT person, kind, off FROM mail_choices WHERE token = $1`, token).Scan(&c.Person, &c.Kind, &c.Off)
	if errors.Is(err, sql.ErrNoRows) {
		return Choice{}, errs.New(errs.NotFound, "mail: no such link")
	}
	return c, err
}
