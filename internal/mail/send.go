package mail

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/queue"
)

// Send is the handler of jobs of SendKind. Between the server's yes and our note of it a killed
// process leaves a letter that is sent a second time, with the same Message-ID; never one that is
// lost. An error is one after which to try again.
func (o *Office) Send(ctx context.Context, payload []byte) error {
	id, err := unpack(payload)
	if err != nil {
		return err
	}
	if o.server == nil {
		return errs.New(errs.Unavailable, "mail: no mail server").WithHint("state one with --smtp")
	}
	var e Entry
	if err := o.DB.Read(ctx, func(tx *db.Tx) error {
		e, err = o.Entry(ctx, tx, id)
		return err
	}); errs.Is(err, errs.NotFound) {
		return nil // erased meanwhile
	} else if err != nil {
		return err
	}
	if e.State != Waiting || !e.Erased.IsZero() {
		return nil
	}
	result, cause := o.offer(ctx, e)
	return o.DB.Write(ctx, func(tx *db.Tx) error {
		switch result {
		case taken:
			return o.sent(ctx, tx, e)
		case badRecipient:
			if err := o.move(ctx, tx, id, Bounced, queue.Words(cause)); err != nil {
				return err
			}
			return o.mark(ctx, tx, e.Address, Bounce{Letter: id, Status: status(cause), Reason: queue.Words(cause)})
		case badLetter:
			return o.move(ctx, tx, id, Failed, queue.Words(cause))
		}
		return cause
	})
}

// SendNow sends a letter at once, beside the queue, and gives back what the mail server says of it
// where it does not take it.
func (o *Office) SendNow(ctx context.Context, id string) error {
	if err := o.Send(ctx, []byte(`{"letter":"`+id+`"}`)); err != nil {
		return err
	}
	var e Entry
	if err := o.DB.Read(ctx, func(tx *db.Tx) (err error) { e, err = o.Entry(ctx, tx, id); return err }); err != nil {
		return err
	}
	if e.State != Sent {
		return errs.New(errs.Unavailable, "mail: the letter is %s: %s", e.State, e.Error)
	}
	return nil
}

// sent notes that a letter has left, and takes out of the log what lets somebody in: the words of
// a secret letter, the tokens in the links of any other. They are in the letter; nobody needs
// them here, and a backup has no use for them either.
func (o *Office) sent(ctx context.Context, tx *db.Tx, e Entry) error {
	if err := o.move(ctx, tx, e.ID, Sent, ""); err != nil {
		return err
	}
	body, html, erased := o.mask(e.Body), o.mask(e.HTML), int64(0)
	if slices.Contains(o.Secret, e.Template) {
		body, html, erased = "", "", tx.Now().UnixMicro()
	}
	_, err := tx.Exec(ctx, `UPDATE mail_letters SET body = $2, html = $3, off = '', erased = $4 WHERE id = $1`, e.ID, body, html, erased)
	return err
}

// masked stands for a token in a link.
const masked = "…"

// segment is a part of a path. It is taken for a secret where it is long and no row of words:
// addresses of pages have small letters and hyphens.
var segment = regexp.MustCompile(`/[A-Za-z0-9_-]+`)

const shortestToken = 24

func secret(s string) bool {
	return len(s) > shortestToken && (strings.ContainsFunc(s, unicode.IsUpper) || !strings.Contains(s, "-"))
}

func (o *Office) mask(text string) string {
	if o.BaseURL == "" {
		return text
	}
	parts := strings.Split(text, o.BaseURL+"/")
	for i, part := range parts[1:] {
		end := strings.IndexAny(part, " \n\"<")
		if end < 0 {
			end = len(part)
		}
		link := segment.ReplaceAllStringFunc("/"+part[:end], func(s string) string {
			if secret(s) {
				return "/" + masked
			}
			return s
		})
		parts[i+1] = link[1:] + part[end:]
	}
	return strings.Join(parts, o.BaseURL+"/")
}

// GaveUp notes that the job that sends a letter is dead.
func (o *Office) GaveUp(ctx context.Context, tx *db.Tx, payload []byte, cause error) error {
	id, err := unpack(payload)
	if err != nil {
		return nil // of that job there is no letter
	}
	return o.move(ctx, tx, id, Failed, queue.Words(cause))
}

// Restored gives up the letters that have not left and let somebody in, in a database that was
// loaded from a backup: what they let in by was ended.
func Restored(ctx context.Context, tx *db.Tx, secret []string) error {
	for _, template := range secret {
		_, err := tx.Exec(ctx, `UPDATE mail_letters SET state = $1, error = 'its link ended when a backup was restored', body = '', html = '', off = '', changed = $2, erased = $2
			WHERE template = $3 AND state IN ('waiting', 'held') AND erased = 0`, string(Failed), tx.Now().UnixMicro(), template)
		if err != nil {
			return fmt.Errorf("mail: give up %s: %w", template, err)
		}
	}
	return nil
}

// CanGoAgain reports whether Again takes a letter: it did not leave, and its words are whole.
func (o *Office) CanGoAgain(e Entry) bool {
	stuck := e.State == Held || e.State == Failed || e.State == Bounced
	return o.server != nil && stuck && e.Erased.IsZero() && !strings.Contains(e.Body, "/"+masked)
}

// Again sends a letter that was held, failed or came back; Conflict where it cannot be sent.
func (o *Office) Again(ctx context.Context, tx *db.Tx, id string) error {
	e, err := o.Entry(ctx, tx, id)
	switch {
	case err != nil:
		return err
	case o.server == nil:
		return errs.New(errs.Conflict, "mail: no mail server").WithKey("office.no_server")
	case !o.CanGoAgain(e):
		return errs.New(errs.Conflict, "mail: letter %s cannot be sent", id).WithKey("office.not_sendable")
	}
	if err := o.move(ctx, tx, id, Waiting, ""); err != nil {
		return err
	}
	return o.enqueue(ctx, tx, id)
}

func (o *Office) move(ctx context.Context, tx *db.Tx, id string, s State, cause string) error {
	_, err := tx.Exec(ctx, `UPDATE mail_letters SET state = $2, error = $3, changed = $4 WHERE id = $1`, id, string(s), cause, tx.Now().UnixMicro())
	if err != nil {
		return fmt.Errorf("mail: letter %s: %w", id, err)
	}
	return nil
}
