package intake

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

// PublishRevision publishes the next version of a pledge.
func (d *Desk) PublishRevision(ctx context.Context, by access.Person, ref string, ifVersion int) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.PublishRevision, nil, func(t *turn) error {
		about, err := d.facts(t.ctx, t.tx, map[string]*record{t.Ref: t.record})
		if err != nil {
			return err
		}
		if err := blockedError(t.Ref, t.blocked(about, t.by)); err != nil {
			return err
		}
		p := t.payload(t.text)
		p.Notice = t.x.Notice
		letters, err := t.addressees(t.parties()...)
		if err != nil {
			return err
		}
		if err := t.step(pledge.PublishRevision); err != nil {
			return err
		}
		t.x.Notice, t.x.Accepted = nil, nil
		t.answered()
		if err := t.revise(pledge.Terms{Actor: Secretariat, Mode: pledge.ByForm}, p); err != nil {
			return err
		}
		if err := t.release(p); err != nil {
			return err
		}
		return t.post("pledge_published", letters, t.publicLinks())
	})
}

// revise publishes a version, and before it the parties that the register does not know yet.
func (t *turn) revise(terms pledge.Terms, p pledge.Pledge) error {
	d := t.desk
	batch, err := d.Book.Batch(t.ctx, t.tx, terms)
	if err != nil {
		return err
	}
	if err := introduce(batch, lookup(t.ctx, t.tx), p); err != nil {
		return err
	}
	if err := batch.Finish(); err != nil {
		return err
	}
	_, err = d.Book.Revise(t.ctx, t.tx, terms, p)
	return err
}

// republish publishes a changed version of what is public. It is no judgement on the rest of the
// text: older records may break rules that are newer than they are.
func (t *turn) republish(change func(*pledge.Pledge)) error {
	current, err := pledge.Get(t.ctx, t.tx, t.Published)
	if err != nil {
		return err
	}
	p := current.Pledge
	p.Notice = nil
	change(&p)
	actor := t.actor()
	return t.revise(pledge.Terms{Actor: actor, Mode: pledge.ByImport}, p)
}

// actor is under whose name the register shows what was done: the party's, or the secretariat's;
// never a person's.
func (t *turn) actor() string {
	for _, code := range append([]string{t.Lead, t.note}, t.parties()...) {
		if _, ok := t.by.FocalPoint(code, t.today); ok {
			return code
		}
	}
	return Secretariat
}

// bySelf are the words of the register where a party gives no reason.
var bySelf = map[lang.Code]string{
	lang.AR: "سُحب بطلب من الطرف الذي قدّمه.", lang.EN: "Withdrawn by the party that made it.",
	lang.ES: "Retirado por la parte que lo presentó.", lang.FR: "Retiré par la partie qui l’a présenté.",
	lang.RU: "Отозвано стороной, которая его представила.", lang.ZH: "由作出承诺的一方撤回。",
}

var replaced = map[lang.Code]string{
	lang.AR: "استُعيض عنه بتعهد آخر من الطرف نفسه.", lang.EN: "Replaced by another pledge, by the party that made it.",
	lang.ES: "Sustituido por otra promesa, por la parte que lo presentó.", lang.FR: "Remplacé par un autre engagement, par la partie qui l’a présenté.",
	lang.RU: "Заменено другим обязательством стороной, которая его представила.", lang.ZH: "由作出承诺的一方以另一项承诺取代。",
}

// reason is what the public is told: what was given, our words where a party gives none, and
// never nothing from the secretariat.
func (t *turn) reason(given pledge.Notice, otherwise map[lang.Code]string) (pledge.Notice, error) {
	if n := notice(given); n != nil {
		if !lang.Known(string(n.Language)) {
			n.Language = t.text.Pledge.Language
		}
		return *n, nil
	}
	if !t.owner() {
		return pledge.Notice{}, errs.InvalidFields(errs.Field{Field: "notice.reason", Message: "is needed: the public is told why"})
	}
	language := t.text.Pledge.Language
	if otherwise[language] == "" {
		language = lang.EN
	}
	return pledge.Notice{Reason: otherwise[language], Language: language}, nil
}

