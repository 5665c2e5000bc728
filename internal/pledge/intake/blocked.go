package intake

import (
	"context"
	"slices"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/party"
)

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
	BlockedWords     = "work.blocked.words"
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
	known := lookup(ctx, tx)
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
	add(BlockedWords, t.inherited() || slices.ContainsFunc(t.Invitations, t.waitedFor))
	add(BlockedFourEyes, t.desk.FourEyes && (t.x.Accepted == nil || t.x.Accepted.By == by.ID))
	return why
}
