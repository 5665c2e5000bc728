package intake

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/queue"
)

// press gathers what is published at the same time into one transaction, under one lock and with
// one signature: while one is committed, the next are gathered. Each caller gets its own result,
// and what is wrong with one stops no other.
type press struct {
	mu      sync.Mutex
	waiting []*order
	running bool
}

// order is one publication that somebody waits for.
type order struct {
	ctx       context.Context
	by        access.Person // nobody: the clock
	ref       string
	ifVersion int
	begun     bool // its key, if it has one, was not used before this transaction
	out       Receipt
	err       error
	done      chan struct{}
}

// Receipt says what a publication was given in the register.
type Receipt struct {
	Ref      string
	ID       string // of the pledge
	Version  int    // of the submission
	Position int64  // of the entry
}

const mostOrders = 256 // in one transaction

// Publish publishes a submission, together with whatever else is published at this moment. The
// state changes in the transaction that appends to the register, and the party's receipt leaves
// with it.
func (d *Desk) Publish(ctx context.Context, by access.Person, ref string, ifVersion int) (Receipt, error) {
	o := &order{ctx: ctx, by: by, ref: ref, ifVersion: ifVersion, done: make(chan struct{})}
	d.enqueue(o)
	<-o.done
	return o.out, o.err
}

func (d *Desk) enqueue(orders ...*order) {
	p := &d.press
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting = append(p.waiting, orders...)
	if !p.running && len(p.waiting) > 0 {
		p.running = true
		go d.runPress()
	}
}

