package register

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"stocktake/internal/db"
	"stocktake/internal/errs"
)

// identity is under which origin and key checkpoints of a size and above are signed.
type identity struct {
	from     int64
	origin   string
	verifier string
}

// readIdentities gives them in their order; the last is the one in force.
func readIdentities(ctx context.Context, tx *db.Tx) ([]identity, error) {
	rows, err := tx.Query(ctx, `SELECT from_size, origin, verifier FROM register_identity ORDER BY from_size`)
	if err != nil {
		return nil, fmt.Errorf("register: identity: %w", err)
	}
	defer rows.Close()
	var ids []identity
	for rows.Next() {
		var id identity
		if err := rows.Scan(&id.from, &id.origin, &id.verifier); err != nil {
			return nil, fmt.Errorf("register: identity: %w", err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("register: identity: %w", err)
	}
	return ids, nil
}

// identityAt is the one that signs a checkpoint of the size.
func identityAt(ids []identity, size int64) identity {
	var at identity
	for _, id := range ids {
		if id.from <= size {
			at = id
		}
	}
	return at
}

func insertIdentity(ctx context.Context, tx *db.Tx, id identity) error {
	if _, err := tx.Exec(ctx, `INSERT INTO register_identity (from_size, origin, verifier) VALUES ($1, $2, $3)`, id.from, id.origin, id.verifier); err != nil {
		return fmt.Errorf("register: identity: %w", err)
	}
	return nil
}

// keyPayload is what a key entry says.
type keyPayload struct {
	Schema   int    `json:"schema"`
	Origin   string `json:"origin"`
	Key      string `json:"key"`      // verifier key from the next checkpoint on
	Previous string `json:"previous"` // verifier key so far
	Handover string `json:"handover"` // a note by the previous key that names the new one
}

// originPayload is what an origin entry says.
type originPayload struct {
	Schema   int    `json:"schema"`
	Origin   string `json:"origin"`
	Key      string `json:"key"`
	Previous struct {
		Origin string `json:"origin"`
		Key    string `json:"key"`
		Size   int64  `json:"size"` // entries that both have in common
		Root   string `json:"root"` // of these
		// Checkpoint is the newest one known of the previous origin: what was published beyond
		// Size and is lost.
		Checkpoint string `json:"checkpoint,omitempty"`
	} `json:"previous"`
}

// handoverTitle begins the text of a handover note. No checkpoint begins so, since no origin
// may be called so, and its second line is no number.
const handoverTitle = "stocktake-handover/v1"

// handover is the text by which a key names its successor: title, origin, size and root of what
// it signed for, the new verifier key.
func handoverText(origin string, size int64, root tlog.Hash, key string) string {
	return strings.Join([]string{handoverTitle, origin, strconv.FormatInt(size, 10), root.String(), key, ""}, "\n")
}

// checkHandover holds a key entry to its handover note. root is the root of the entries before
// it; nil where the reader does not have them (a receipt).
func (p keyPayload) checkHandover(size int64, root *tlog.Hash) error {
	next, err := newVerifier(p.Key)
	if err != nil || next.Name() != p.Origin {
		return invalid("the key entry names no key of %s", p.Origin)
	}
	h, err := parseHandover(p.Handover, p.Previous)
	if err != nil {
		return err
	}
	if h.origin != p.Origin || h.key != p.Key || h.size != size || root != nil && h.root != *root {
		return invalid("the handover of the old key is not about this entry")
	}
	return nil
}

type handover struct {
	origin string
	size   int64
	root   tlog.Hash
	key    string
}

func parseHandover(signed, previous string) (handover, error) {
	v, err := newVerifier(previous)
	if err != nil {
		return handover{}, fmt.Errorf("handover: %w", err)
	}
	text, err := openNote([]byte(signed), v)
	if err != nil {
		return handover{}, invalid("handover: %w", err)
	}
	title, rest, _ := strings.Cut(text, "\n")
	i := strings.LastIndexByte(strings.TrimSuffix(rest, "\n"), '\n')
	if title != handoverTitle || i < 0 {
		return handover{}, invalid("handover: not a handover of a key")
	}
	c, err := parseCheckpoint(rest[:i+1])
	if err != nil {
		return handover{}, invalid("handover: %w", err)
	}
	h := handover{c.Origin, c.Size, c.Root, strings.TrimSuffix(rest[i+1:], "\n")}
	if _, err := newVerifier(h.key); err != nil {
		return handover{}, fmt.Errorf("handover: %w", err)
	}
	if handoverText(h.origin, h.size, h.root, h.key) != text || v.Name() != h.origin {
		return handover{}, invalid("handover: not a handover of a key of %s", v.Name())
	}
	return h, nil
}

// check holds an origin entry to the tree before it.
func (p originPayload) check(size int64, root tlog.Hash) error {
	v, err := newVerifier(p.Key)
	if err != nil || v.Name() != p.Origin {
		return invalid("the origin entry names no key of %s", p.Origin)
	}
	if old, err := newVerifier(p.Previous.Key); err != nil || old.Name() != p.Previous.Origin || p.Previous.Origin == p.Origin {
		return invalid("the origin entry names no other origin and its key")
	}
	if p.Previous.Size != size || p.Previous.Root != root.String() {
		return invalid("the origin entry is about another tree than the one before it")
	}
	return nil
}

// identityOf reads the identity that a key or origin entry brings into force, checked against
// the tree before the entry.
func identityOf(e Entry, before *frontier) (id identity, previous string, err error) {
	if e.Withheld() {
		return identity{}, "", invalid("the payload of a %s entry cannot be withheld", e.Header.Kind)
	}
	root := before.root()
	switch e.Header.Kind {
	case KeyKind:
		var p keyPayload
		if err := json.Unmarshal(e.Payload, &p); err != nil {
			return identity{}, "", invalid("key entry: %w", err)
		}
		if e.Header.Subject != KeyKind+":"+p.Origin {
			return identity{}, "", invalid("key entry: the subject is not its origin")
		}
		return identity{e.Header.Position + 1, p.Origin, p.Key}, p.Previous, p.checkHandover(e.Header.Position, &root)
	case OriginKind:
		var p originPayload
		if err := json.Unmarshal(e.Payload, &p); err != nil {
			return identity{}, "", invalid("origin entry: %w", err)
		}
		if e.Header.Subject != OriginKind+":"+p.Origin {
			return identity{}, "", invalid("origin entry: the subject is not its origin")
		}
		return identity{e.Header.Position + 1, p.Origin, p.Key}, p.Previous.Key, p.check(e.Header.Position, root)
	}
	return identity{}, "", invalid("%s is no kind that changes the identity", e.Header.Kind)
}

// Rotate hands the register over to a new key: the old one signs the handover, which is
// published as an entry, and the new one signs from that entry's checkpoint on. Whoever knows
// the old key can follow the handover to the new one. keyFile is where the new key is kept ("" =
// nowhere); the newest checkpoint is then kept beside it.
//
// Other processes that hold the old key can append no more and say so. If the old key is lost
// or was stolen there is no handover: go on with Options.NewOrigin and a new key instead.
func (l *Log) Rotate(ctx context.Context, key *Key, keyFile string) error {
	var to string
	err := l.db.Write(ctx, func(tx *db.Tx) error {
		b, err := l.begin(ctx, tx)
		if err != nil {
			return err
		}
		if err := b.lockForAppend(); err != nil {
			return err
		}
		origin, old := b.id.origin, b.id.verifier
		if to, err = key.Verifier(origin); err != nil {
			return err
		}
		if to == old {
			return errs.New(errs.Conflict, "the new key is the key in force").WithHint("make another key file")
		}
		signer, err := l.key.signer(origin)
		if err != nil {
			return err
		}
		signed, err := note.Sign(&note.Note{Text: handoverText(origin, b.tree.size, b.tree.root(), to)}, signer)
		if err != nil {
			return fmt.Errorf("sign the handover: %w", err)
		}
		payload, err := Canonical(keyPayload{Schema: 1, Origin: origin, Key: to, Previous: old, Handover: string(signed)})
		if err != nil {
			return err
		}
		return b.changeIdentity(Draft{Actor: Operator, Kind: KeyKind, Subject: KeyKind + ":" + origin, Payload: payload}, key, origin, to, func() {
			l.key, l.keyFile = key, keyFile
		})
	})
	if err != nil {
		return fmt.Errorf("register: rotate the key: %w", err)
	}
	return nil
}

// newOrigin appends the entry that begins a new origin, naming the old one and what was lost.
func (l *Log) newOrigin(ctx context.Context, origin string) error {
	err := l.db.Write(ctx, func(tx *db.Tx) error {
		b, err := l.begin(ctx, tx)
		if err != nil {
			return err
		}
		if b.id.origin == origin {
			return nil // another process was first
		}
		b.tick()
		verifier, err := l.key.Verifier(origin)
		if err != nil {
			return err
		}
		p := originPayload{Schema: 1, Origin: origin, Key: verifier}
		p.Previous.Origin, p.Previous.Key = b.id.origin, b.id.verifier
		p.Previous.Size, p.Previous.Root = b.tree.size, b.tree.root().String()
		if l.kept != nil {
			p.Previous.Checkpoint = string(l.kept.note)
		}
		payload, err := Canonical(p)
		if err != nil {
			return err
		}
		return b.changeIdentity(Draft{Actor: Operator, Kind: OriginKind, Subject: OriginKind + ":" + origin, Payload: payload}, l.key, origin, verifier, func() {
			l.behind, l.kept = nil, nil
		})
	})
	if err != nil {
		return fmt.Errorf("register: new origin: %w", err)
	}
	return nil
}

// changeIdentity appends the entry that changes the identity and lets the new one sign.
func (b *batch) changeIdentity(d Draft, key *Key, origin, verifier string, then func()) error {
	if _, err := b.draft(d); err != nil {
		return err
	}
	id := identity{b.tree.size, origin, verifier}
	if err := insertIdentity(b.ctx, b.tx, id); err != nil {
		return err
	}
	b.id = id
	l := b.log
	b.tx.AfterCommit(func() { // before the one of finish, which keeps the checkpoint
		l.mu.Lock()
		defer l.mu.Unlock()
		l.origin, l.verifier = origin, verifier
		then()
	})
	return b.finish(key, nil)
}