// Withdraw ends a published pledge; its page stays. A party need give no reason, the secretariat
// must, and it is public. A party that does not make it alone leaves instead (LeavePledge): the
// others' part is theirs.
func (d *Desk) Withdraw(ctx context.Context, by access.Person, ref string, ifVersion int, why pledge.Notice) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.WithdrawPledge, why, func(t *turn) error {
		if t.owner() && len(t.parties()) > 1 {
			return errs.New(errs.Conflict, "others take part in %s", t.Ref).WithKey("work.others_take_part")
		}
		reason, err := t.reason(why, bySelf)
		if err != nil {
			return err
		}
		return t.end(pledge.Withdraw, func(terms pledge.Terms) error {
			_, err := d.Book.Withdraw(t.ctx, t.tx, terms, t.Published, reason)
			return err
		})
	})
}

// Supersede ends a published pledge in favour of another one that stands.
func (d *Desk) Supersede(ctx context.Context, by access.Person, ref string, ifVersion int, with string, why pledge.Notice) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.SupersedePledge, []any{with, why}, func(t *turn) error {
		reason, err := t.reason(why, replaced)
		if err != nil {
			return err
		}
		if t.owner() {
			other, err := pledge.Get(t.ctx, t.tx, with)
			if err != nil {
				return err
			}
			if _, own := t.by.FocalPoint(other.Lead(), t.today); !own {
				return errs.InvalidFields(errs.Field{Field: "superseded_by", Value: party.Glimpse(with), Message: "must be another pledge of the same party"})
			}
		}
		return t.end(pledge.Supersede, func(terms pledge.Terms) error {
			_, err := d.Book.Supersede(t.ctx, t.tx, terms, t.Published, with, reason)
			return err
		})
	})
}

func (t *turn) end(do pledge.Action, publish func(pledge.Terms) error) error {
	letters, err := t.addressees(t.parties()...)
	if err != nil {
		return err
	}
	if err := t.retractProposals(); err != nil {
		return err
	}
	if err := t.step(do); err != nil {
		return err
	}
	for _, in := range t.Invitations {
		if in.State == Unanswered { // those that make it are told below
			if err := t.over(in); err != nil {
				return err
			}
		}
	}
	if err := t.leaving(""); err != nil {
		return err
	}
	if err := publish(pledge.Terms{Actor: t.actor(), Mode: pledge.ByForm}); err != nil {
		return err
	}
	return t.post("pledge_ended", letters, t.publicLinks())
}

// wordsAndMoney are the fields that are a party's own: nobody else changes what they say.
var wordsAndMoney = []string{
	"title", "text", "language", "text_by", "parties", "form", "matches", "nature", "starts_on", "ends_on", "milestones", "indicators",
	"money", "announced_on", "announced_at", "attachments",
}

// PartysOwn reports whether a field says a party's own words or money.
func PartysOwn(field string) bool { return slices.Contains(wordsAndMoney, field) }

