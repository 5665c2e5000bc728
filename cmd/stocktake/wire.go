package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
	"stocktake/internal/rehearse"
)

// globals are the flags of every command.
type globals struct {
	DB      string `name:"db" default:"sqlite:stocktake.db" placeholder:"URL" help:"Database: sqlite:FILE or postgres://… (default ${default})."`
	Compact string `default:"${pack}" placeholder:"PACK" help:"The compact: an embedded pack or a folder (default ${default})."`
	BaseURL string `placeholder:"URL" help:"Public address of the pages. Before the first entry it also names the register, for good."`
	LogKey  string `placeholder:"FILE" help:"Signing key of the register, mode 0600 (default beside a SQLite file; needed on PostgreSQL)."`
}

const defaultBase = "http://127.0.0.1:8080"

// secretariat is the office in whose name the operator's commands publish.
const secretariat = "office:secretariat"

// home is an open installation: the rooms, put together.
type home struct {
	db   *db.DB
	pack *compact.Pack
	log  *register.Log
	book pledge.Book
	base string // of public links, without a final slash

	readOnly bool // the register cannot be appended to
}

func (h *home) close() { h.db.Close() }

// opening says how a command wants its database.
type opening struct {
	write     bool   // needs the key, and a register that may be appended to
	newOrigin string // goes on under a new name
	quiet     bool   // run by another program: says nothing of the register's name
	lenient   bool   // where the register cannot be appended to, it is opened for reading
}

// open opens the database, brings its schema up to date, and opens the register.
func (g *globals) open(ctx context.Context, s *streams, o opening) (_ *home, err error) {
	h := &home{}
	if h.pack, err = compact.LoadAny(g.Compact); err != nil {
		return nil, err
	}
	options := register.Options{NewOrigin: o.newOrigin}
	if options.Origin, err = originOf(g.BaseURL); err != nil {
		return nil, err
	}
	if h.db, err = g.database(ctx, o.write); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	// The address names the register once, before its first entry; from then on it only says
	// where the pages are. A rehearsal keeps its own name wherever it is shown, and is only read.
	rehearsal := false
	if log, err := register.Open(ctx, h.db, register.Options{}); err == nil {
		head, err := log.Head(ctx)
		if err != nil {
			return nil, err
		}
		rehearsal = log.Origin() == rehearse.Origin
		if rehearsal || head.Size > 0 {
			options.Origin = ""
		}
	}
	if o.write && !(rehearsal && o.lenient) {
		err := g.unlock(ctx, s, h.db, &options)
		if o.lenient && errs.Is(err, errs.NotFound) {
			s.say("reading only: %s", oneLine(err))
		} else if err != nil {
			return nil, err
		}
	}
	if h.log, err = register.Open(ctx, h.db, options); err != nil {
		return nil, err
	}
	if behind := h.log.Behind(); behind != nil && o.write && !o.lenient {
		return nil, behind
	}
	h.readOnly = options.Key == nil || h.log.Behind() != nil
	h.book = pledge.Book{Pack: h.pack, Log: h.log}
	h.base = baseOf(g.BaseURL, h.log.Origin())
	if o.write && !o.quiet && !h.readOnly && g.BaseURL == "" && onThisMachine(h.base) {
		return h, h.warnOfName(ctx, s)
	}
	return h, nil
}

// warnOfName says that the register is about to be named after an address of this machine.
func (h *home) warnOfName(ctx context.Context, s *streams) error {
	head, err := h.log.Head(ctx)
	if err == nil && head.Size == 0 {
		s.say("No --base-url is stated: the first entry will name this register %s, for good.", h.log.Origin())
	}
	return err
}

// database opens and migrates. A command that only reads does not make a new file.
func (g *globals) database(ctx context.Context, write bool) (*db.DB, error) {
	if path, ok := strings.CutPrefix(g.DB, "sqlite:"); ok && !write {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return nil, errs.New(errs.NotFound, "there is no database %s", path).WithHint("name it with --db, or begin with an import")
		}
	}
	d, err := db.Open(ctx, g.DB)
	if err != nil {
		return nil, err
	}
	prepare := db.CheckSchema
	if write {
		prepare = db.Migrate
	}
	if err := prepare(ctx, d); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// keyFile is where the signing key stands.
