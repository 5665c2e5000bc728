package comment

import (
	"context"
	"slices"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

// About is a pledge with what a person may say of it.
type About struct {
	Pledge  pledge.Current
	Reports int
	Speaks  []string // parties for which the person may comment
	Replies string   // party for which the person may reply; "" for none
	Own     []Case   // what the person wrote, newest first
	Asked   []Case   // comments that the party in the lead was asked about, newest first
}

// Open reports whether a comment of the person is under way; no other one can be begun.
func (a About) Open() bool {
	return slices.ContainsFunc(a.Own, func(c Case) bool { return slices.Contains(open, c.State) })
}

// About is what the page of a pledge shows to who would comment or reply.
func (o *Office) About(ctx context.Context, by access.Person, id string) (a About, err error) {
	defer errs.Wrap(&err, "comments on %s", id)
	if err := o.Mandated(pledge.CommentKind); err != nil {
		return a, err
	}
	err = o.DB.Read(ctx, func(tx *db.Tx) error {
		m, err := o.matter(ctx, tx, id)
		if err != nil {
			return err
		}
		day := today(tx)
		s := m.subject(by, day)
		a = About{Pledge: m.Current, Reports: m.reports, Speaks: m.apart(by, day)}
		if access.May(by, access.AnswerContest, s, day) {
			a.Replies = s.Lead
		}
		if a.Own, err = list(ctx, tx, `WHERE pledge = $1 AND person = $2 AND kind = $3 ORDER BY created DESC, id`, id, by.ID, pledge.CommentKind); err != nil {
			return err
		}
		if len(a.Speaks) == 0 && a.Replies == "" && len(a.Own) == 0 {
			if err := access.Check(by, access.ContestPledge, s, day); err != nil {
				return err
			}
			return errs.New(errs.Forbidden, "%s speaks for no party apart from those of %s", by.ID, id).WithKey("voice.not_apart")
		}
		if a.Replies != "" {
			a.Asked, err = list(ctx, tx, `WHERE pledge = $1 AND kind = $2 AND state IN ($3, $4, $5) ORDER BY created DESC, id`,
				id, pledge.CommentKind, string(Asked), string(Published), string(Replied))
		}
		return err
	})
	return a, err
}

// Mine lists what a person wrote, and what their parties are asked to reply to: newest first.
func (o *Office) Mine(ctx context.Context, by access.Person) (own, asked []Case, err error) {
	defer errs.Wrap(&err, "own comments")
	if err := o.Mandated(pledge.CommentKind); err != nil {
		return nil, nil, err
	}
	err = o.DB.Read(ctx, func(tx *db.Tx) error {
		if err := access.Enter(by, access.ContestPledge, today(tx)); err != nil {
			return err
		}
		if own, err = list(ctx, tx, `WHERE person = $1 AND kind = $2 ORDER BY created DESC, id`, by.ID, pledge.CommentKind); err != nil {
			return err
		}
		all, err := list(ctx, tx, `WHERE kind = $1 AND state IN ($2, $3, $4) ORDER BY created DESC, id`, pledge.CommentKind, string(Asked), string(Published), string(Replied))
		if err != nil {
			return err
		}
		asked = nil
		for _, c := range all {
			m, err := o.matter(ctx, tx, c.Pledge)
			if errs.Is(err, errs.Gone) {
				continue
			}
			if err != nil {
				return err
			}
			if access.May(by, access.AnswerContest, m.subject(by, today(tx)), today(tx)) {
				asked = append(asked, c)
			}
		}
		return nil
	})
	return own, asked, err
}

// Begin saves the first words of a comment.
func (o *Office) Begin(ctx context.Context, by access.Person, id string, words pledge.Comment) (c Case, err error) {
	defer errs.Wrap(&err, "comment on %s", id)
	err = o.DB.Write(ctx, func(tx *db.Tx) error {
		if err := o.Mandated(pledge.CommentKind); err != nil {
			return err
		}
		m, err := o.matter(ctx, tx, id)
		if err != nil {
			return err
		}
		c = Case{Kind: pledge.CommentKind, Pledge: id, Person: by.ID, State: Draft, Version: 1, Changed: tx.Now()}
		if err := o.written(ctx, tx, m, by, &c, words); err != nil {
			return err
		}
		return o.put(ctx, tx, &c)
	})
	return c, err
}

// Save keeps the words of a draft.
func (o *Office) Save(ctx context.Context, by access.Person, id string, ifVersion int, words pledge.Comment) (c Case, err error) {
	defer errs.Wrap(&err, "save comment %s", id)
	return o.act(ctx, by, access.ContestPledge, id, ifVersion, []State{Draft}, func(tx *db.Tx, m matter, c *Case) error {
		if err := o.written(ctx, tx, m, by, c, words); err != nil {
			return err
		}
		return o.put(ctx, tx, c)
	})
}

// Submit hands a draft in. From then on its words stay as they are.
func (o *Office) Submit(ctx context.Context, by access.Person, id string, ifVersion int) (c Case, err error) {
	defer errs.Wrap(&err, "hand in comment %s", id)
	return o.act(ctx, by, access.ContestPledge, id, ifVersion, []State{Draft}, func(tx *db.Tx, m matter, c *Case) error {
		if err := o.written(ctx, tx, m, by, c, c.Comment); err != nil {
			return err
		}
		c.State, c.Comment.On = Submitted, by.Day(tx.Now())
		if err := o.check(ctx, tx, m, c.Comment); err != nil {
			return err
		}
		return o.put(ctx, tx, c)
	})
}

// written takes the words of an author in: whose they are, and that the party has one comment on
// the pledge under way at most.
func (o *Office) written(ctx context.Context, tx *db.Tx, m matter, by access.Person, c *Case, words pledge.Comment) error {
	day := today(tx)
	speaks := m.apart(by, day)
	if !slices.Contains(speaks, words.By) {
		if err := access.Check(by, access.ContestPledge, m.subject(by, day), day); err != nil {
			return err
		}
		return errs.New(errs.Forbidden, "%s does not speak for %q on %s", by.ID, words.By, m.ID).WithKey("voice.not_apart")
	}
	others, err := list(ctx, tx, `WHERE pledge = $1 AND kind = $2 AND party = $3 AND id <> $4`, m.ID, pledge.CommentKind, words.By, c.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(others, func(x Case) bool {
		return slices.Contains(open, x.State) && (x.State != Draft || x.Person == by.ID)
	}) {
		return errs.New(errs.Conflict, "%s has a comment on %s under way", words.By, m.ID).WithKey("voice.under_way")
	}
	words.Pledge, words.Number, words.On, words.AskedOn, words.ReplyBy, words.Reply = m.ID, 0, "", "", "", nil
	c.Party, c.Comment = words.By, words.Tidied()
	return nil
}

// check holds a comment against the rules; they are asked again when it is published.
func (o *Office) check(ctx context.Context, tx *db.Tx, m matter, words pledge.Comment) error {
	known := party.Codes(ctx, tx)
	found := pledge.Rules{Pack: o.Pack, Mode: pledge.ByForm, Party: known.Find, Today: today(tx)}.Comment(m.Pledge, m.reports, words)
	if err := known.Err(); err != nil {
		return err
	}
	return errs.InvalidFields(found...)
}

// Reply takes in what the party in the lead says to a comment. It may be mended until it is
// published; one that comes after the comment was published waits to be put beside it.
func (o *Office) Reply(ctx context.Context, by access.Person, id string, ifVersion int, words pledge.Reply) (c Case, err error) {
	defer errs.Wrap(&err, "reply to comment %s", id)
	return o.act(ctx, by, access.AnswerContest, id, ifVersion, []State{Asked, Published, Replied}, func(tx *db.Tx, m matter, c *Case) error {
		if c.Kind != pledge.CommentKind || c.State == Published && c.Comment.Reply != nil {
			return errs.New(errs.Conflict, "%s has a reply", id).WithKey("voice.moved")
		}
		if c.State == Published {
			c.State = Replied
		}
		words.By, words.On = m.subject(by, today(tx)).Lead, by.Day(tx.Now())
		c.Comment.Reply = &words
		c.Comment = c.Comment.Tidied()
		if err := o.check(ctx, tx, m, c.Comment); err != nil {
			return err
		}
		return o.put(ctx, tx, c)
	})
}
