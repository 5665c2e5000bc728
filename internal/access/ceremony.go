package access

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"stocktake/internal/db"
)

// What is remembered between the two steps of a passkey, or while somebody is at a provider.
const (
	makingPasskey = "passkey_make"
	usingPasskey  = "passkey_use"
	atProvider    = "oidc"
)

// remember keeps the state of a ceremony; the secret that finds it again goes to the browser.
func (b *Book) remember(ctx context.Context, kind, person string, state any) (ceremony string, err error) {
	text, err := json.Marshal(state)
	if err != nil {
		return "", fmt.Errorf("access: remember a ceremony: %w", err)
	}
	ceremony, hash, err := b.secret()
	if err != nil {
		return "", err
	}
	err = b.o.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO access_ceremony (hash, person, kind, state, expires) VALUES ($1, $2, $3, $4, $5)`,
			hash, person, kind, string(text), micro(b.now().Add(ceremonyFor)))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("access: remember a ceremony: %w", err)
	}
	return ceremony, nil
}

// recall gives the state back and forgets it: whatever comes of it, a ceremony is good for one
// attempt.
func (b *Book) recall(ctx context.Context, kind, person, ceremony string, state any) error {
	if !wellFormed(ceremony) {
		return spent("access.start_again")
	}
	var text string
	err := b.o.DB.Write(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `DELETE FROM access_ceremony WHERE hash = $1 AND kind = $2 AND person = $3 AND expires > $4 RETURNING state`,
			hashOf(ceremony), kind, person, micro(b.now())).Scan(&text)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return spent("access.start_again")
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), state)
	}
	if err != nil {
		return fmt.Errorf("access: recall a ceremony: %w", err)
	}
	return nil
}
