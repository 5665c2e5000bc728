package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"stocktake/internal/pledge"
)

// A party confirms its part of a joint pledge as the words then are. Where the lead changes them,
// the party is asked again once the secretariat has the new ones, and they are not published with
// its name before it has confirmed them, too.

// words are what is agreed to, as a hash: all that the public would read but who makes the pledge,
// the form that follows from that, and which call it answers.
func (r *record) words() string {
	p := r.publishable(r.text.Pledge)
	p.ID, p.Parties, p.Form, p.Call = "", nil, "", ""
	p.Attachments = released(p.Attachments, r.text.Public, nil)
	doc, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("intake: a pledge that was read cannot be written: %v", err)) // it has come from JSON
	}
	sum := sha256.Sum256(doc)
	return hex.EncodeToString(sum[:])
}

// keepAgreed keeps what the parties have confirmed, before other words are written.
func (t *turn) keepAgreed() {
	if t.isNew {
		return // the parties of what came from elsewhere stand by the words that come with it
	}
	for _, in := range t.Invitations {
		if _, known := t.x.Agreed[in.Party]; known || in.State != Confirmed {
			continue
		}
		if t.x.Agreed == nil {
			t.x.Agreed = map[string]string{}
		}
		t.x.Agreed[in.Party] = t.words()
	}
}

// outrun reports whether a party has confirmed other words than those that stand.
func (r *record) outrun(in Invitation) bool {
	agreed, other := r.x.Agreed[in.Party]
	return in.State == Confirmed && other && agreed != r.words()
}

// agreed are the parties that have confirmed the words as they stand.
func (r *record) agreed() (all []string) {
	for _, in := range r.Invitations {
		if in.State == Confirmed && !r.outrun(in) {
			all = append(all, in.Party)
		}
	}
	return all
}

// askedAgain reports whether a party that has confirmed is asked for its word on the text that the
// secretariat has, and that is not public.
func (r *record) askedAgain(in Invitation) bool {
	return r.State != pledge.StatePublished && r.docVer == r.sentVer && r.outrun(in)
}

// inherited reports whether the lead became it by another's leaving, and has neither confirmed the
// words as they stand nor submitted any.
func (r *record) inherited() bool {
	agreed, other := r.x.Agreed[r.Lead]
	return other && agreed != r.words()
}

// waitedFor reports whether nothing is published before a party has confirmed the words as they
// stand: not a party that came with a pledge from elsewhere, and for which nobody speaks here.
func (t *turn) waitedFor(in Invitation) bool {
	if !t.outrun(in) || in.By != "" {
		return t.outrun(in)
	}
	people, err := t.desk.People.ContactsOf(t.ctx, t.tx, in.Party, t.today)
	return err != nil || len(people) > 0
}

// unconfirmed are the parties that are waited for, for the lead and the desk. Where none has been
// asked yet, the lead is told of those that could not be.
func (t *turn) unconfirmed() (all []Unconfirmed, err error) {
	writing := slices.Contains([]pledge.State{pledge.StateDraft, pledge.StateReturned, pledge.StatePublished}, t.State)
	if !writing && !slices.Contains([]pledge.State{pledge.StateSubmitted, pledge.StateScheduled, pledge.StateRevisionSubmitted}, t.State) {
		return nil, nil
	}
	for _, in := range t.Invitations {
		if !t.waitedFor(in) {
			continue
		}
		people, err := t.desk.People.ContactsOf(t.ctx, t.tx, in.Party, t.today)
		if err != nil {
			return nil, err
		}
		u := Unconfirmed{Party: in.Party, Unreached: len(people) == 0}
		if !writing {
			u.Since = t.Submitted
			if t.docAt.After(u.Since) { // a proposal that was approved
				u.Since = t.docAt
			}
		}
		if u.Unreached || !writing {
			all = append(all, u)
		}
	}
	return all, nil
}

// askAgain writes to the parties whose confirmation is of other words.
func (t *turn) askAgain() error {
	for _, in := range t.Invitations {
		if !t.askedAgain(in) {
			continue
		}
		if err := t.letterToParty("pledge_joint_again", in.Party, nil); err != nil {
			return err
		}
	}
	return nil
}
