package intake

import (
	"context"
	"slices"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// Get is a submission as the person may see it: the party its own text, the desk the text that
// it was given, somebody invited that there is an invitation.
func (d *Desk) Get(ctx context.Context, by access.Person, ref string) (s Submission, err error) {
	defer errs.Wrap(&err, "submission %s", ref)
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		s, err = d.seen(ctx, tx, by, ref)
		return err
	})
	return s, err
}

// Of is the reference of a published pledge's submission; NotFound where it has none yet (see
// Adopt).
func (d *Desk) Of(ctx context.Context, by access.Person, id string) (s Submission, err error) {
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		var ref string
		if err := tx.QueryRow(ctx, `SELECT coalesce(max(ref), '') FROM submissions WHERE published = $1`, id).Scan(&ref); err != nil {
			return err
		}
		s, err = d.seen(ctx, tx, by, ref)
		return err
	})
	return s, err
}

func (d *Desk) seen(ctx context.Context, tx *db.Tx, by access.Person, ref string) (Submission, error) {
	r, err := load(ctx, tx, ref, false)
	if errs.Is(err, errs.NotFound) && !by.Known() {
		return Submission{}, access.Check(by, access.ReadPledge, access.Subject{State: string(pledge.StateDraft)}, day(tx.Now()))
	}
	if err != nil {
		return Submission{}, err
	}
	if err := mayRead(by, r, day(tx.Now())); err != nil {
		return Submission{}, err
	}
	return d.view(ctx, tx, by, r)
}

func mayRead(by access.Person, r *record, today string) error {
	s := r.subject()
	if access.May(by, access.AnswerInvitation, s, today) {
		return nil
	}
	err := access.Check(by, access.ReadPledge, s, today)
	if errs.Is(err, errs.Forbidden) { // that the pledge is public tells nothing of its submission
		return errs.New(errs.NotFound, "%s may not know of %s", by.ID, r.Ref)
	}
	return err
}

// sides are what somebody is to a submission.
type sides struct {
	lead, named, invited, desk bool
	former                     bool     // of a party that led it and has left
	parties                    []string // of the person, among those of the submission
}

func (r *record) sidesOf(by access.Person, today string) (s sides) {
	s.parties = by.Parties(today)
	s.lead = slices.Contains(s.parties, r.Lead)
	for _, in := range r.Invitations {
		if slices.Contains(s.parties, in.Party) {
			s.named = s.named || in.State == Confirmed
			s.invited = s.invited || in.State == Unanswered
		}
	}
	s.former = !s.lead && !s.named && slices.ContainsFunc(r.formerLeads(), func(p string) bool { return slices.Contains(s.parties, p) })
	office := by
	office.Grants = slices.DeleteFunc(slices.Clone(by.Grants), func(g access.Grant) bool { return g.Role == access.FocalPoint })
	s.desk = access.May(office, access.ReadPledge, r.subject(), today) && r.sent != ""
	return s
}

