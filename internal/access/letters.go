package access

import (
	"cmp"
	"context"
	"embed"
	"fmt"

	"stocktake/internal/db"
	"stocktake/internal/mail"
)

// Letters are the texts of what is mailed, in six languages, for mail.Options.Templates.
//
//go:embed letters/*.txt
var Letters embed.FS

// SecretLetters let whoever reads them in, for mail.Options.Secret: their bodies are not kept
// once they are sent, and only those who may ReadOutbox see them before.
var SecretLetters = []string{letterInvitation, letterSignIn}

// The letters.
const (
	letterInvitation = "access_invitation"  // an account was made: the link signs in
	letterSignIn     = "access_sign_in"     // the link that was asked for
	letterNewSession = "access_new_session" // signed in from a device not seen before
	letterGrant      = "access_grant"       // what the person may do has changed
	letterHandOver   = "access_hand_over"   // to the successor
	letterSecurity   = "access_security"    // a passkey, a password or a token came or went
	letterClosed     = "access_closed"      // the account was closed
)

// Poster sends letters; mail.Office is one.
type Poster interface {
	Post(ctx context.Context, tx *db.Tx, l mail.Letter) (id string, err error)
}

// post writes to a person, where there is anybody to post it and an address to send it to.
func (b *Book) post(ctx context.Context, tx *db.Tx, p Person, template string, data map[string]string) error {
	if b.o.Post == nil || p.Email == "" {
		return nil
	}
	_, err := b.o.Post.Post(ctx, tx, mail.Letter{
		To: p.Email, Name: cmp.Or(p.Name, p.Email), Person: p.ID, Template: template, Language: p.Language, Data: data,
	})
	if err != nil {
		return fmt.Errorf("access: write to %s: %w", p.ID, err)
	}
	return nil
}

// accountLink is where a letter sends somebody who wants to look.
func (b *Book) accountLink(p Person) string { return b.link(p.Language, AccountPath) }

// LettersThatName are the letters to somebody in which another person is named.
var LettersThatName = []string{letterHandOver}

// Paths that links lead to, without the language.
const (
	SignInPath  = "/sign-in" // and a slash and the token
	AccountPath = "/account"
	ConfirmPath = "/sign-in/confirm" // where the second factor is asked for
	PacketPath  = "/desk/packet/"    // and the code of the party: what was handed over
)
