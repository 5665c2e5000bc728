package followup

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// A link is a right of its own: whoever has the letter may answer, without an account, for the
// one pledge and request that the link was made for, once. Only its hash is kept, so that the
// database alone answers nothing. Reading the page that a link leads to changes nothing.
type link struct {
	hash    string
	kind    linkKind
	pledge  string
	request string
	party   string
	person  string
	report  string // to confirm
	expires time.Time
	used    time.Time
	outcome string // the report that came of it; "" where the reader was the wrong person
}

type linkKind string

const (
	toReport  linkKind = "report"
	toConfirm linkKind = "confirm"
)

// tokenBytes of randomness are in a link; and how long one holds.
const (
	tokenBytes   = 25
	linkLifetime = 120 * 24 * time.Hour
)

// mint makes a link and gives the token that goes into the letter.
func (o *Office) mint(ctx context.Context, tx *db.Tx, l link) (token string, err error) {
	if token, err = o.random(tokenBytes); err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, `INSERT INTO followup_links (hash, kind, pledge, request, party, person, report, expires, used, outcome)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, '')`,
		hashOf(token), string(l.kind), l.pledge, l.request, l.party, l.person, l.report, tx.Now().Add(linkLifetime).UnixMicro())
	return token, err
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// find is the link of a token. What never was, and what was mistyped, are the same to a stranger.
// A writer locks the row, so that of two who use a link at once one waits for the other.
func (o *Office) find(ctx context.Context, tx *db.Tx, token, lock string) (l link, err error) {
	var expires, used int64
	err = tx.QueryRow(ctx, `SELECT hash, kind, pledge, request, party, person, report, expires, used, outcome FROM followup_links WHERE hash = $1`+lock, hashOf(token)).
		Scan(&l.hash, &l.kind, &l.pledge, &l.request, &l.party, &l.person, &l.report, &expires, &used, &l.outcome)
	if errors.Is(err, sql.ErrNoRows) {
		return l, errs.New(errs.NotFound, "there is no such link").WithKey("follow.link.unknown")
	}
	l.expires, l.used = moment(expires), moment(used)
	return l, err
}

// open refuses a link that no longer answers: one that expired, or whose request was answered by
// another letter, another contact or another way. Nor does the link of a contact who has left, or
// of a party that has.
func (o *Office) open(ctx context.Context, tx *db.Tx, l link, m matter, lock string) error {
	switch {
	case !tx.Now().Before(l.expires):
		return errs.New(errs.Gone, "the link has expired").WithKey("follow.link.expired")
	case m.life.Ended:
		return errs.New(errs.Conflict, "pledge %s has ended", l.pledge).WithKey("pledge.ended")
	}
	people, err := o.People.ContactsOf(ctx, tx, l.party, today(tx))
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(people, func(p access.Person) bool { return p.ID == l.person }) {
		return errs.New(errs.Gone, "%s speaks for %s no more", l.person, l.party).WithKey("follow.link.left")
	}
	if l.kind == toConfirm {
		return nil // the report says whether it still waits
	}
	if !m.names(l.party) {
		return errs.New(errs.Gone, "%s has left pledge %s", l.party, l.pledge).WithKey("follow.link.gone")
	}
	var state string
	var known int
	err = tx.QueryRow(ctx, `SELECT state, known FROM followup_requests WHERE pledge = $1 AND request = $2`+lock, l.pledge, l.request).Scan(&state, &known)
	switch {
	case err != nil:
		return err
	case state == requestPassed:
		return errs.New(errs.Gone, "a later letter took this one's place").WithKey("follow.link.passed")
	case state != requestOpen || len(m.reports) > known:
		return errs.New(errs.Gone, "the request was answered").WithKey("follow.link.answered")
	}
	return nil
}

// use opens the link of a letter of one kind for somebody who answers by it. Where it was used
// before, f is what that did, and there is nothing left to do.
func (o *Office) use(ctx context.Context, tx *db.Tx, token string, kind linkKind) (l link, m matter, f *Filed, err error) {
	if l, err = o.find(ctx, tx, token, tx.ForUpdate()); err != nil {
		return l, m, nil, err
	}
	if !l.used.IsZero() {
		did, err := o.outcome(ctx, tx, l)
		return l, m, &did, err
	}
	if l.kind != kind {
		return l, m, nil, errs.New(errs.NotFound, "the link is none of kind %q", kind).WithKey("follow.link.unknown")
	}
	if m, err = o.matter(ctx, tx, l.pledge); err != nil {
		return l, m, nil, err
	}
	return l, m, nil, o.open(ctx, tx, l, m, tx.ForUpdate())
}

func (o *Office) spend(ctx context.Context, tx *db.Tx, l link, outcome string) error {
	_, err := tx.Exec(ctx, `UPDATE followup_links SET used = $1, outcome = $2 WHERE hash = $3`, tx.Now().UnixMicro(), outcome, l.hash)
	return err
}

func moment(micro int64) time.Time {
	if micro == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micro).UTC()
}