// Correct publishes a corrected version at once; the reason is compulsory and public. It is for
// how a pledge is filed: its objectives, places, channel, source. A party's words and money are
// corrected only on the party's own request, which how says.
func (d *Desk) Correct(ctx context.Context, by access.Person, ref string, ifVersion int, p pledge.Pledge, why pledge.Notice, how *Received) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.EnterPledge, []any{p, why, how}, func(t *turn) error {
		t.do = "pledge.correct"
		if t.State != pledge.StatePublished {
			return errs.New(errs.Conflict, "it is %q", t.State).WithKey("work.not_now")
		}
		reason := notice(why)
		if reason == nil {
			return errs.InvalidFields(errs.Field{Field: "notice.reason", Message: "is needed: the public is told why"})
		}
		if !lang.Known(string(reason.Language)) {
			reason.Language = t.text.Pledge.Language
		}
		if how != nil {
			if err := errs.InvalidFields(how.findings(t.today)...); err != nil {
				return err
			}
			t.note = how.How + " " + how.On + " " + how.Reference
		}
		current, err := pledge.Get(t.ctx, t.tx, t.Published)
		if err != nil {
			return err
		}
		p := t.publishable(p)
		p.Parties, p.Call = current.Parties, current.Call
		for _, c := range pledge.Changes(current.Pledge, p) {
			if how == nil && slices.Contains(wordsAndMoney, c.Field) {
				return errs.InvalidFields(errs.Field{Field: c.Field, Message: "is the party's own: propose the change, or say how the party asked for it"})
			}
		}
		// What the party works on is left alone where it has gone on; else it follows.
		unchanged := t.doc == t.sent
		if unchanged {
			text := p // what the party keeps private stays in it
			if slices.Equal(p.Attachments, current.Attachments) {
				text.Attachments = t.text.Pledge.Attachments
			}
			agreed := t.agreed()
			if err := t.write(body{Pledge: text, Contact: t.text.Contact}); err != nil && !errors.Is(err, errNothing) {
				return err
			}
			t.give()
			for _, code := range agreed { // a correction is no new pledge: who stood by it stands by it
				delete(t.x.Agreed, code)
			}
		}
		p.Notice = reason
		letters, err := t.addressees(t.parties()...)
		if err != nil {
			return err
		}
		if err := t.revise(pledge.Terms{Actor: Secretariat, Mode: pledge.ByImport}, p); err != nil {
			return err
		}
		return t.post("pledge_published", letters, t.publicLinks())
	})
}

// RefOf is the reference of the submission of a published pledge, "" where there is none (see Adopt).
func (d *Desk) RefOf(ctx context.Context, by access.Person, id string) (ref string, err error) {
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		ref = ""
		_, s, err := of(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := access.Check(by, access.ReadPledge, s, day(tx.Now())); err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `SELECT ref FROM submissions WHERE published = $1`, id).Scan(&ref)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return ref, err
}

// Adopt is the submission of a published pledge. One that came by an import, or before there
// were submissions, gets one: its text is what the register has, its parties have confirmed.
func (d *Desk) Adopt(ctx context.Context, by access.Person, id string) (out Submission, err error) {
	defer errs.Wrap(&err, "adopt %s", id)
	adopt := func(tx *db.Tx) error {
		p, s, err := of(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := access.Check(by, access.ReadPledge, s, day(tx.Now())); err != nil {
			return err
		}
		var ref string
		err = tx.QueryRow(ctx, `SELECT ref FROM submissions WHERE published = $1`, id).Scan(&ref)
		if err == nil {
			out, err = d.seen(ctx, tx, by, ref)
			return err
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		t, err := d.begin(ctx, tx, by, "pledge.adopt", Beginning{Lead: p.Lead()})
		if err != nil {
			return err
		}
		if err := t.adopt(p.Pledge); err != nil {
			return err
		}
		out, err = d.view(ctx, tx, by, t.record)
		return err
	}
	err = d.DB.Write(ctx, adopt)
	if db.IsUnique(err) { // somebody else was first
		err = d.DB.Write(ctx, adopt)
	}
	return out, err
}

func (t *turn) adopt(p pledge.Pledge) error {
	t.Published, t.Author, t.Call = p.ID, "", cmp.Or(p.Call, Standing)
	switch p.Status {
	case pledge.Withdrawn:
		t.State = pledge.StateWithdrawn
	case pledge.Superseded:
		t.State = pledge.StateSuperseded
	default:
		t.State = pledge.StatePublished
	}
	return t.run(func(t *turn) error {
		for _, code := range p.Parties[1:] {
			if err := t.keep(Invitation{Party: code, State: Confirmed, Asked: t.now, Answered: t.now}); err != nil {
				return err
			}
		}
		if err := t.write(body{Pledge: p, Public: hashes(p.Attachments)}); err != nil {
			return err
		}
		t.give()
		return nil
	})
}

// bodyOf reads a stored text.
func bodyOf(doc string) (b body, err error) {
	err = json.Unmarshal([]byte(doc), &b)
	return b, err
}
