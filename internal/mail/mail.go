// Package mail writes letters to people and keeps the log of them. A letter is posted in the
// transaction of whatever it tells of; a job sends it afterwards. Without a mail server letters
// stay in the desk's outbox, where they can be read and their links followed.
//
// There is no tracking: no remote image, no link through another site, nothing that says whether
// a letter was opened.
package mail

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/queue"
)

// Letter is what a room wants to say to one person.
type Letter struct {
	To, Name      string // address and name of whom it goes to
	Person, Party string // ids for the log; may be empty
	Template      string
	Language      lang.Code
	Data          map[string]string // the words of the template
}

// State is where a letter stands.
type State string

const (
	Held     State = "held"     // there is no mail server: it waits in the outbox to be read
	Waiting  State = "waiting"  // for the mail server, or for another attempt
	Sent     State = "sent"     // a mail server took it
	Bounced  State = "bounced"  // the address gave it back
	Failed   State = "failed"   // given up after many attempts, or refused for what it says
	Unwanted State = "unwanted" // the person wants no letters of this kind; it was not written
)

// States are all states, in the order in which the outbox offers them.
var States = []State{Held, Waiting, Sent, Bounced, Failed, Unwanted}

// Options say where letters come from and how they go out.
type Options struct {
	DB        *db.DB
	From      string      // "Pledges <pledges@example.org>"
	SMTP      string      // see Server; "" = none
	Password  string      // for the mail server
	TLS       *tls.Config // nil = the system's
	BaseURL   string      // of links, without a final slash
	Site      func(lang.Code) string
	Templates []fs.FS           // each with letters/<name>.<code>.txt
	Optional  map[string]string // template → kind of letter that a person may do without
	Secret    []string          // templates that let somebody in: nothing of the body is kept once sent
	Keep      time.Duration     // how long bodies are kept; 0 = 90 days
	Logger    *slog.Logger

	// Bounced is told, in the transaction that notes it, of an address that gave a letter back.
	Bounced func(ctx context.Context, tx *db.Tx, address string) error
}

const keepBodies = 90 * 24 * time.Hour

// Office posts and sends letters. It is safe for concurrent use.
type Office struct {
	Options
	from      *mail.Address
	templates map[string]map[lang.Code]*text
	catalog   *lang.Catalog
	server    *lines // nil: no server
}

//go:embed messages/*.json
var messages embed.FS

// Letters are those that belong to no other room.
//
//go:embed letters/*.txt
var Letters embed.FS

const (
	LetterTrial  = "mail_trial"  // by which an operator sees whether letters arrive
	LetterDigest = "mail_digest" // what waits for the desk
)

// SendKind is the kind of job that sends a letter; Office.Send handles it.
const SendKind = "mail.send"

// attempts is how often a letter is offered to the mail server, over some two days.
const attempts = 20

type sending struct {
	Letter string `json:"letter"`
}

// New reads all templates: a language that is missing, a word that the English one does not
// have, and two templates of one name are errors, all told at once.
func New(o Options) (*Office, error) {
	office := &Office{Options: o}
	var err error
	if office.templates, err = readTemplates(o.Templates); err != nil {
		return nil, err
	}
	for _, name := range slices.Concat(o.Secret, slices.Collect(keysOf(o.Optional))) {
		if office.templates[name] == nil {
			return nil, errs.New(errs.Internal, "mail: there is no letter %q", name)
		}
	}
	files, err := fs.Sub(messages, "messages")
	if err != nil {
		return nil, err
	}
	if office.catalog, err = lang.Load(files); err != nil {
		return nil, err
	}
	if office.From == "" {
		office.From = "stocktake@localhost"
	}
	if office.from, err = mail.ParseAddress(office.From); err != nil {
		return nil, errs.New(errs.Invalid, "%q is no address to send letters from", office.From).WithHint("Pledges <pledges@example.org> is one")
	}
	if office.Site == nil {
		host := office.BaseURL
		if u, err := url.Parse(office.BaseURL); err == nil && u.Host != "" {
			host = u.Host
		}
		office.Site = func(lang.Code) string { return host }
	}
	if office.Keep == 0 {
		office.Keep = keepBodies
	}
	if office.Logger == nil {
		office.Logger = slog.New(slog.DiscardHandler)
	}
	if o.SMTP != "" {
		client, err := server(o.SMTP, o.Password, o.TLS)
		if err != nil {
			return nil, err
		}
		office.server = newLines(client)
	}
	return office, nil
}