// runPress works until nothing waits.
func (d *Desk) runPress() {
	p := &d.press
	for {
		p.mu.Lock()
		n := min(len(p.waiting), mostOrders)
		orders := p.waiting[:n:n]
		p.waiting = p.waiting[n:]
		if n == 0 {
			p.waiting, p.running = nil, false
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		d.printAll(orders)
		for _, o := range orders {
			close(o.done)
		}
	}
}

// printAll publishes orders in one transaction; where that fails as a whole, each in one of its
// own, so that the one that made it fail is alone with its error.
func (d *Desk) printAll(orders []*order) {
	err := guarded(func() error { return d.print(orders) })
	if err == nil {
		return
	}
	if len(orders) == 1 {
		orders[0].out, orders[0].err = Receipt{}, fmt.Errorf("publish %s: %w", orders[0].ref, err)
		return
	}
	for _, o := range orders {
		if err := guarded(func() error { return d.print([]*order{o}) }); err != nil {
			o.out, o.err = Receipt{}, fmt.Errorf("publish %s: %w", o.ref, err)
		}
	}
}

// print is one transaction. It locks the submissions in the order of their references, then the
// serial, then the register's head.
func (d *Desk) print(orders []*order) error {
	// Whoever waits may go away; what was begun for several is not given up for one.
	ctx := context.WithoutCancel(orders[0].ctx)
	return d.DB.Write(ctx, func(tx *db.Tx) error {
		var turns []*turn
		var whose []*order
		refs := make([]string, 0, len(orders))
		twins := map[*order]*order{} // sent twice under one key at this moment
		for i, o := range orders {
			o.out, o.err = Receipt{}, nil
			done, known, err := d.known(o.ctx, tx, o.by, access.PublishPledge, o.ref, o.ifVersion, nil)
			if fatal(err) {
				return err
			}
			o.begun = err == nil && !known
			twin := slices.IndexFunc(orders[:i], o.sameKey)
			switch {
			case err != nil:
				o.err = err
			case known && twin >= 0:
				twins[o] = orders[twin]
			case known:
				if o.out, err = receiptOf(ctx, tx, done); err != nil {
					return err
				}
			default:
				refs = append(refs, o.ref)
			}
		}
		records, err := loadAll(ctx, tx, refs)
		if err != nil {
			return err
		}
		about, err := d.facts(ctx, tx, records)
		if err != nil {
			return err
		}
		parties := lookup(ctx, tx)
		for _, o := range orders {
			if o.err != nil || o.out.ID != "" || twins[o] != nil {
				continue
			}
			r := records[o.ref]
			if r == nil {
				o.err = errs.New(errs.NotFound, "there is no submission %q", o.ref)
				continue
			}
			t := d.turn(ctx, tx, o.by, access.PublishPledge, r)
			err := t.mayPublish(about, parties, o.ifVersion)
			if fatal(err) {
				return err
			}
			if o.err = err; err == nil {
				delete(records, o.ref) // the same twice: the second comes too late
				turns, whose = append(turns, t), append(whose, o)
			}
		}
		if len(turns) > 0 {
			if err := d.append(ctx, tx, turns, whose, parties); err != nil {
				return err
			}
		}
		for o, first := range twins {
			o.out, o.err = first.out, first.err
		}
		return d.forget(tx, orders)
	})
}

// sameKey reports whether somebody sent both orders under one key.
func (o *order) sameKey(other *order) bool {
	return o.by.ID == other.by.ID && o.ctx.Value(keyed{}) == other.ctx.Value(keyed{})
}

// forget takes the keys of what was refused out again: it may be tried once more under them.
func (d *Desk) forget(tx *db.Tx, orders []*order) error {
	for _, o := range orders {
		key, _ := o.ctx.Value(keyed{}).(string)
		if o.err == nil || !o.begun || key == "" || !o.by.Known() {
			continue
		}
		if _, err := tx.Exec(tx.Context(), `DELETE FROM submission_keys WHERE key = $1`, o.by.ID+"\n"+key); err != nil {
			return err
		}
	}
	return nil
}

// append publishes what may be published.
func (d *Desk) append(ctx context.Context, tx *db.Tx, turns []*turn, whose []*order, parties *finder) error {
	batch, err := d.Book.Batch(ctx, tx, pledge.Terms{Actor: Secretariat, Mode: pledge.ByForm})
	if err != nil {
		return err
	}
	var published []*turn
	var events [][]any
	for i, t := range turns {
		p := t.payload(t.text)
		err := introduce(batch, parties, p)
		var out pledge.Outcome
		if err == nil {
			out, err = batch.Put(pledge.Offer{Pledge: p})
		}
		if fatal(err) {
			return err
		}
		if err != nil {
			whose[i].err = fmt.Errorf("publish %s: %w", t.Ref, err)
			continue
		}
		from := t.State
		if err := t.step(pledge.Publish); err != nil {
			return err
		}
		t.Published, t.PublishAt, t.Version, t.Changed = out.ID, time.Time{}, t.Version+1, t.now
		if err := t.release(p); err != nil {
			return err
		}
		t.answered()
		whose[i].out = Receipt{Ref: t.Ref, ID: out.ID, Version: t.Version, Position: out.Position}
		events = append(events, []any{t.Ref, t.Version, micro(t.now), t.by.ID, string(t.do), string(from), string(t.State), out.ID})
		published = append(published, t)
	}
	if err := batch.Finish(); err != nil {
		return err
	}
	if len(published) == 0 {
		return nil
	}
	for _, t := range published {
		if t.x.Announced == "" {
			continue
		}
		err := d.concludeAnnouncement(ctx, tx, t.x.Announced, func(a *pledge.Announcement) { a.Status, a.Pledge = pledge.Answered, t.Published })
		if err != nil {
			return err
		}
	}
	if err := setPublished(ctx, tx, published); err != nil {
		return err
	}
	columns := []string{"ref", "version", "at", "by", "action", "from_state", "to_state", "note"}
	if err := tx.InsertRows(ctx, "submission_events", columns, len(events), func(i int) []any { return events[i] }); err != nil {
		return err
	}
	refs := make([]string, len(published))
	for i, t := range published {
		refs[i] = t.Ref
	}
	_, err = queue.Add(ctx, tx, ReceiptsKind, receipts{refs})
	return err
}

// setPublished writes what publication changes in its submissions, in one statement.
func setPublished(ctx context.Context, tx *db.Tx, turns []*turn) error {
	now := micro(tx.Now())
	args := []any{now}
	var ids, in strings.Builder
	for i, t := range turns {
		args = append(args, t.Ref, t.Published)
		fmt.Fprintf(&ids, " WHEN $%d THEN $%d", 2*i+2, 2*i+3)
		if i > 0 {
			in.WriteString(", ")
		}
		fmt.Fprintf(&in, "$%d", 2*i+2)
	}
	_, err := tx.Exec(ctx, `UPDATE submissions SET state = 'published', version = version + 1, published = CASE ref`+ids.String()+` END, changed = $1,
		responded = CASE WHEN responded = 0 THEN $1 ELSE responded END, publish_at = 0, editor = '' WHERE ref IN (`+in.String()+`)`, args...)
	return err
}

// fatal reports whether an error is one after which the transaction must be given up.
func fatal(err error) bool {
	if err == nil {
		return false
	}
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Conflict, errs.Gone, errs.NotFound, errs.Forbidden, errs.Unauthenticated, errs.TooLarge:
		return false
	}
	return true
}

