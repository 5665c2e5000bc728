package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/blob"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/job"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/comment"
	"stocktake/internal/pledge/followup"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/pledge/translate"
	"stocktake/internal/queue"
	"stocktake/internal/web"
	"stocktake/internal/web/work"
	"stocktake/internal/web/work/desk"
	"stocktake/internal/web/work/follow"
	"stocktake/internal/web/work/kit"
	"stocktake/internal/web/work/my"
	"stocktake/internal/web/work/office"
	"stocktake/internal/web/work/tongue"
	"stocktake/internal/web/work/voice"
)

// workFlags are those of the workspace: where pledges are written, reviewed and followed up.
type workFlags struct {
	mailFlags
	Data         string   `placeholder:"DIR" help:"Folder of attachments (default beside a SQLite file)."`
	Clamd        string   `placeholder:"ADDR" help:"Virus scanner for attachments: unix:/run/clamav/clamd.ctl or tcp:127.0.0.1:3310."`
	OIDC         string   `name:"oidc" placeholder:"FILE" type:"existingfile" help:"OpenID Connect provider to sign in with (docs/operators.md)."`
	SecondFactor string   `default:"desk" enum:"off,desk,everyone" placeholder:"WHO" help:"Who must use a passkey beside a mailed link: desk (the secretariat's roles, default), everyone, or off."`
	SignInLink   linkTime `default:"20m" placeholder:"TIME" help:"How long a mailed link to sign in works, up to 20m (default ${default})."`
	Passwords    bool     `help:"Let people set a password, beside links and passkeys."`
	PasswordList string   `placeholder:"FILE" type:"existingfile" help:"Passwords that nobody may choose, one on a line."`
	FourEyes     bool     `help:"Whoever publishes a pledge is not who accepted it."`
	TrustedProxy []string `placeholder:"PREFIX" help:"Addresses of proxies whose X-Forwarded-For is believed, beside this machine's own."`
}

// linkTime is how long a mailed link works.
type linkTime time.Duration

func (t *linkTime) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d < time.Minute || d > access.SignInFor {
		return errs.New(errs.Invalid, "%q is no time from 1m to 20m", text)
	}
	*t = linkTime(d)
	return nil
}

// mailFlags say how letters leave.
type mailFlags struct {
	SMTP             string `name:"smtp" placeholder:"URL" help:"Mail server: smtp://user@host:587 or smtps://…; without one, letters stay in the outbox."`
	SMTPPasswordFile string `name:"smtp-password-file" placeholder:"FILE" type:"existingfile" help:"File with the password for the mail server (or STOCKTAKE_SMTP_PASSWORD)."`
	MailFrom         string `placeholder:"ADDR" help:"Whom letters come from: \"Pledges <pledges@example.org>\"."`
}

// password is in a file or in the environment and never on the command line, which others see.
func (f mailFlags) password() (string, error) {
	if f.SMTPPasswordFile == "" {
		return os.Getenv("STOCKTAKE_SMTP_PASSWORD"), nil
	}
	text, err := os.ReadFile(f.SMTPPasswordFile)
	return strings.TrimSpace(string(text)), err
}

// staff are the rooms of the workspace, put together.
type staff struct {
	mail     *mail.Office
	access   *access.Book
	files    *blob.Store // nil: there is no folder for them
	intake   *intake.Desk
	followup *followup.Office
	tongues  *translate.Desk
	comments *comment.Office
}