func (g *globals) keyFile() (string, error) {
	if g.LogKey != "" {
		return g.LogKey, nil
	}
	if path, ok := strings.CutPrefix(g.DB, "sqlite:"); ok {
		return path + ".key", nil
	}
	return "", errs.New(errs.Invalid, "the signing key of the register is needed").WithHint("name its file with --log-key; a new one is made where there is none yet")
}

// unlock loads the signing key. Where nothing has been published yet it makes one.
func (g *globals) unlock(ctx context.Context, s *streams, d *db.DB, options *register.Options) error {
	path, err := g.keyFile()
	if err != nil {
		return err
	}
	options.KeyFile = path
	options.Key, err = register.LoadKey(path)
	if err == nil || !errs.Is(err, errs.NotFound) {
		return err
	}
	_, err = register.Open(ctx, d, register.Options{})
	if err == nil {
		return errs.New(errs.NotFound, "the register in this database is signed with a key that is not in %s", path).
			WithHint("put the key file there, or name it with --log-key; if it is lost for good, docs/operators.md says how to go on")
	}
	if !errs.Is(err, errs.NotFound) { // of a register, in this database
		return err
	}
	if options.Origin == "" {
		if options.Origin, err = originOf(defaultBase); err != nil {
			return err
		}
	}
	if options.Key, err = register.CreateKey(path, options.Origin); err != nil {
		return err
	}
	s.say("made a signing key for the register %s: %s (keep a copy elsewhere; it is in no backup)", options.Origin, path)
	return nil
}

// index reads the whole register into memory.
func (h *home) index(ctx context.Context, keep explore.Keep) (*explore.Index, error) {
	return explore.OpenKept(ctx, h.log, h.pack, h.db.Now, keep)
}

// indexFile is where the index of a long register is kept between starts: beside a SQLite file, else
// in the folder of attachments. Where there is neither, it is kept nowhere.
func (g *globals) indexFile(data string) string {
	if path, ok := strings.CutPrefix(g.DB, "sqlite:"); ok {
		return path + ".index"
	}
	if data != "" {
		return filepath.Join(data, "stocktake.index")
	}
	return ""
}

// program is the hash of this binary: another one may find other values in the same entries.
var program = sync.OnceValues(func() (string, error) {
	running, err := os.Open("/proc/self/exe") // also where the file was replaced meanwhile
	if err != nil {
		path, err := os.Executable()
		if err != nil {
			return "", err
		}
		if running, err = os.Open(path); err != nil {
			return "", err
		}
	}
	defer running.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, running); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
})

// originOf names the register of a site: its address without the scheme, and "/log".
func originOf(base string) (string, error) {
	if base == "" {
		return "", nil
	}
	u, err := url.Parse(base)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", errs.New(errs.Invalid, "--base-url %q is no address of a site", base).WithHint("https://pledges.example.org is one")
	}
	return strings.ToLower(u.Host) + strings.TrimRight(u.Path, "/") + "/log", nil
}

// baseOf is the address of the pages: as stated, else as the register's origin tells.
func baseOf(stated, origin string) string {
	if stated != "" {
		return strings.TrimRight(stated, "/")
	}
	site, named := strings.CutSuffix(origin, "/log")
	if !named { // a rehearsal
		return defaultBase
	}
	if onThisMachine("http://" + site) {
		return "http://" + site
	}
	return "https://" + site
}

// onThisMachine reports whether an address can be reached from nowhere else.
func onThisMachine(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// listening is the address of links of a site that is served on this machine and whose own
// address nobody has stated. The register keeps its name.
func listening(base string, at net.Addr) string {
	if here := "http://" + at.String(); onThisMachine(base) && onThisMachine(here) {
		return here
	}
	return base
}