// view is the record as the person may see it.
func (d *Desk) view(ctx context.Context, tx *db.Tx, by access.Person, r *record) (Submission, error) {
	now := tx.Now()
	today := day(now)
	who := r.sidesOf(by, today)
	sees, err := r.sights(ctx, tx, who)
	if err != nil {
		return Submission{}, err
	}
	if who.former && !who.desk {
		return r.asLeft(ctx, tx, who, sees)
	}
	out := Submission{Ref: r.Ref, State: r.State, Version: r.Version, Lead: r.Lead, Call: r.Call, Published: r.Published}
	for _, in := range r.Invitations {
		own := slices.Contains(who.parties, in.Party)
		if who.lead && r.sawAsked(in) || own || in.State == Confirmed && (who.lead || who.named || who.desk) {
			if !own && (!who.lead || !r.sawAnswered(in)) {
				in.Note = ""
			}
			in.Again = r.askedAgain(in)
			out.Invitations = append(out.Invitations, in)
		}
	}
	if !who.lead && !who.named && !who.desk {
		return out, nil
	}
	out.Late, out.Created, out.Changed, out.Submitted, out.First = r.Late, r.Created, r.Changed, r.Submitted, r.First
	out.Responded, out.Awaited, out.Announced = r.Responded, r.Awaited, r.x.Announced
	text := r.text
	out.Written, out.WrittenBy = r.docAt, r.docBy
	if !who.lead && !who.named {
		if text, err = r.given(); err != nil {
			return Submission{}, err
		}
		if r.docVer != r.sentVer {
			out.Written, out.WrittenBy = r.Submitted, ""
		}
	}
	out.Pledge = r.publishable(text.Pledge)
	out.Public, out.KeptBack = slices.Clone(text.Public), slices.Clone(r.x.KeptBack)
	if who.lead && r.docVer > r.handedOver() || !who.lead && access.May(by, access.ReadContacts, access.Subject{Lead: r.Lead}, today) {
		out.Contact = text.Contact
	}
	if who.lead {
		out.Steps = slices.Clone(r.x.Steps)
		if len(r.x.Led) == 0 {
			out.Author = r.Author
		}
		out.Entered = r.x.Received != nil && !r.x.Taken
	}
	if who.lead || r.x.Received != nil && !r.x.Taken {
		out.Editing = r.editing(now)
	}
	if !r.clean {
		if out.Findings, err = d.findings(ctx, tx, r, text); err != nil {
			return Submission{}, err
		}
	}
	if (who.lead || who.desk) && !r.First.IsZero() && !r.first { // what was never with the desk has no proposals
		if out.Proposals, err = proposals(ctx, tx, r); err != nil {
			return Submission{}, err
		}
		if !who.desk {
			out.Proposals = slices.DeleteFunc(out.Proposals, func(p Proposal) bool { return p.State != Open && !sees.at(p.At) })
		}
		base := r.publishable(text.Pledge)
		for i := range out.Proposals {
			p := &out.Proposals[i]
			p.Pledge = r.publishable(p.Pledge)
			p.Changes = pledge.Changes(base, p.Pledge)
		}
	}
	if who.lead || access.May(by, access.ReadOrigin, r.subject(), today) {
		out.Received = r.x.Received
		if r.x.Confirmed != nil {
			out.Confirmed = r.x.Confirmed.At
		}
	}
	if who.lead || who.desk && r.docVer == r.sentVer {
		if out.Unconfirmed, err = d.turn(ctx, tx, by, access.ReadPledge, r).unconfirmed(); err != nil {
			return Submission{}, err
		}
	}
	if who.lead || who.named {
		if out.Stands, out.Revised, err = r.stands(ctx, tx); err != nil {
			return Submission{}, err
		}
	}
	if who.desk {
		if err := d.deskView(ctx, tx, by, r, &out); err != nil {
			return Submission{}, err
		}
	}
	return out, nil
}

func (d *Desk) deskView(ctx context.Context, tx *db.Tx, by access.Person, r *record, out *Submission) error {
	out.Assigned, out.Accepted, out.Ticked, out.PublishAt, out.JoinedTo = r.Assigned, r.x.Accepted, slices.Clone(r.x.Ticked), r.PublishAt, r.x.Joined
	switch r.State {
	case pledge.StateSubmitted, pledge.StateScheduled, pledge.StateRevisionSubmitted, pledge.StateDraft:
		about, err := d.facts(ctx, tx, map[string]*record{r.Ref: r})
		if err != nil {
			return err
		}
		t := d.turn(ctx, tx, by, access.PublishPledge, r)
		asks := by
		if r.State == pledge.StateScheduled {
			asks = access.Person{}
		}
		out.Blocked = t.blocked(about, asks)
	}
	return nil
}

// History is every text of a submission that the person may see, the newest first. The desk sees
// those that it was given.
func (d *Desk) History(ctx context.Context, by access.Person, ref string) (all []Draft, err error) {
	defer errs.Wrap(&err, "history of %s", ref)
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		all = nil
		r, who, err := d.reader(ctx, tx, by, ref)
		if err != nil {
			return err
		}
		if !who.lead && !who.named && !who.desk && !who.former {
			return errs.New(errs.NotFound, "%s may not read %s", by.ID, ref)
		}
		inside := who.lead || who.named || who.former
		if inside || r.docVer == r.sentVer {
			all = append(all, Draft{Version: r.docVer, At: r.docAt, By: r.docBy, Pledge: r.text.Pledge, Contact: r.text.Contact})
		}
		query := `SELECT version, at, by, doc FROM submission_texts WHERE ref = $1`
		if !inside {
			query += ` AND sent = 1`
		}
		err = each(ctx, tx, query+` ORDER BY version DESC`, []any{ref}, func(scan func(...any) error) error {
			var dr Draft
			var at int64
			var doc string
			if err := scan(&dr.Version, &at, &dr.By, &doc); err != nil {
				return err
			}
			b, err := bodyOf(doc)
			dr.At, dr.Pledge, dr.Contact = moment(at), b.Pledge, b.Contact
			all = append(all, dr)
			return err
		})
		for i := range all {
			if !who.lead {
				all[i].Contact, all[i].By = Contact{}, ""
			}
		}
		if err == nil && inside {
			var sees sights
			sees, err = r.sights(ctx, tx, who)
			all = sees.texts(all)
			for i := range all {
				if who.lead && all[i].Version <= r.handedOver() {
					all[i].Contact, all[i].By = Contact{}, ""
				}
			}
		}
		return err
	})
	return all, err
}