// introduce publishes the parties of a pledge that the register does not know yet, parents and
// members before those who name them.
func introduce(batch *pledge.Batch, parties *finder, p pledge.Pledge) error {
	for _, code := range partiesOf(p) {
		if err := introduceOne(batch, parties, code); err != nil {
			return err
		}
	}
	return nil
}

// partiesOf are the parties that a pledge names: those who make it, and a recipient of money.
func partiesOf(p pledge.Pledge) []string {
	codes := slices.Clone(p.Parties)
	if p.Money != nil && !strings.HasPrefix(p.Money.Recipient, "fund:") && p.Money.Recipient != "" {
		codes = append(codes, p.Money.Recipient)
	}
	return codes
}

func introduceOne(batch *pledge.Batch, parties *finder, code string) error {
	if _, ok := batch.Parties().Find(code); ok {
		return nil
	}
	who, ok := parties.unpublished(code)
	if !ok {
		return parties.Err() // the pledge's rules say what is wrong
	}
	for _, other := range append([]string{party.ParentOf(code)}, who.Members...) {
		if other == "" {
			continue
		}
		if err := introduceOne(batch, parties, other); err != nil {
			return err
		}
	}
	_, err := batch.Party("", who)
	return err
}

// mayPublish holds a submission against the policy, against what blocks it, and the rules.
func (t *turn) mayPublish(about *facts, parties *finder, ifVersion int) error {
	if t.by.Known() {
		if err := allow(t.by, access.PublishPledge, t.record, ifVersion, t.today); err != nil {
			return err
		}
	} else if t.State != pledge.StateScheduled || t.now.Before(t.PublishAt) {
		return errs.New(errs.Conflict, "%s is not due", t.Ref).WithKey("work.not_now")
	}
	if _, err := pledge.Next(t.State, pledge.Publish); err != nil {
		return err
	}
	if err := blockedError(t.Ref, t.blocked(about, t.by)); err != nil {
		return err
	}
	// The batch asks the rules. Where parties enter the register with the pledge, they are asked
	// before: a party whose pledge is then refused would have come for nothing.
	p := t.payload(t.text)
	if !slices.ContainsFunc(partiesOf(p), func(code string) bool { _, public := parties.public.Find(code); return !public }) {
		return parties.Err()
	}
	found := pledge.Rules{Pack: t.desk.pack(), Mode: pledge.ByForm, Party: parties.find}.Pledge(p)
	if err := parties.Err(); err != nil {
		return err
	}
	return errs.InvalidFields(found...)
}

// loadAll locks several submissions, in the order of their references.
func loadAll(ctx context.Context, tx *db.Tx, refs []string) (map[string]*record, error) {
	all := make(map[string]*record, len(refs))
	if len(refs) == 0 {
		return all, nil
	}
	args := make([]any, len(refs))
	for i, ref := range refs {
		args[i] = ref
	}
	in := ` WHERE ref IN (` + tx.List(len(args)) + `)`
	err := each(ctx, tx, `SELECT `+recordColumns+` FROM submissions`+in+` ORDER BY ref`+tx.ForUpdate(), args, func(scan func(...any) error) error {
		r, err := scanRecord(scan)
		if err == nil {
			all[r.Ref] = r
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, each(ctx, tx, `SELECT ref, party, state, asked_at, answered_at, answered_by, note FROM submission_invitations`+in+` ORDER BY ref, position, party`, args, func(scan func(...any) error) error {
		var ref string
		var in Invitation
		var asked, answered int64
		err := scan(&ref, &in.Party, &in.State, &asked, &answered, &in.By, &in.Note)
		in.Asked, in.Answered = moment(asked), moment(answered)
		if r := all[ref]; r != nil {
			r.Invitations = append(r.Invitations, in)
		}
		return err
	})
}

// receiptOf is the receipt of what a key has published.
func receiptOf(ctx context.Context, tx *db.Tx, ref string) (Receipt, error) {
	r, err := load(ctx, tx, ref, false)
	if err != nil {
		return Receipt{}, err
	}
	out := Receipt{Ref: ref, ID: r.Published, Version: r.Version}
	err = tx.QueryRow(ctx, `SELECT position FROM register_entry WHERE subject = $1 AND version = 1`, pledge.Subject(r.Published)).Scan(&out.Position)
	return out, err
}
