package mail

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/queue"
)

// Bounce is what became of a letter according to a delivery status notification (RFC 3464), or
// according to the mail server itself.
type Bounce struct {
	Letter  string // id, from the Message-ID of what came back
	Domain  string // of that Message-ID
	Address string // the final recipient
	Action  string // failed, delayed, delivered, relayed, expanded
	Status  string // "5.1.1" (RFC 3463)
	Reason  string // what the other side said, without addresses
}

// Final reports that the letter will not arrive.
func (b Bounce) Final() bool { return b.Action == "failed" }

const (
	longestBounce = 1 << 20
	longestStatus = 64 << 10
)

var messageID = regexp.MustCompile(`<([A-Z2-7]{26})@([^<>\s@]+)>`)

// ReadBounce reads a message that a mail server sent back. Invalid where it is none.
func ReadBounce(r io.Reader) (b Bounce, err error) {
	whole, err := io.ReadAll(io.LimitReader(r, longestBounce))
	if err != nil {
		return b, err
	}
	m, err := mail.ReadMessage(bytes.NewReader(whole))
	if err != nil {
		return b, errs.New(errs.Invalid, "mail: this is no message: %w", err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" || !strings.EqualFold(params["report-type"], "delivery-status") {
		return b, errs.New(errs.Invalid, "mail: this message is no delivery status notification")
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			break // also a message that was cut off: what came before counts
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		text, err := io.ReadAll(io.LimitReader(part, longestStatus))
		if err != nil && len(text) == 0 {
			break
		}
		switch kind {
		case "message/delivery-status", "message/global-delivery-status":
			b.read(text)
		case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
			head, _, _ := bytes.Cut(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
			for line := range strings.SplitSeq(unfold(string(head)), "\n") {
				if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "Message-ID") {
					if id := messageID.FindStringSubmatch(value); id != nil {
						b.Letter, b.Domain = id[1], strings.ToLower(id[2])
					}
				}
			}
		}
	}
	if b.Action == "" || b.Address == "" {
		return Bounce{}, errs.New(errs.Invalid, "mail: the notification names no recipient")
	}
	return b, nil
}

func unfold(head string) string {
	return strings.ReplaceAll(strings.ReplaceAll(head, "\n ", " "), "\n\t", " ")
}

// read takes the fields of a delivery-status part: first those of the message, then a group for
// each recipient. Our letters have one; of several, the first that failed counts.
func (b *Bounce) read(text []byte) {
	in := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(text, "\r\n\r\n"...))))
	for range 64 {
		fields, err := in.ReadMIMEHeader()
		if action := strings.ToLower(strings.TrimSpace(first(fields.Get("Action"), " ("))); action != "" && !b.Final() {
			recipient := fields.Get("Final-Recipient")
			if recipient == "" {
				recipient = fields.Get("Original-Recipient")
			}
			_, address, _ := strings.Cut(recipient, ";")
			if a, err := mail.ParseAddress(strings.TrimSpace(address)); err == nil {
				b.Address, b.Action = a.Address, action
				b.Status = first(fields.Get("Status"), " (")
				_, said, _ := strings.Cut(fields.Get("Diagnostic-Code"), ";")
				b.Reason = queue.Words(errors.New(strings.TrimSpace(said)))
				if strings.TrimSpace(said) == "" {
					b.Reason = ""
				}
			}
		}
		if err != nil {
			return
		}
	}
}

// first is the text before any of the characters in stops.
func first(text, stops string) string {
	text = strings.TrimSpace(text)
	if i := strings.IndexAny(text, stops); i >= 0 {
		return text[:i]
	}
	return text
}

// Record notes a notification in the log. It is believed only where it names a letter of ours, by
// an id that nobody can guess, and the address that the letter went to: anybody can write such a
// notification. done is false for one that says nothing final, of a delay for example.
func (o *Office) Record(ctx context.Context, b Bounce) (done bool, err error) {
	err = o.DB.Write(ctx, func(tx *db.Tx) error {
		done = false
		e, err := o.Entry(ctx, tx, b.Letter)
		if errs.Is(err, errs.NotFound) || (err == nil && e.Address != "" && !strings.EqualFold(e.Address, b.Address)) {
			return errs.New(errs.NotFound, "mail: the notification speaks of no letter of ours").
				WithHint("pipe the whole message in, with the part that came back")
		}
		if err != nil || !b.Final() {
			return err
		}
		done = true
		if err := o.move(ctx, tx, e.ID, Bounced, strings.TrimSpace(b.Status+" "+b.Reason)); err != nil || e.Address == "" {
			return err
		}
		return o.mark(ctx, tx, e.Address, b)
	})
	return done, err
}

// mark notes that an address gave a letter back.
func (o *Office) mark(ctx context.Context, tx *db.Tx, address string, b Bounce) error {
	_, err := tx.Exec(ctx, `INSERT INTO mail_bounces (address, letter, status, reason, times, changed) VALUES ($1, $2, $3, $4, 1, $5)
		ON CONFLICT (address) DO UPDATE SET letter = excluded.letter, status = excluded.status, reason = excluded.reason,
			times = mail_bounces.times + 1, changed = excluded.changed`,
		strings.ToLower(address), b.Letter, b.Status, b.Reason, tx.Now().UnixMicro())
	if err != nil {
		return fmt.Errorf("mail: bounce: %w", err)
	}
	if o.Bounced == nil {
		return nil
	}
	return o.Bounced(ctx, tx, address)
}

// Returned says what came back last from an address; false where nothing did. A contact whose
// letters come back is not a living one.
func Returned(ctx context.Context, tx *db.Tx, address string) (b Bounce, ok bool, err error) {
	b = Bounce{Address: address, Action: "failed"}
	err = tx.QueryRow(ctx, `SELECT letter, status, reason FROM mail_bounces WHERE address = $1`, strings.ToLower(address)).Scan(&b.Letter, &b.Status, &b.Reason)
	if errors.Is(err, sql.ErrNoRows) {
		return Bounce{}, false, nil
	}
	return b, err == nil, err
}

// Forgive forgets that an address gave letters back: somebody has mended it.
func Forgive(ctx context.Context, tx *db.Tx, address string) error {
	_, err := tx.Exec(ctx, `DELETE FROM mail_bounces WHERE address = $1`, strings.ToLower(address))
	return err
}