func (d *Desk) reader(ctx context.Context, tx *db.Tx, by access.Person, ref string) (*record, sides, error) {
	r, err := load(ctx, tx, ref, false)
	if err != nil {
		return nil, sides{}, err
	}
	today := day(tx.Now())
	if err := mayRead(by, r, today); err != nil {
		return nil, sides{}, err
	}
	return r, r.sidesOf(by, today), nil
}

// Trail is what was done, oldest first. The desk sees it from the first submission on; either
// side sees the other's people as nobody in particular.
func (d *Desk) Trail(ctx context.Context, by access.Person, ref string) (all []Event, err error) {
	defer errs.Wrap(&err, "trail of %s", ref)
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		all = nil
		r, who, err := d.reader(ctx, tx, by, ref)
		if err != nil {
			return err
		}
		if !who.lead && !who.desk && !who.former {
			return errs.New(errs.NotFound, "%s may not read %s", by.ID, ref)
		}
		sees, err := r.sights(ctx, tx, who)
		if err != nil {
			return err
		}
		return each(ctx, tx, `SELECT version, at, by, action, from_state, to_state, note FROM submission_events WHERE ref = $1 ORDER BY version`, []any{r.Ref}, func(scan func(...any) error) error {
			var e Event
			var at int64
			err := scan(&e.Version, &at, &e.By, &e.Action, &e.From, &e.To, &e.Note)
			e.At = moment(at)
			ours := deskActions[access.Action(e.Action)]
			if ours != who.desk {
				e.By = ""
			}
			if !who.desk {
				if !sees.has(e.Version) || !r.sawEvent(e, who) {
					return err
				}
				if who.lead && e.Version <= r.handedOver() {
					e.By = ""
				}
			}
			e.Note = r.told(e, who)
			if who.lead || who.former || e.From != pledge.StateDraft && e.From != pledge.StateReturned || e.From != e.To || ours {
				all = append(all, e)
			}
			return err
		})
	})
	return all, err
}

// deskActions are what the desk does.
var deskActions = map[access.Action]bool{
	access.EnterPledge: true, access.ReturnPledge: true, access.ReturnRevision: true, access.SetAsidePledge: true, access.TakeUpPledge: true,
	access.SchedulePledge: true, access.UnschedulePledge: true, access.PublishPledge: true, access.PublishRevision: true,
	access.ProposeChange: true, access.WriteNotes: true, "pledge.accept": true, "pledge.correct": true,
}

// Thread is what the desk and the submitter wrote to each other, oldest first; the desk's own
// notes are in it for the desk.
func (d *Desk) Thread(ctx context.Context, by access.Person, ref string) (all []Message, err error) {
	defer errs.Wrap(&err, "thread of %s", ref)
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		all = nil
		r, err := load(ctx, tx, ref, false)
		if err != nil {
			return err
		}
		today := day(tx.Now())
		if err := allow(by, access.ReadThread, r, 0, today); err != nil {
			return err
		}
		notes := access.May(by, access.ReadNotes, r.subject(), today)
		sees, err := r.sights(ctx, tx, r.sidesOf(by, today))
		if err != nil {
			return err
		}
		return each(ctx, tx, `SELECT number, at, by, side, kind, language, reasons, body FROM submission_messages WHERE ref = $1 ORDER BY number`, []any{ref}, func(scan func(...any) error) error {
			var m Message
			var at int64
			var reasons string
			if err := scan(&m.Number, &at, &m.By, &m.Side, &m.Kind, &m.Language, &reasons, &m.Body); err != nil {
				return err
			}
			m.At, m.Reasons = moment(at), strings.Fields(reasons)
			if m.Side == SideInner && !notes || !notes && !sees.at(m.At) {
				return nil
			}
			if (m.Side == SideParty) == notes && m.By != by.ID {
				m.By = "" // the other side's people
			}
			all = append(all, m)
			return nil
		})
	})
	return all, err
}

// languageOf is a person's language, or the default.
func languageOf(p access.Person) lang.Code {
	if lang.Known(string(p.Language)) {
		return p.Language
	}
	return lang.Default
}