// staffOf puts the rooms together. Letters of all of them go through one office, which tells the
// accounts of addresses that give letters back.
func (h *home) staffOf(f workFlags, site web.Site, log *slog.Logger) (_ *staff, err error) {
	s := &staff{}
	if s.mail, err = h.mailOf(f.mailFlags, site, log); err != nil {
		return nil, err
	}
	o := access.Options{
		DB: h.db, BaseURL: h.base, Post: s.mail, Passwords: f.Passwords,
		SecondFactor: access.SecondFactor(f.SecondFactor), SignInFor: time.Duration(f.SignInLink),
		IsParty: func(ctx context.Context, tx *db.Tx, code string) (bool, error) {
			return s.intake.IsParty(ctx, tx, code)
		},
		PartyName: func(ctx context.Context, tx *db.Tx, code string, c lang.Code) (string, error) {
			return s.intake.PartyName(ctx, tx, code, c)
		},
		Personal: map[string]func(context.Context, *db.Tx, string) (any, error){
			"letters": func(ctx context.Context, tx *db.Tx, person string) (any, error) {
				letters, choices, err := s.mail.OfPerson(ctx, tx, person)
				return map[string]any{"sent": letters, "choices": choices}, err
			},
			"pledges": func(ctx context.Context, tx *db.Tx, person string) (any, error) {
				return s.intake.OfPerson(ctx, tx, person)
			},
			"reports": func(ctx context.Context, tx *db.Tx, person string) (any, error) {
				return s.followup.OfPerson(ctx, tx, person)
			},
			"comments": func(ctx context.Context, tx *db.Tx, person string) (any, error) {
				return s.comments.OfPerson(ctx, tx, person)
			},
		},
		Forget: []func(context.Context, *db.Tx, string) error{
			s.mail.ErasePerson,
			func(ctx context.Context, tx *db.Tx, person string) error {
				p, err := s.access.PersonByID(ctx, tx, person)
				for _, template := range access.LettersThatName {
					if err == nil {
						err = s.mail.Unname(ctx, tx, template, p.Name)
					}
				}
				return err
			},
			func(ctx context.Context, tx *db.Tx, person string) error {
				return s.intake.ErasePerson(ctx, tx, person)
			},
			func(ctx context.Context, tx *db.Tx, person string) error {
				return s.followup.ErasePerson(ctx, tx, person)
			},
			func(ctx context.Context, tx *db.Tx, person string) error {
				return s.comments.ErasePerson(ctx, tx, person)
			},
		},
	}
	if f.PasswordList != "" {
		if o.KnownPasswords, err = access.LoadPasswords(f.PasswordList); err != nil {
			return nil, err
		}
	}
	if f.OIDC != "" {
		if o.Provider, err = access.LoadProvider(f.OIDC); err != nil {
			return nil, err
		}
	}
	s.access = access.New(o)
	s.mail.Bounced = s.access.Bounced
	if f.Data != "" {
		if s.files, err = openFiles(f.Data, f.Clamd); err != nil {
			return nil, err
		}
	}
	s.intake = &intake.Desk{DB: h.db, Book: h.book, Mail: s.mail, People: s.access, Rand: rand.Reader, BaseURL: h.base, FourEyes: f.FourEyes}
	s.followup = &followup.Office{DB: h.db, Pack: h.pack, Book: h.book, Mail: s.mail, People: s.access, BaseURL: h.base, Calendar: followup.CalendarOf(h.pack), OnHold: s.intake.OnHold}
	s.intake.Leaving = s.followup.Left
	s.tongues = &translate.Desk{DB: h.db, Pack: h.pack, Book: h.book, OnHold: s.intake.OnHold}
	s.comments = &comment.Office{DB: h.db, Pack: h.pack, Book: h.book, Mail: s.mail, People: s.access, BaseURL: h.base, FourEyes: f.FourEyes, OnHold: s.intake.OnHold}
	return s, nil
}

// attached reports whether a file that the register names is kept here, and released.
func (s *staff) attached(ctx context.Context, hash string) bool {
	return s.intake.DB.Read(ctx, func(tx *db.Tx) error {
		public, err := blob.Released(ctx, tx, hash)
		if err == nil && !public {
			err = errs.New(errs.NotFound, "%s is not released", hash)
		}
		return err
	}) == nil
}

func (s *staff) close() error {
	s.mail.Close()
	if s.files == nil {
		return nil
	}
	return s.files.Close()
}

// mailOf is the office with the letters of all rooms.
func (h *home) mailOf(f mailFlags, site web.Site, log *slog.Logger) (*mail.Office, error) {
	password, err := f.password()
	if err != nil {
		return nil, err
	}
	if f.SMTP != "" && f.MailFrom == "" {
		return nil, errs.New(errs.Invalid, "there is a mail server, and nobody whom letters come from").WithHint("state --mail-from \"Pledges <pledges@example.org>\"")
	}
	templates := []fs.FS{mail.Letters, access.Letters, intake.Letters, followup.Letters}
	if pledge.Mandated(h.pack, pledge.CommentKind) {
		templates = append(templates, comment.Letters)
	}
	return mail.New(mail.Options{
		DB: h.db, From: f.MailFrom, SMTP: f.SMTP, Password: password, BaseURL: h.base, Logger: log,
		Site: func(c lang.Code) string {
			return cmp.Or(site.Operator[c], site.Operator[lang.EN], h.pack.Name.In(c))
		},
		Templates: templates,
		Secret:    slices.Concat(access.SecretLetters, followup.SecretLetters),
		Optional:  map[string]string{followup.LetterReminder: "reminders", mail.LetterDigest: "digests"},
	})
}

// dataFolder is where attachments stand: as stated, else beside a SQLite file.
func (g *globals) dataFolder(stated string) string {
	if path, ok := strings.CutPrefix(g.DB, "sqlite:"); ok && stated == "" {
		return filepath.Join(filepath.Dir(path), strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))+".files")
	}
	return stated
}

func openFiles(dir, clamd string) (*blob.Store, error) {
	o := blob.Options{Dir: dir}
	if clamd != "" {
		scanner, err := blob.NewClamd(clamd)
		if err != nil {
			return nil, err
		}
		o.Scanner = scanner
	}
	return blob.Open(o)
}

