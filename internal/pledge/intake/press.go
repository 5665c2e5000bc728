package intake

import (
	"context"
	"encoding/json"
	"errors"
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

// PublishDue publishes what was scheduled for a minute that has come. What cannot be published
// (a clearance that ran out, say) stays scheduled, and the error names it.
func (d *Desk) PublishDue(ctx context.Context) (published int, err error) {
	var refs []string
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		refs = nil
		rows, err := tx.Query(ctx, `SELECT ref FROM submissions WHERE state = $1 AND publish_at <= $2 ORDER BY publish_at, ref`, string(pledge.StateScheduled), micro(tx.Now()))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var ref string
			if err := rows.Scan(&ref); err != nil {
				return err
			}
			refs = append(refs, ref)
		}
		return rows.Err()
	})
	if err != nil {
		return 0, fmt.Errorf("what is due: %w", err)
	}
	orders := make([]*order, len(refs))
	for i, ref := range refs {
		orders[i] = &order{ctx: ctx, ref: ref, done: make(chan struct{})}
	}
	d.enqueue(orders...)
	var failed []error
	for _, o := range orders {
		<-o.done
		if o.err != nil {
			failed = append(failed, o.err)
			continue
		}
		published++
	}
	return published, errors.Join(failed...)
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
	err := d.print(orders)
	if err == nil {
		return
	}
	if len(orders) == 1 {
		orders[0].out, orders[0].err = Receipt{}, fmt.Errorf("publish %s: %w", orders[0].ref, err)
		return
	}
	for _, o := range orders {
		if err := d.print([]*order{o}); err != nil {
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
		for _, o := range orders {
			o.out, o.err = Receipt{}, nil
			done, known, err := d.known(o.ctx, tx, o.by, access.PublishPledge, o.ref, o.ifVersion, nil)
			if fatal(err) {
				return err
			}
			switch {
			case err != nil:
				o.err = err
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
		parties := d.lookup(ctx, tx)
		for _, o := range orders {
			if o.err != nil || o.out.ID != "" {
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
		return d.forget(tx, orders)
	})
}

// forget takes the keys of what was refused out again: it may be tried once more under them.
func (d *Desk) forget(tx *db.Tx, orders []*order) error {
	for _, o := range orders {
		key, _ := o.ctx.Value(keyed{}).(string)
		if o.err == nil || key == "" || !o.by.Known() {
			continue
		}
		if _, err := tx.Exec(tx.Context(), `DELETE FROM submission_keys WHERE key = $1 AND ref = ''`, o.by.ID+"\n"+key); err != nil {
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
		p := t.publishable(t.text.Pledge)
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
	if err := setPublished(ctx, tx, published); err != nil {
		return err
	}
	columns := []string{"ref", "version", "at", "by", "action", "from_state", "to_state", "note"}
	if err := tx.InsertRows(ctx, "submission_events", columns, len(events), func(i int) []any { return events[i] }); err != nil {
		return err
	}
	for i, t := range turns {
		if whose[i].err == nil {
			if err := d.remember(whose[i].ctx, tx, t.by, t.record); err != nil {
				return err
			}
		}
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

// ReceiptsKind is the kind of job that sends parties their receipts; PostReceipts handles it.
const ReceiptsKind = "intake.receipts"

type receipts struct {
	Refs []string `json:"refs"`
}

// PostReceipts posts the letters of what was published together. The job was added by the
// transaction that published; run again, it posts none twice.
func (d *Desk) PostReceipts(ctx context.Context, payload []byte) (err error) {
	defer errs.Wrap(&err, "post receipts")
	var r receipts
	if err := json.Unmarshal(payload, &r); err != nil {
		return queue.Final(err)
	}
	for _, ref := range r.Refs {
		err := d.DB.Write(ctx, func(tx *db.Tx) error {
			res, err := tx.Exec(ctx, `INSERT INTO submission_keys (key, digest, ref, version, at) VALUES ($1, '', $2, 0, $3) ON CONFLICT (key) DO NOTHING`,
				"receipt\n"+ref, ref, micro(tx.Now()))
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil || n == 0 {
				return err
			}
			rec, err := load(ctx, tx, ref, false)
			if err != nil {
				return err
			}
			t := d.turn(ctx, tx, access.Person{}, access.PublishPledge, rec)
			to, err := t.addressees(t.parties()...)
			if err != nil {
				return err
			}
			return t.post("pledge_published", to, t.publicLinks())
		})
		if err != nil {
			return err
		}
	}
	return nil
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
	p := t.publishable(t.text.Pledge)
	if !slices.ContainsFunc(partiesOf(p), func(code string) bool { _, public := parties.public.Find(code); return !public }) {
		return parties.Err()
	}
	found := pledge.Rules{Pack: t.desk.pack(), Mode: pledge.ByForm, Party: parties.find}.Pledge(p)
	if err := parties.Err(); err != nil {
		return err
	}
	return errs.InvalidFields(found...)
}

func blockedError(ref string, why []string) error {
	if len(why) == 0 {
		return nil
	}
	return errs.New(errs.Conflict, "%s cannot be published: %s", ref, strings.Join(why, ", ")).WithKey(why[0])
}

// What keeps a submission from being published.
const (
	BlockedHold      = "work.blocked.hold"
	BlockedClearance = "work.blocked.clearance"
	BlockedProposal  = "work.blocked.proposal"
	BlockedMatch     = "work.blocked.match"
	BlockedAwaited   = "work.blocked.awaited"
	BlockedFourEyes  = "work.blocked.four_eyes"
)

// facts are what is known of several submissions, read in a few queries.
type facts struct {
	houses    map[string]Holding // by party
	kinds     map[string]string  // of the parties
	proposed  map[string]bool    // refs with an open proposal
	unmatched map[string]bool    // refs that answer a pledge whose party has not confirmed
}

func (d *Desk) facts(ctx context.Context, tx *db.Tx, records map[string]*record) (*facts, error) {
	f := &facts{houses: map[string]Holding{}, kinds: map[string]string{}, proposed: map[string]bool{}, unmatched: map[string]bool{}}
	if len(records) == 0 {
		return f, nil
	}
	known := d.lookup(ctx, tx)
	var refs, codes []any
	seen := map[string]bool{}
	for ref, r := range records {
		refs = append(refs, ref)
		for _, code := range r.parties() {
			for _, c := range []string{code, party.Root(code)} {
				if !seen[c] {
					seen[c] = true
					codes = append(codes, c)
					p, _ := known.find(c)
					f.kinds[c] = p.Kind
				}
			}
		}
	}
	if err := known.Err(); err != nil {
		return nil, err
	}
	err := each(ctx, tx, `SELECT `+holdingColumns+` FROM intake_parties WHERE party IN (`+tx.List(len(codes))+`)`, codes, func(scan func(...any) error) error {
		h, err := scanHolding(scan)
		f.houses[h.Party] = h
		return err
	})
	if err != nil {
		return nil, err
	}
	mark := func(m map[string]bool) func(func(...any) error) error {
		return func(scan func(...any) error) error {
			var ref string
			err := scan(&ref)
			m[ref] = true
			return err
		}
	}
	in := tx.List(len(refs))
	if err := each(ctx, tx, `SELECT ref FROM submission_proposals WHERE ref IN (`+in+`) AND state = 'open'`, refs, mark(f.proposed)); err != nil {
		return nil, err
	}
	return f, each(ctx, tx, `SELECT ref FROM offers WHERE ref IN (`+in+`) AND state <> 'confirmed'`, refs, mark(f.unmatched))
}

func each(ctx context.Context, tx *db.Tx, query string, args []any, f func(scan func(...any) error) error) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// blocked lists what keeps a submission from being published, by whoever asks; nobody is the
// clock, for which somebody has decided.
func (t *turn) blocked(f *facts, by access.Person) (why []string) {
	add := func(key string, is bool) {
		if is && !slices.Contains(why, key) {
			why = append(why, key)
		}
	}
	add(BlockedAwaited, t.Awaited)
	for _, code := range t.parties() {
		own, root := f.houses[code], f.houses[party.Root(code)]
		add(BlockedHold, own.Held || root.Held)
		add(BlockedClearance, needsClearance(f.kinds[code]) && own.ClearedUntil < t.today && root.ClearedUntil < t.today)
	}
	add(BlockedProposal, f.proposed[t.Ref])
	add(BlockedMatch, f.unmatched[t.Ref])
	add(BlockedFourEyes, t.desk.FourEyes && (t.x.Accepted == nil || t.x.Accepted.By == by.ID))
	return why
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

// Schedule accepts a submission for publication at a minute. Until then nobody outside the desk
// and the party knows.
func (d *Desk) Schedule(ctx context.Context, by access.Person, ref string, ifVersion int, at time.Time) (Submission, error) {
	at = at.UTC().Truncate(time.Minute)
	return d.act(ctx, by, ref, ifVersion, access.SchedulePledge, at, func(t *turn) error {
		if !at.After(t.now) {
			return errs.InvalidFields(errs.Field{Field: "publish_at", Message: "must be a minute to come"})
		}
		about, err := d.facts(t.ctx, t.tx, map[string]*record{t.Ref: t.record})
		if err != nil {
			return err
		}
		if err := blockedError(t.Ref, t.blocked(about, t.by)); err != nil {
			return err
		}
		found := pledge.Rules{Pack: d.pack(), Mode: pledge.ByForm, Party: d.lookup(t.ctx, t.tx).find}.Pledge(t.publishable(t.text.Pledge))
		if err := errs.InvalidFields(found...); err != nil {
			return err
		}
		t.PublishAt = at
		t.answered()
		return t.step(pledge.Schedule)
	})
}

// Unschedule recalls what was scheduled.
func (d *Desk) Unschedule(ctx context.Context, by access.Person, ref string, ifVersion int) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.UnschedulePledge, nil, func(t *turn) error {
		t.PublishAt = time.Time{}
		return t.step(pledge.Unschedule)
	})
}