// Close hangs up connections that are kept for the next letter. Letters can still be sent.
func (o *Office) Close() {
	if o.server != nil {
		o.server.close()
	}
}

// Sends reports whether there is a mail server.
func (o *Office) Sends() bool { return o.server != nil }

// Post writes a letter into the log, in the words of the operator where there are some, and
// enqueues it. It goes out after the transaction has been committed. A letter of a kind that the
// person does not want is logged as such and not written.
func (o *Office) Post(ctx context.Context, tx *db.Tx, l Letter) (id string, err error) {
	ids, err := o.PostAll(ctx, tx, []Letter{l})
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// PostAll posts letters that leave with one change, in a few statements however many they are.
func (o *Office) PostAll(ctx context.Context, tx *db.Tx, letters []Letter) (ids []string, err error) {
	rows := make([]logged, len(letters))
	inUse := map[*text]*text{}
	var going []string
	for i, l := range letters {
		if err := o.compose(ctx, tx, l, inUse, &rows[i]); err != nil {
			return nil, fmt.Errorf("mail: post %s: %w", l.Template, err)
		}
		ids = append(ids, rows[i].id)
		if rows[i].state == Waiting {
			going = append(going, rows[i].id)
		}
	}
	now := tx.Now().UnixMicro()
	if err := tx.InsertRows(ctx, "mail_letters", logColumns, len(rows), func(i int) []any { return rows[i].values(now) }); err != nil {
		return nil, fmt.Errorf("mail: log: %w", err)
	}
	return ids, queue.AddNew(ctx, tx, SendKind, going, func(id string) any { return sending{id} }, queue.Attempts(attempts))
}

// compose makes the row of a letter; inUse keeps the templates in use that it has read.
func (o *Office) compose(ctx context.Context, tx *db.Tx, l Letter, inUse map[*text]*text, row *logged) error {
	to, err := mail.ParseAddress(l.To)
	if err != nil || to.Name != "" || strings.ContainsAny(l.To, "\r\n") {
		return errs.New(errs.Invalid, "the address is none") // which is for nobody's log
	}
	if !lang.Known(string(l.Language)) {
		l.Language = lang.Default
	}
	built := o.templates[l.Template][l.Language]
	if built == nil {
		return errs.New(errs.Internal, "there is no such letter")
	}
	*row = logged{id: rand.Text(), letter: l, address: to.Address, state: Waiting}
	if !o.Sends() {
		row.state = Held
	}
	if kind := o.Optional[l.Template]; kind != "" && l.Person != "" {
		token, off, err := choice(ctx, tx, l.Person, kind)
		if err != nil {
			return err
		}
		if off {
			row.state = Unwanted
			return nil
		}
		row.off = o.offLink(l.Language, token)
	}
	t := inUse[built]
	if t == nil {
		if t, err = o.current(ctx, tx, built); err != nil {
			return err
		}
		inUse[built] = t
	}
	shown, err := o.write(t, l, row.off)
	row.subject, row.body, row.html = shown.Subject, shown.Text, shown.HTML
	return err
}

func (o *Office) enqueue(ctx context.Context, tx *db.Tx, id string) error {
	_, err := queue.Add(ctx, tx, SendKind, sending{id}, queue.Key(id), queue.Attempts(attempts))
	return err
}

// logged is a new row of the log.
type logged struct {
	id                  string
	letter              Letter
	address             string
	subject, body, html string
	off                 string // the link to want no more of them
	state               State
}

var logColumns = []string{"id", "template", "language", "person", "party", "address", "name", "subject", "body", "html", "off", "state", "error", "created", "changed", "erased"}

func (r logged) values(now int64) []any {
	l := r.letter
	return []any{r.id, l.Template, string(l.Language), l.Person, l.Party, r.address, l.Name, r.subject, r.body, r.html, r.off, string(r.state), "", now, now, 0}
}

func unpack(payload []byte) (string, error) {
	var s sending
	if err := json.Unmarshal(payload, &s); err != nil || s.Letter == "" {
		return "", queue.Final(errs.New(errs.Internal, "mail: a job without a letter"))
	}
	return s.Letter, nil
}
