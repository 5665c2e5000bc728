package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

// What was announced from the floor is private until a reviewer decides to tell the public of it.
// Public are then the party, the occasion and the day on which it was announced, in an entry of
// their own kind that no total knows of. How and when it reached the desk, its reference and its
// scan stay here. The entry has a second version once the pledge is published, or once its text is
// awaited no more: set aside, abandoned, or taken back by a reviewer.

const (
	announce    access.Action = "pledge.announce"
	notAwaiting access.Action = "pledge.drop_announcement"
)

// Announce tells the public that a pledge was announced and its text is awaited, and the party
// that the public was told.
func (d *Desk) Announce(ctx context.Context, by access.Person, ref string, ifVersion int) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.EnterPledge, "announce", func(t *turn) error {
		t.do = announce
		if !t.Awaited || t.x.Taken || t.State != pledge.StateDraft {
			return errs.New(errs.Conflict, "%s is not awaited", t.Ref).WithKey("work.not_now")
		}
		if t.x.Announced != "" {
			return errNothing
		}
		p := t.text.Pledge
		if err := errs.InvalidFields(announceable(p, t.today)...); err != nil {
			return err
		}
		about, err := d.facts(t.ctx, t.tx, map[string]*record{t.Ref: t.record})
		if err != nil {
			return err
		}
		for _, why := range t.blocked(about, t.by) {
			if why == BlockedHold || why == BlockedClearance {
				return blockedError(t.Ref, []string{why})
			}
		}
		a := pledge.Announcement{Party: t.Lead, On: p.AnnouncedOn, Occasion: p.AnnouncedAt, Language: p.Language, Status: pledge.Awaited}
		if !lang.Known(string(a.Language)) {
			a.Language = languageOf(t.by)
		}
		letters, err := t.addressees(t.Lead)
		if err != nil {
			return err
		}
		if err := t.announce(a); err != nil {
			return err
		}
		return t.post("pledge_announced", letters, map[string]string{
			"Page": strings.TrimSuffix(d.BaseURL, "/") + "/{lang}/parties/" + url.PathEscape(t.Lead),
		})
	})
}

func announceable(p pledge.Pledge, today string) (found []errs.Field) {
	if on, ok := pledge.ParseDate(p.AnnouncedOn); !ok || on.Day == 0 || p.AnnouncedOn > today {
		found = append(found, errs.Field{Field: "announced_on", Message: "must be the day on which it was announced, not later than today"})
	}
	if p.AnnouncedAt == "" {
		found = append(found, errs.Field{Field: "announced_at", Message: "must say where it was announced"})
	}
	return found
}

// announce appends the first version, and before it the party where the register does not know it.
func (t *turn) announce(a pledge.Announcement) error {
	d := t.desk
	batch, err := d.Book.Batch(t.ctx, t.tx, pledge.Terms{Actor: Secretariat, Mode: pledge.ByForm})
	if err != nil {
		return err
	}
	known := lookup(t.ctx, t.tx)
	if err := introduceOne(batch, known, t.Lead); err != nil {
		return err
	}
	if _, ok := batch.Parties().Find(t.Lead); !ok {
		return errs.InvalidFields(errs.Field{Field: "party", Value: party.Glimpse(t.Lead), Message: "is no party that can pledge here"})
	}
	if err := batch.Finish(); err != nil {
		return err
	}
	// The batch holds the register's head: nobody else takes the number.
	for n := 1; ; n++ {
		t.x.Announced = t.Lead + "/" + strconv.Itoa(n)
		var taken int
		err := t.tx.QueryRow(t.ctx, `SELECT count(*) FROM register_entry WHERE subject = $1`, pledge.AnnouncementSubject(t.x.Announced)).Scan(&taken)
		if err != nil {
			return fmt.Errorf("announcement: %w", err)
		}
		if taken == 0 {
			return d.appendAnnouncement(t.ctx, t.tx, t.x.Announced, a)
		}
	}
}

// DropAnnouncement tells the public that the text of an announcement is awaited no more. What was
// entered stays with the desk.
func (d *Desk) DropAnnouncement(ctx context.Context, by access.Person, ref string, ifVersion int) (Submission, error) {
	return d.act(ctx, by, ref, ifVersion, access.EnterPledge, "drop", func(t *turn) error {
		t.do = notAwaiting
		if t.x.Announced == "" || t.State.Public() {
			return errs.New(errs.Conflict, "%s is not announced", t.Ref).WithKey("work.not_now")
		}
		return t.dropAnnouncement()
	})
}

// dropAnnouncement ends what the public was told, where it was told anything.
func (t *turn) dropAnnouncement() error {
	if t.x.Announced == "" {
		return nil
	}
	id := t.x.Announced
	t.x.Announced = ""
	return t.desk.concludeAnnouncement(t.ctx, t.tx, id, func(a *pledge.Announcement) { a.Status = pledge.Dropped })
}

// concludeAnnouncement appends a version of an announcement that says what became of it. One that
// was concluded, or whose content was erased, stays as it is.
func (d *Desk) concludeAnnouncement(ctx context.Context, tx *db.Tx, id string, end func(*pledge.Announcement)) error {
	a, ok, err := latestAnnouncement(ctx, tx, id)
	if err != nil || !ok || a.Status != pledge.Awaited {
		return err
	}
	end(&a)
	return d.appendAnnouncement(ctx, tx, id, a)
}

func latestAnnouncement(ctx context.Context, tx *db.Tx, id string) (a pledge.Announcement, ok bool, err error) {
	known, err := latest(ctx, tx, pledge.AnnouncementSubject(id))
	if err != nil || known.payload == "" {
		return a, false, err
	}
	err = json.Unmarshal([]byte(known.payload), &a)
	return a, err == nil, err
}

// said is what the newest entry of a subject says.
type said struct {
	payload  string // empty where there is no entry, or its content was erased
	position int64
	day      string // on which it became public
}

func latest(ctx context.Context, tx *db.Tx, subject string) (s said, err error) {
	err = each(ctx, tx, `SELECT coalesce(p.payload, ''), e.position, e.effective FROM register_entry e LEFT JOIN register_payload p ON p.position = e.position WHERE e.subject = $1 ORDER BY e.version DESC LIMIT 1`,
		[]any{subject}, func(scan func(...any) error) error { return scan(&s.payload, &s.position, &s.day) })
	return s, err
}

func (d *Desk) appendAnnouncement(ctx context.Context, tx *db.Tx, id string, a pledge.Announcement) error {
	a.Schema = 1
	payload, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = d.Book.Log.Append(ctx, tx, register.Draft{Actor: Secretariat, Kind: pledge.AnnouncementKind, Subject: pledge.AnnouncementSubject(id), Payload: payload})
	return err
}
