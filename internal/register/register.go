// Package register is the spine of the house: one append-only list of everything that was ever
// published. An entry is appended in the same transaction as the change that it publishes; none
// is ever changed or removed; a correction is a new entry.
//
// The entries are the leaves of a Merkle tree (RFC 6962, golang.org/x/mod/sumdb/tlog) whose root
// is signed at every commit, so that anyone who holds a checkpoint, a receipt or an export can
// find out whether what was published has been rewritten since.
//
// Nothing in the formats of this package can be repaired once entries exist. What they are and
// why: docs/decisions/0001-register.md.
//
//	header.go      the leaf           append.go   writing         export.go   the register as a file
//	canonical.go   its bytes          read.go     reading         verify.go   what anyone can check
//	tree.go        the hashes         replay.go   restoring       receipt.go  proof of one entry
//	checkpoint.go  the signature      erase.go    withholding     identity.go origin and keys
package register

import (
	"io"

	"golang.org/x/mod/sumdb/tlog"

	"stocktake/internal/errs"
)

// Kinds of entries that belong to the register itself. All other kinds are words of the rooms
// above: "party", "pledge", "report", "translation".
const (
	ErasureKind = "erasure" // withholds a payload; subject "erasure:<position>"
	KeyKind     = "key"     // hands the register over to a new key; subject "key:<origin>"
	OriginKind  = "origin"  // begins a new origin after entries were lost; subject "origin:<origin>"
)

// Operator is the actor of entries about the register itself.
const Operator = "office:operator"

// Limits. A header has to fit into an entry bundle of C2SP tlog-tiles (65,535 bytes).
const (
	MaxPayload = 4 << 20 // bytes of canonical JSON
	maxName    = 250     // bytes of an actor, a subject, an origin
)

// Draft is an entry before it has a place.
type Draft struct {
	Actor     string // code of a party, or an office: never a person or an account
	Kind      string // a small word: "pledge"
	Subject   string // kind, colon, id: "pledge:ABC-0158"
	Effective string // the day it became public, YYYY-MM-DD; "" = today (UTC)
	Payload   []byte // the whole public state of the subject: JSON, made canonical here
	// New says that the subject was never published: the caller knows it from its own tables, and
	// the register need not look. Where that is wrong, the database refuses a second version 1.
	New bool
}

// Entry is one entry of the register.
type Entry struct {
	Header      Header
	HeaderBytes []byte // canonical JSON: the leaf of the tree
	Salt        []byte // 32 bytes; nil when withheld
	Payload     []byte // canonical JSON; nil when withheld
	WithheldBy  int64  // position of the erasure entry that withholds the payload; -1 = not withheld
}

// Withheld reports whether the payload was taken out of the register.
func (e Entry) Withheld() bool { return e.WithheldBy >= 0 }

// Leaf is the hash that binds the entry into the tree.
func (e Entry) Leaf() [32]byte { return tlog.RecordHash(e.HeaderBytes) }

// Options says how to open a register.
type Options struct {
	// Origin names the register in its checkpoints: the base URL without scheme, and "/log". It
	// is pinned in the database at the first opening; "" takes what is pinned.
	Origin string
	// Key signs checkpoints. nil opens the register for reading only.
	Key *Key
	// KeyFile is where the key is kept. The newest checkpoint is kept beside it, in
	// KeyFile + ".checkpoint", so that an older copy of the database is recognised. "" keeps none.
	KeyFile string
	// Rand gives the salts; nil means crypto/rand. With a fixed Rand, Key and clock of the
	// database the same drafts give the same bytes.
	Rand io.Reader
	// NewOrigin goes on under a new name when entries that were published are lost for good.
	// Given again after that, it changes nothing.
	NewOrigin string
}

func invalid(format string, args ...any) *errs.Error { return errs.New(errs.Invalid, format, args...) }
