package intake

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // the closing minute is told in a zone, wherever the program runs

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/text"
)

// standing is the call that is always open; its words are ours.
func standing() Call {
	return Call{ID: Standing, Zone: "UTC", Title: map[lang.Code]string{
		lang.AR: "تعهدات تُقدَّم في أي وقت", lang.EN: "Pledges made at any time", lang.ES: "Promesas en cualquier momento",
		lang.FR: "Engagements à tout moment", lang.RU: "Обязательства в любое время", lang.ZH: "随时作出的承诺",
	}}
}

// late reports whether a moment is after the closing minute.
func (c Call) late(at time.Time) bool {
	return !c.Closes.IsZero() && !at.Before(c.Closes.Add(time.Minute))
}

// Open reports whether the call takes pledges in time.
func (c Call) Open(at time.Time) bool { return !at.Before(c.Opens) && !c.late(at) }

// Location is the zone in which the call's minutes are told; UTC where it is none.
func (c Call) Location() *time.Location {
	if zone, err := time.LoadLocation(c.Zone); err == nil {
		return zone
	}
	return time.UTC
}

// In is the call's title in the language, else in English, else in any.
func (c Call) In(l lang.Code) string { return say(c.Title, l) }

// TextIn is its text.
func (c Call) TextIn(l lang.Code) string { return say(c.Text, l) }

func say(words map[lang.Code]string, l lang.Code) string {
	for _, c := range append([]lang.Code{l, lang.EN}, lang.All...) {
		if words[c] != "" {
			return words[c]
		}
	}
	return ""
}

const callColumns = `id, opens, closes, zone, occasion, doc`

func scanCall(scan func(...any) error) (Call, error) {
	var c Call
	var opens, closes int64
	var doc string
	if err := scan(&c.ID, &opens, &closes, &c.Zone, &c.Occasion, &doc); err != nil {
		return c, err
	}
	c.Opens, c.Closes = moment(opens), moment(closes)
	return c, json.Unmarshal([]byte(doc), &c)
}

func callOf(ctx context.Context, tx *db.Tx, id string) (Call, error) {
	if id == Standing {
		return standing(), nil
	}
	c, err := scanCall(tx.QueryRow(ctx, `SELECT `+callColumns+` FROM calls WHERE id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return c, errs.New(errs.NotFound, "there is no call %q", id)
	}
	return c, err
}

// Calls are all calls, the newest first, the standing one last. Calls are no secret.
func (d *Desk) Calls(ctx context.Context) (all []Call, err error) {
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		all = nil
		rows, err := tx.Query(ctx, `SELECT `+callColumns+` FROM calls ORDER BY opens DESC, id`)
		if err != nil {
			return fmt.Errorf("calls: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			c, err := scanCall(rows.Scan)
			if err != nil {
				return fmt.Errorf("calls: %w", err)
			}
			all = append(all, c)
		}
		return rows.Err()
	})
	return append(all, standing()), err
}

// Call is one call.
func (d *Desk) Call(ctx context.Context, id string) (c Call, err error) {
	err = d.DB.Read(ctx, func(tx *db.Tx) error {
		c, err = callOf(ctx, tx, id)
		return err
	})
	return c, err
}

// PutCall makes a call or changes it. A pledge keeps what it was told about being late.
func (d *Desk) PutCall(ctx context.Context, by access.Person, c Call) error {
	return d.DB.Write(ctx, func(tx *db.Tx) error {
		if err := access.Check(by, access.WriteCall, access.Subject{}, day(tx.Now())); err != nil {
			return err
		}
		c := c
		title, texts := map[lang.Code]string{}, map[lang.Code]string{}
		for l, s := range c.Title {
			if s = party.Tidy(s); s != "" {
				title[l] = s
			}
		}
		for l, s := range c.Text {
			if s = party.Tidy(s); s != "" {
				texts[l] = s
			}
		}
		c.Title, c.Text, c.Occasion = title, texts, party.Tidy(c.Occasion)
		if err := c.Check(); err != nil {
			return err
		}
		doc, err := json.Marshal(c)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO calls (id, opens, closes, zone, occasion, doc) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (id) DO UPDATE SET opens = excluded.opens, closes = excluded.closes, zone = excluded.zone, occasion = excluded.occasion, doc = excluded.doc`,
			c.ID, micro(c.Opens.Truncate(time.Minute)), micro(c.Closes.Truncate(time.Minute)), c.Zone, c.Occasion, string(doc))
		return err
	})
}

// Check says all that is wrong with a call at once.
func (c Call) Check() error { return errs.InvalidFields(c.findings()...) }

func (c Call) findings() (found []errs.Field) {
	add := func(field, message string) { found = append(found, errs.Field{Field: field, Message: message}) }
	if c.ID == "" || c.ID == Standing || len(c.ID) > 60 || c.ID != text.Slug(c.ID, "") {
		add("id", "must be small letters, digits and hyphens, and not the name of the standing call")
	}
	if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "" || c.Zone == "Local" {
		add("zone", "must be the name of a time zone, as Africa/Nairobi or UTC")
	}
	if !c.Closes.IsZero() && !c.Opens.IsZero() && !c.Opens.Before(c.Closes) {
		add("closes", "must be after the opening")
	}
	if c.In(lang.EN) == "" {
		add("title", "is needed in at least one language")
	}
	for l, s := range c.Title {
		if !lang.Known(string(l)) || len(s) > 1_000 {
			add("title", "must be at most 1,000 bytes, in one of the six languages")
		}
	}
	for l, s := range c.Text {
		if !lang.Known(string(l)) || len(s) > 50_000 {
			add("text", "must be at most 50,000 bytes, in one of the six languages")
		}
	}
	if len(c.Occasion) > 300 {
		add("occasion", "is too long")
	}
	return found
}