// areas are the parts of the workspace beside signing in, accounts and people. Where the register
// cannot be appended to, their pages say so and do nothing.
func (h *home) areas(s *staff, index *explore.Index) []kit.Area {
	all := []kit.Area{
		my.New(my.Options{Desk: s.intake, Files: s.files, Index: index, Reports: s.reportsDue, Translations: s.translationsDue}),
		desk.New(s.intake, s.files, s.followup),
		follow.New(s.followup, s.published),
		tongue.New(s.tongues),
		voice.New(s.comments),
		office.Area(h.db, s.mail, s.access),
	}
	if h.readOnly {
		for _, a := range all {
			for i := range a.Routes {
				a.Routes[i].Action, a.Routes[i].Serve = "", closed
			}
		}
	}
	return all
}

func closed(*kit.Kit, *kit.Request) (kit.Answer, error) {
	return nil, errs.New(errs.Unavailable, "the register is only read").WithKey("office.closed")
}

// workspace is the private part of the site.
func (h *home) workspace(s *staff, cfg web.Config, f workFlags, log *slog.Logger) (*kit.Kit, error) {
	from, err := forwarded(f.TrustedProxy)
	if err != nil {
		return nil, err
	}
	return work.New(work.Config{
		Kit: kit.Config{House: web.House(cfg), Access: s.access, Index: cfg.Index, Clock: h.db.Now, Logger: log, Address: from},
		DB:  h.db, Areas: h.areas(s, cfg.Index), Open: s.open, Due: s.due, Introduced: s.intake.Introduced,
	})
}

// forwarded says whom a request comes from. What a proxy says of that is believed from this
// machine and from the prefixes given, and of the list that it sends only the part that trusted
// ones wrote: anybody can write the rest.
func forwarded(prefixes []string) (func(*http.Request) string, error) {
	var trusted []netip.Prefix
	for _, text := range prefixes {
		p, err := netip.ParsePrefix(text)
		if a, addrErr := netip.ParseAddr(text); err != nil && addrErr == nil {
			p, err = a.Prefix(a.BitLen())
		}
		if err != nil {
			return nil, errs.New(errs.Invalid, "--trusted-proxy %q is no address or prefix", text).WithHint("10.0.0.0/8 is one")
		}
		trusted = append(trusted, p.Masked())
	}
	trust := func(text string) bool {
		a, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil {
			return false
		}
		a = a.Unmap()
		for _, p := range trusted {
			if p.Contains(a) {
				return true
			}
		}
		return a.IsLoopback()
	}
	return func(r *http.Request) string {
		from, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			return r.RemoteAddr
		}
		said := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(said) - 1; i >= 0 && trust(from); i-- {
			next := strings.TrimSpace(said[i])
			if _, err := netip.ParseAddr(next); err != nil {
				break
			}
			from = next
		}
		return net.JoinHostPort(from, "0")
	}, nil
}

// runner does the work that is done later.
func (h *home) runner(s *staff, log *slog.Logger) *job.Runner {
	r := job.New(job.Options{DB: h.db, Logger: log})
	r.Handle(mail.SendKind, s.mail.Send)
	r.Dead(mail.SendKind, s.mail.GaveUp)
	r.Handle(access.AskKind, s.access.Answer)
	r.Every("access.sweep", job.Daily(2), s.access.Sweep)
	r.Every("mail.sweep", job.Daily(2), s.mail.Sweep)
	r.Every("queue.sweep", job.Daily(2), func(ctx context.Context) error {
		return h.db.Write(ctx, func(tx *db.Tx) error { return queue.Sweep(ctx, tx) })
	})
	if h.readOnly { // nothing that would publish
		return r
	}
	r.Handle(intake.ReceiptsKind, s.intake.PostReceipts)
	r.Every("intake.sweep", job.Daily(2), s.intake.Sweep)
	r.Every("intake.publish", job.Every(time.Minute), func(ctx context.Context) error {
		_, err := s.intake.PublishDue(ctx)
		return err
	})
	r.Every("followup.publish", job.Every(5*time.Minute), func(ctx context.Context) error {
		_, err := s.followup.PublishDue(ctx)
		return err
	})
	r.Every("followup.remind", job.Daily(6), s.followup.RemindToday)
	r.Every("desk.digest", job.Daily(5), func(ctx context.Context) error { return s.digest(ctx, h.db) })
	if s.files != nil {
		r.Every("blob.sweep", job.Daily(3), func(ctx context.Context) error { return h.sweepFiles(ctx, s.files) })
	}
	return r
}

// sweepFiles removes files that nothing refers to any more.
func (h *home) sweepFiles(ctx context.Context, files *blob.Store) error {
	_, err := files.Sweep(ctx, h.db.Now(), func(hash string) (referred bool, err error) {
		err = h.db.Read(ctx, func(tx *db.Tx) error {
			referred, err = blob.Referred(ctx, tx, hash)
			return err
		})
		return referred, err
	})
	return err
}
