package comment

import (
	"context"
	"slices"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

// office is under whose name all of it is published: the secretariat passes on, and says nothing.
const office = "office:secretariat"

// List is what the desk sees, the oldest change first: everything but drafts.
func (o *Office) List(ctx context.Context, by access.Person) (all []Case, err error) {
	defer errs.Wrap(&err, "comments and assessments")
	if err := o.Mandated(pledge.VoiceKinds...); err != nil {
		return nil, err
	}
	err = o.DB.Read(ctx, func(tx *db.Tx) error {
		if err := access.Enter(by, access.PublishContest, today(tx)); err != nil {
			return err
		}
		all, err = list(ctx, tx, `WHERE state <> $1 ORDER BY changed, id`, string(Draft))
		all = slices.DeleteFunc(all, func(c Case) bool { return !pledge.Mandated(o.Pack, c.Kind) })
		return err
	})
	return all, err
}

// Waiting counts what the desk can do something about: let through, decline, or publish. It names
// nothing, and is 0 where the pack cites no mandate.
func (o *Office) Waiting(ctx context.Context, tx *db.Tx) (n int, err error) {
	defer errs.Wrap(&err, "comments and assessments that wait")
	all, err := list(ctx, tx, `WHERE state IN ($1, $2, $3)`, string(Submitted), string(Asked), string(Replied))
	for _, c := range all {
		if pledge.Mandated(o.Pack, c.Kind) && (c.State == Submitted || c.Ready(today(tx))) {
			n++
		}
	}
	return n, err
}

// Get is one case, for the desk, with the pledge that it speaks of.
func (o *Office) Get(ctx context.Context, by access.Person, id string) (c Case, p pledge.Current, err error) {
	defer errs.Wrap(&err, "case %s", id)
	err = o.DB.Read(ctx, func(tx *db.Tx) error {
		if err := access.Enter(by, access.PublishContest, today(tx)); err != nil {
			return err
		}
		if c, err = find(ctx, tx, id, ""); err != nil {
			return err
		}
		if err := o.Mandated(c.Kind); err != nil {
			return err
		}
		if c.State == Draft {
			return errs.New(errs.NotFound, "%s is a draft", id)
		}
		m, err := o.matter(ctx, tx, c.Pledge)
		p = m.Current
		return err
	})
	return c, p, err
}

// Enter takes in an assessment on behalf of the institution that made it.
func (o *Office) Enter(ctx context.Context, by access.Person, id string, a pledge.Assessment) (c Case, err error) {
	defer errs.Wrap(&err, "assessment of %s", id)
	err = o.DB.Write(ctx, func(tx *db.Tx) error {
		if err := o.Mandated(pledge.AssessmentKind); err != nil {
			return err
		}
		m, err := o.matter(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := access.Check(by, access.AssessPledge, m.subject(by, today(tx)), today(tx)); err != nil {
			return err
		}
		a = a.Tidied()
		a.Pledge, a.Number = id, 0
		found := pledge.Rules{Pack: o.Pack, Mode: pledge.ByForm}.Assessment(m.Pledge, m.reports, a)
		if a.On > today(tx) {
			found = append(found, errs.Field{Field: "on", Value: a.On, Message: "must not be later than today"})
		}
		if len(found) > 0 {
			return errs.InvalidFields(found...)
		}
		c = Case{Kind: pledge.AssessmentKind, Pledge: id, Person: by.ID, State: Submitted, Version: 1, Changed: tx.Now(), Assessment: a}
		return o.put(ctx, tx, &c)
	})
	return c, err
}

// Screen lets a comment through, and asks the party in the lead for its reply.
func (o *Office) Screen(ctx context.Context, by access.Person, id string, ifVersion int, seen Checks) (c Case, err error) {
	defer errs.Wrap(&err, "screen comment %s", id)
	return o.act(ctx, by, access.PublishContest, id, ifVersion, []State{Submitted}, func(tx *db.Tx, m matter, c *Case) error {
		if c.Kind != pledge.CommentKind {
			return errs.New(errs.Conflict, "an assessment is not screened").WithKey("voice.moved")
		}
		if seen != (Checks{true, true, true}) {
			return errs.InvalidFields(errs.Field{Field: "checks", Message: "voice.fault.checks"})
		}
		c.State, c.Screened = Asked, by.ID
		c.Comment.AskedOn = today(tx)
		c.Comment.ReplyBy = tx.Now().AddDate(0, 0, o.replyDays()).Format(time.DateOnly)
		if err := o.put(ctx, tx, c); err != nil {
			return err
		}
		return o.tell(ctx, tx, m, *c, LetterAsked, func(l lang.Code) map[string]string {
			return map[string]string{"Contests": c.Comment.Contests, "Due": lang.Date(l, c.Comment.ReplyBy), "Link": o.address(l, "/my/"+m.ID+"/comments/"+c.ID)}
		})
	})
}

// Decline ends a comment, and tells its author why.
func (o *Office) Decline(ctx context.Context, by access.Person, id string, ifVersion int, why Reason) (c Case, err error) {
	defer errs.Wrap(&err, "decline comment %s", id)
	return o.act(ctx, by, access.PublishContest, id, ifVersion, []State{Submitted}, func(tx *db.Tx, m matter, c *Case) error {
		if !slices.Contains(Reasons, why) || c.Kind != pledge.CommentKind {
			return errs.InvalidFields(errs.Field{Field: "reason", Value: string(why), Message: "work.fault.choice"})
		}
		c.State, c.Reason = Declined, why
		if err := o.put(ctx, tx, c); err != nil {
			return err
		}
		return o.tellAuthor(ctx, tx, m, *c, LetterDeclined, func(l lang.Code) map[string]string {
			return map[string]string{"Reason": why.In(l), "Link": o.address(l, "/my/"+m.ID+"/comments")}
		})
	})
}

// SetAside takes spam, or what was entered by mistake, out of the way. It is kept.
func (o *Office) SetAside(ctx context.Context, by access.Person, id string, ifVersion int) (Case, error) {
	return o.move(ctx, by, id, ifVersion, Submitted, SetAside)
}

// TakeUp brings back what was set aside.
func (o *Office) TakeUp(ctx context.Context, by access.Person, id string, ifVersion int) (Case, error) {
	return o.move(ctx, by, id, ifVersion, SetAside, Submitted)
}

func (o *Office) move(ctx context.Context, by access.Person, id string, ifVersion int, from, to State) (c Case, err error) {
	defer errs.Wrap(&err, "case %s", id)
	return o.act(ctx, by, access.PublishContest, id, ifVersion, []State{from}, func(tx *db.Tx, _ matter, c *Case) error {
		c.State = to
		return o.put(ctx, tx, c)
	})
}

// Publish puts a case into the register: an assessment; a comment with the reply beside it or,
// when the time for one has passed, without; or a reply that came later, as a further version.
func (o *Office) Publish(ctx context.Context, by access.Person, id string, ifVersion int) (c Case, err error) {
	defer errs.Wrap(&err, "publish case %s", id)
	return o.act(ctx, by, access.PublishContest, id, ifVersion, []State{Submitted, Asked, Replied}, func(tx *db.Tx, m matter, c *Case) error {
		first := map[string]string{pledge.AssessmentKind: c.Person, pledge.CommentKind: c.Screened}[c.Kind]
		switch {
		case !c.Ready(today(tx)):
			return errs.New(errs.Conflict, "%s cannot be published yet", id).WithKey("voice.too_early")
		case o.FourEyes && first == by.ID:
			return errs.New(errs.Forbidden, "somebody else than %s publishes it", by.ID).WithKey("voice.four_eyes")
		}
		if err := o.free(ctx, tx, *c); err != nil {
			return err
		}
		c.State = Published
		if err := o.put(ctx, tx, c); err != nil { // before the register's head is taken
			return err
		}
		var out pledge.Outcome
		var err error
		if terms := (pledge.Terms{Actor: office, Mode: pledge.ByForm}); c.Kind == pledge.AssessmentKind {
			out, err = o.Book.Assess(ctx, tx, terms, c.Assessment)
			c.Assessment.Number = out.Number
		} else {
			out, err = o.Book.Comment(ctx, tx, terms, c.Comment)
			c.Comment.Number = out.Number
		}
		if err != nil {
			return err
		}
		c.Number, c.Entry = out.Number, out.Position
		if err := o.put(ctx, tx, c); err != nil || c.Kind == pledge.AssessmentKind {
			return err
		}
		none := func(lang.Code) map[string]string { return nil }
		if err := o.tellAuthor(ctx, tx, m, *c, LetterPublished, none); err != nil {
			return err
		}
		return o.tell(ctx, tx, m, *c, LetterPublished, none)
	})
}

// free refuses to publish what comes from a party that the desk has on hold.
func (o *Office) free(ctx context.Context, tx *db.Tx, c Case) error {
	if o.OnHold == nil || c.Kind != pledge.CommentKind {
		return nil
	}
	from := []string{c.Party}
	if c.Comment.Reply != nil {
		from = append(from, c.Comment.Reply.By)
	}
	for _, code := range from {
		if held, err := o.OnHold(ctx, tx, code); err != nil || held {
			if err == nil {
				err = errs.New(errs.Conflict, "%s is on hold", code).WithKey("work.blocked.hold")
			}
			return err
		}
	}
	return nil
}

// tell writes to all contacts of the lead, or of the party that it is part of.
func (o *Office) tell(ctx context.Context, tx *db.Tx, m matter, c Case, letter string, words func(lang.Code) map[string]string) error {
	for code := m.Lead(); code != ""; code = party.ParentOf(code) {
		people, err := o.People.ContactsOf(ctx, tx, code, today(tx))
		if err != nil {
			return err
		}
		for _, p := range people {
			if err := o.post(ctx, tx, m, c, p, code, letter, words); err != nil {
				return err
			}
		}
		if len(people) > 0 {
			return nil
		}
	}
	return nil
}

// tellAuthor writes to who wrote a comment, if there still is such an account.
func (o *Office) tellAuthor(ctx context.Context, tx *db.Tx, m matter, c Case, letter string, words func(lang.Code) map[string]string) error {
	p, err := o.People.PersonByID(ctx, tx, c.Person)
	switch {
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Gone), err == nil && (p.Closed || p.Email == ""):
		return nil
	case err != nil:
		return err
	}
	return o.post(ctx, tx, m, c, p, c.Party, letter, words)
}

func (o *Office) post(ctx context.Context, tx *db.Tx, m matter, c Case, p access.Person, code, letter string, words func(lang.Code) map[string]string) error {
	l := p.Language
	if !lang.Known(string(l)) {
		l = lang.Default
	}
	directory := party.Codes(ctx, tx)
	name := func(code string) string {
		if known, ok := directory.Find(code); ok {
			return known.Name(l)
		}
		return code
	}
	data := map[string]string{"ID": m.ID, "Title": m.Title, "By": name(c.Party), "Page": o.address(l, "/pledges/"+m.ID)}
	if err := directory.Err(); err != nil {
		return err
	}
	for k, v := range words(l) {
		data[k] = v
	}
	_, err := o.Mail.Post(ctx, tx, mail.Letter{To: p.Email, Name: p.Name, Person: p.ID, Party: code, Template: letter, Language: l, Data: data})
	return err
}

func (o *Office) address(c lang.Code, path string) string { return o.BaseURL + "/" + string(c) + path }
