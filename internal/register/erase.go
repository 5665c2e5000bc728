package register

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// Erasure withholds the payload of one entry: by order of a court, for somebody's safety, or
// since personal data got in by mistake. Two offices do it together.
type Erasure struct {
	Position int64     `json:"position"`
	Ground   string    `json:"ground"` // public: why, without what
	By       [2]string `json:"by"`     // two different offices
	On       string    `json:"on"`     // the day it was decided; "" = today (UTC)
}

type erasurePayload struct {
	Schema int `json:"schema"`
	Erasure
}

func erasureSubject(position int64) string {
	return ErasureKind + ":" + strconv.FormatInt(position, 10)
}

// Erase publishes an erasure and deletes salt and payload of the entry in the same transaction.
// The header stays, and with it the tree: verification says "withheld". What was deleted is in
// older backups and exports still, and on SQLite in the write-ahead log until db.Scrub.
func (l *Log) Erase(ctx context.Context, tx *db.Tx, x Erasure) (Entry, error) {
	e, err := l.erase(ctx, tx, x)
	if err != nil {
		return Entry{}, fmt.Errorf("register: erase position %d: %w", x.Position, err)
	}
	return e, nil
}

func (l *Log) erase(ctx context.Context, tx *db.Tx, x Erasure) (Entry, error) {
	if x.On == "" {
		x.On = tx.Now().Format(effectiveForm)
	}
	if err := x.check(tx.Now().Format(effectiveForm)); err != nil {
		return Entry{}, err
	}
	b, err := l.begin(ctx, tx)
	if err != nil {
		return Entry{}, err
	}
	if err := b.lockForAppend(); err != nil {
		return Entry{}, err
	}
	target, err := readEntry(ctx, tx, x.Position)
	if err != nil {
		return Entry{}, err
	}
	switch target.Header.Kind {
	case ErasureKind, KeyKind, OriginKind:
		return Entry{}, invalid("an entry of kind %s is about the register itself and stays", target.Header.Kind)
	}
	if target.Withheld() {
		return Entry{}, errs.New(errs.Conflict, "it was withheld already, by the entry at position %d", target.WithheldBy)
	}
	payload, err := Canonical(erasurePayload{1, x})
	if err != nil {
		return Entry{}, err
	}
	e, err := b.draft(Draft{Actor: x.By[0], Kind: ErasureKind, Subject: erasureSubject(x.Position), Payload: payload})
	if err != nil {
		return Entry{}, err
	}
	if err := b.withhold(x.Position, e.Header.Position); err != nil {
		return Entry{}, err
	}
	return e, b.finish(b.signer, nil)
}

func (x Erasure) check(today string) error {
	var f []errs.Field
	if x.Ground == "" || len(x.Ground) > 2000 {
		f = append(f, errs.Field{Field: "ground", Message: "want why, in at most 2,000 bytes"})
	}
	if !isName(x.By[0]) || !isName(x.By[1]) || x.By[0] == x.By[1] {
		f = append(f, errs.Field{Field: "by", Value: x.By[0] + ", " + x.By[1], Message: "want two different offices"})
	}
	if err := checkDay(x.On); err != nil || x.On > today {
		f = append(f, errs.Field{Field: "on", Value: x.On, Message: "want a day as YYYY-MM-DD, not later than today"})
	}
	return errs.InvalidFields(f...)
}

// withhold deletes what the database holds of a payload and notes by which entry.
func (b *batch) withhold(position, by int64) error {
	if err := b.flush(); err != nil {
		return err
	}
	if _, err := b.tx.Exec(b.ctx, `DELETE FROM register_payload WHERE position = $1`, position); err != nil {
		return fmt.Errorf("delete the payload: %w", err)
	}
	if _, err := b.tx.Exec(b.ctx, `INSERT INTO register_withheld (position, erasure) VALUES ($1, $2)`, position, by); err != nil {
		return fmt.Errorf("note what is withheld: %w", err)
	}
	return nil
}

// erasureOf reads an erasure entry and checks that it says what its subject says.
func erasureOf(e Entry) (Erasure, error) {
	var p erasurePayload
	if e.Withheld() {
		return Erasure{}, invalid("the payload of an erasure cannot be withheld")
	}
	if err := json.Unmarshal(e.Payload, &p); err != nil {
		return Erasure{}, invalid("erasure: %w", err)
	}
	if e.Header.Subject != erasureSubject(p.Position) || p.Position < 0 || p.Position >= e.Header.Position {
		return Erasure{}, invalid("erasure: %s is not about position %d", e.Header.Subject, p.Position)
	}
	if e.Header.Version != 1 {
		return Erasure{}, invalid("erasure: position %d was withheld before", p.Position)
	}
	if err := p.check(e.Header.Recorded[:len(effectiveForm)]); err != nil {
		return Erasure{}, err
	}
	return p.Erasure, nil
}

// Erasure is what an erasure entry says.
func (e Entry) Erasure() (Erasure, error) {
	if e.Header.Kind != ErasureKind {
		return Erasure{}, invalid("entry %d (%s) is no erasure", e.Header.Position, e.Header.Subject)
	}
	return erasureOf(e)
}

// Erases is the position of the entry whose payload this erasure withholds. What is applied to
// tables and indexes on the way goes by it; that two offices made it was checked at its append.
func (e Entry) Erases() (int64, error) {
	position, err := strconv.ParseInt(strings.TrimPrefix(e.Header.Subject, ErasureKind+":"), 10, 64)
	if err != nil || e.Header.Kind != ErasureKind {
		return 0, invalid("entry %d (%s) is no erasure", e.Header.Position, e.Header.Subject)
	}
	return position, nil
}

// withheldBy reports by which entry the database says a position is withheld; -1 = not.
func (b *batch) withheldBy(position int64) (int64, error) {
	var by int64
	err := b.tx.QueryRow(b.ctx, `SELECT erasure FROM register_withheld WHERE position = $1`, position).Scan(&by)
	if errors.Is(err, sql.ErrNoRows) {
		return -1, nil
	}
	if err != nil {
		return 0, fmt.Errorf("what is withheld: %w", err)
	}
	return by, nil
}
