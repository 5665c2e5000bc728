package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"strings"

	"stocktake/internal/errs"
	"stocktake/internal/explore"
)

// cursor is where a list goes on. It pins what the first page spoke of (the register's
// position, the day, the order), so that a walk over all pages sees one unmoving list however
// the register grows, and it names the last item that was seen, by number and by key: an
// erasure takes effect at once in every view, and moves up what stood behind it.
//
// It is text of ours, opaque to the client, and not secret: the seal at its end keeps a cursor
// of another question, another register or a damaged one from being taken for this one's.
type cursor struct {
	at     int64
	day    string   // YYYY-MM-DD
	order  string   // one of orders
	offset int      // items before the next
	last   []string // key of the last of them
	seal   [12]byte
}

const (
	cursorVersion = 1
	mostCursor    = 8 << 10 // characters
	mostKey       = 8       // parts of a key
)

func (c *cursor) fields() []byte {
	b := []byte{cursorVersion}
	b = binary.AppendUvarint(b, uint64(c.at))
	b = appendText(b, c.day)
	b = appendText(b, c.order)
	b = binary.AppendUvarint(b, uint64(c.offset))
	b = binary.AppendUvarint(b, uint64(len(c.last)))
	for _, s := range c.last {
		b = appendText(b, s)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func (c *cursor) String() string {
	return base64.RawURLEncoding.EncodeToString(append(c.fields(), c.seal[:]...))
}

// sealFor binds the cursor to the question (the route and the filters) and to the register (its
// root at the pinned size).
func (c *cursor) sealFor(q *question, root [32]byte) (seal [12]byte) {
	h := sha256.New()
	fmt.Fprintf(h, "cursor\n%s\n%s\n", q.route, q.query.WithAsOf("").WithAt(0).WithSort("").Encode())
	h.Write(root[:])
	h.Write(c.fields())
	copy(seal[:], h.Sum(nil))
	return seal
}

// parseCursor reads exactly what String writes.
func parseCursor(s string) (*cursor, bool) {
	if len(s) > mostCursor {
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) <= len(cursor{}.seal) || b[0] != cursorVersion {
		return nil, false
	}
	c := &cursor{seal: [12]byte(b[len(b)-len(cursor{}.seal):])}
	r := reader{b: b[1 : len(b)-len(cursor{}.seal)]}
	c.at = int64(r.number())
	c.day, c.order = r.text(), r.text()
	c.offset = int(r.number())
	n := r.number()
	if n > mostKey {
		return nil, false
	}
	for range n {
		c.last = append(c.last, r.text())
	}
	if r.bad || c.at < 1 || c.offset < 1 || !slices.Contains(orders, c.order) || c.String() != s {
		return nil, false
	}
	return c, true
}

// reader takes the fields apart; after the first fault all is empty.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) number() uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > 1<<53 {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *reader) text() string {
	n := r.number()
	if n > uint64(len(r.b)) {
		r.b, r.bad = nil, true
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

// orders are those of a list of pledges; the first is that of an answer to words.
var orders = append([]string{explore.Relevance}, explore.Sorts...)

func badCursor(why string) error {
	return errs.InvalidFields(errs.Field{Field: "cursor", Message: why + "; begin again without it"})
}

// resume puts what the question's cursor pins into the question. Without a cursor it pins the
// present, and gives nil.
func (d *door) resume(ctx context.Context, q *question) (*cursor, error) {
	q.query.Sort = q.query.Order()
	if q.cursor == "" {
		return nil, nil
	}
	c, ok := parseCursor(q.cursor)
	if !ok || c.at > q.snap.Size() {
		return nil, badCursor("is not one that this register gave")
	}
	root, err := d.root(ctx, q.snap, c.at)
	if err != nil {
		return nil, err
	}
	switch {
	case c.seal != c.sealFor(q, root),
		q.query.AsOf != "" && q.query.AsOf != c.day,
		q.query.At != 0 && q.query.At != c.at,
		q.sorted && q.query.Sort != c.order:
		return nil, badCursor("belongs to another question or another register")
	}
	q.query.AsOf, q.query.At, q.query.Sort = c.day, c.at, c.order
	return c, nil
}

// leave gives the cursor after the items before offset, of which the last has the key.
func (q *question) leave(seen Seen, root [32]byte, offset int, last []string) string {
	c := &cursor{at: seen.Register.Size, day: seen.AsOf, order: q.query.Sort, offset: offset, last: last}
	c.seal = c.sealFor(q, root)
	return c.String()
}

// after is the number of items up to and with the last one that the cursor saw, in a list of n
// whose i-th item has key(i). Mostly the item stands where it stood.
func (c *cursor) after(n int, key func(i int) []string, compare func(a, b []string) int) int {
	if c.order == explore.Relevance { // no key says where an item stands; what is pinned does not move
		return min(c.offset, n)
	}
	if c.offset <= n && slices.Equal(key(c.offset-1), c.last) {
		return c.offset
	}
	return sort.Search(n, func(i int) bool { return compare(key(i), c.last) > 0 })
}

// Keys say where an item stands in an order; comparing two of them is comparing the items. They
// follow explore, and a test holds them to it.

// noName comes after every name.
const noName = "\U0010FFFF"

// compareKeys compares the keys of pledges in an order: what leads the order, then the id.
func compareKeys(order string) func(a, b []string) int {
	up := func(a, b []string) int {
		n := min(len(a), len(b)) - 1
		if n < 0 {
			return cmp.Compare(len(a), len(b))
		}
		return cmp.Or(slices.Compare(a[:n], b[:n]), compareIDs(a[n], b[n]))
	}
	switch order {
	case explore.Newest, explore.Reported:
		return func(a, b []string) int { return up(b, a) }
	}
	return up
}

// compareIDs puts "GCM-9999" before "GCM-10000".
func compareIDs(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) }

// root is the root hash of the register at a size that the snapshot has reached.
func (d *door) root(ctx context.Context, snap *explore.Snapshot, size int64) ([32]byte, error) {
	if size == snap.Size() {
		return snap.Root(), nil
	}
	return d.Log.Root(ctx, size)
}
