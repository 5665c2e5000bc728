package followup

import (
	"context"
	"fmt"
	"slices"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

// Where a request stands.
const (
	requestOpen     = "open"
	requestAnswered = "answered" // by a report, however it came
	requestPassed   = "passed"   // a later one took its place, or the pledge ended
)

// Reminded says what a day's round did.
type Reminded struct {
	Letters   int
	Asked     int // pledges about which somebody was written to
	NoContact int // pledges that a report is asked of, and nobody to ask
}

// Remind sends the letters of a day: whoever calls it twice sends them once. A pledge whose
// letter fails does not keep the others from theirs; the first error is told at the end.
func (o *Office) Remind(ctx context.Context, day string) (sum Reminded, err error) {
	defer errs.Wrap(&err, "remind")
	var ids []string
	err = o.DB.Read(ctx, func(tx *db.Tx) error {
		ids, err = o.due(ctx, tx, day)
		return err
	})
	if err != nil {
		return sum, err
	}
	var first error
	for _, id := range ids {
		did, err := o.remind(ctx, id, day)
		if err != nil && first == nil {
			first = fmt.Errorf("pledge %s: %w", id, err)
		}
		if ctx.Err() != nil {
			return sum, ctx.Err()
		}
		sum.Letters += did.Letters
		sum.Asked += did.Asked
		sum.NoContact += did.NoContact
	}
	return sum, first
}

// RemindToday is Remind for the day of the clock, as a job calls it.
func (o *Office) RemindToday(ctx context.Context) error {
	_, err := o.Remind(ctx, o.DB.Now().Format("2006-01-02"))
	return err
}

// due are the pledges that have something to do with a request on the day; most have not.
func (o *Office) due(ctx context.Context, tx *db.Tx, day string) (ids []string, err error) {
	pledges, err := survey(ctx, tx)
	if err != nil {
		return nil, err
	}
	open, err := column(ctx, tx, `SELECT DISTINCT pledge FROM followup_requests WHERE state = $1`, requestOpen)
	if err != nil {
		return nil, err
	}
	for _, m := range pledges {
		if _, asked := o.Calendar.Current(m.life, day); asked || slices.Contains(open, m.id) {
			ids = append(ids, m.id)
		}
	}
	return ids, nil
}

func (o *Office) remind(ctx context.Context, id, day string) (did Reminded, err error) {
	err = o.DB.Write(ctx, func(tx *db.Tx) (err error) {
		did, err = o.ask(ctx, tx, id, day)
		return err
	})
	return did, err
}

// ask settles what the calendar no longer asks, and sends the letter of the day.
func (o *Office) ask(ctx context.Context, tx *db.Tx, id, day string) (did Reminded, err error) {
	m, err := o.matter(ctx, tx, id)
	if err != nil {
		return did, err
	}
	r, due, err := o.standing(ctx, tx, m, day)
	if err != nil {
		return did, err
	}
	if err := o.settle(ctx, tx, m, r.Key); err != nil || !due || r.Outside() {
		return did, err
	}
	if waits, err := o.waiting(ctx, tx, m); err != nil || waits != nil { // somebody has answered
		return did, err
	}
	last, sent, err := o.request(ctx, tx, m, r)
	if err != nil {
		return did, err
	}
	who, people, err := o.reachable(ctx, tx, m.Lead(), day)
	if err != nil {
		return did, err
	}
	if len(people) == 0 {
		did.NoContact = 1
		return did, nil
	}
	step, ok := o.Calendar.Next(r, last, sent, day)
	if !ok {
		if step, ok, err = o.unheard(ctx, tx, m, r, last, sent, day, people); err != nil || !ok {
			return did, err
		}
	}
	to := people[:1]
	if step.Letter == LetterEscalated && last != step.Name && len(people) > 1 {
		to = people[1:2]
	}
	for _, p := range to {
		if err := o.askOne(ctx, tx, m, r, who, p, step.Letter); err != nil {
			return did, err
		}
		did.Letters++
	}
	did.Asked = 1
	_, err = tx.Exec(ctx, `UPDATE followup_requests SET step = $1, sent = $2 WHERE pledge = $3 AND request = $4`, step.Name, day, id, r.Key)
	return did, err
}

// unheard is the last letter once more, where nobody who can be reached holds one that can still be
// answered: its address has given it back, or who had it was the wrong person, has left, or
// answered with a report that was stopped. It goes to the first who can be reached, and who has
// had a letter of this request waits for a week as ever.
func (o *Office) unheard(ctx context.Context, tx *db.Tx, m matter, r Request, last, sent, day string, people []access.Person) (step Step, ok bool, err error) {
	steps := o.Calendar.Steps(r)
	i := slices.IndexFunc(steps, func(s Step) bool { return s.Name == last })
	if i < 0 {
		return step, false, nil
	}
	had, holds := map[string]bool{}, map[string]bool{}
	err = each(ctx, tx, func(scan func(...any) error) error {
		var person string
		var used, expires int64
		if err := scan(&person, &used, &expires); err != nil {
			return err
		}
		had[person] = true
		holds[person] = holds[person] || used == 0 && expires > 0 // 0: it was taken away
		return nil
	}, `SELECT person, used, expires FROM followup_links WHERE kind = $1 AND pledge = $2 AND request = $3`, string(toReport), m.ID, r.Key)
	if err != nil || slices.ContainsFunc(people, func(p access.Person) bool { return holds[p.ID] }) {
		return step, false, err
	}
	return steps[i], !had[people[0].ID] || day >= addDays(sent, pause), nil
}

// askOne sends one contact a letter with a link of its own.
func (o *Office) askOne(ctx context.Context, tx *db.Tx, m matter, r Request, who string, p access.Person, letter string) error {
	token, err := o.mint(ctx, tx, link{kind: toReport, pledge: m.ID, request: r.Key, party: who, person: p.ID})
	if err != nil {
		return err
	}
	return o.post(ctx, tx, letter, m, who, p, map[string]string{"Due": lang.Date(languageOf(p), r.Due), "Link": o.address(p.Language, "/r/"+token)})
}

// settle closes the requests on a pledge but the one that stands.
func (o *Office) settle(ctx context.Context, tx *db.Tx, m matter, standing string) error {
	_, err := tx.Exec(ctx, `UPDATE followup_requests SET state = CASE WHEN known < $1 THEN '`+requestAnswered+`' ELSE '`+requestPassed+`' END
		WHERE pledge = $2 AND state = '`+requestOpen+`' AND (request <> $3 OR known < $1)`, len(m.reports), m.ID, standing)
	return err
}

// request reads, or makes, the row of a request and holds it.
func (o *Office) request(ctx context.Context, tx *db.Tx, m matter, r Request) (last, sent string, err error) {
	_, err = tx.Exec(ctx, `INSERT INTO followup_requests (pledge, request, asked, due, known, state, step, sent)
		VALUES ($1, $2, $3, $4, $5, $6, '', '') ON CONFLICT (pledge, request) DO UPDATE SET state = excluded.state, known = excluded.known`,
		m.ID, r.Key, r.Asked, r.Due, len(m.reports), requestOpen)
	if err != nil {
		return "", "", err
	}
	err = tx.QueryRow(ctx, `SELECT step, sent FROM followup_requests WHERE pledge = $1 AND request = $2`+tx.ForUpdate(), m.ID, r.Key).Scan(&last, &sent)
	return last, sent, err
}

// reachable are the contacts of a party who have not said that they are the wrong person.
func (o *Office) reachable(ctx context.Context, tx *db.Tx, code, day string) (who string, people []access.Person, err error) {
	who, all, err := o.contacts(ctx, tx, code, day)
	if err != nil {
		return "", nil, err
	}
	strays, err := column(ctx, tx, `SELECT person FROM followup_strays WHERE party = $1 AND settled = 0`, who)
	if err != nil {
		return "", nil, err
	}
	for _, p := range all {
		if !slices.Contains(strays, p.ID) {
			people = append(people, p)
		}
	}
	return who, people, nil
}

// returned is how many contacts of a party, or of the one that it is part of, cannot be written
// to: their address gives letters back.
func (o *Office) returned(ctx context.Context, tx *db.Tx, code, day string) (n int, err error) {
	for ; code != ""; code = party.ParentOf(code) {
		people, err := o.People.Unreached(ctx, tx, code, day)
		if err != nil {
			return 0, fmt.Errorf("contacts of %s: %w", code, err)
		}
		n += len(people)
	}
	return n, nil
}

// post writes to one contact. Every letter names the pledge and links to its page.
func (o *Office) post(ctx context.Context, tx *db.Tx, template string, m matter, who string, p access.Person, data map[string]string) error {
	name := who
	directory := party.Codes(ctx, tx)
	if known, ok := directory.Find(who); ok {
		name = known.Name(p.Language)
	}
	if err := directory.Err(); err != nil {
		return err
	}
	words := map[string]string{"ID": m.ID, "Title": m.Title, "Party": name, "Page": o.address(p.Language, "/pledges/"+m.ID)}
	for k, v := range data {
		words[k] = v
	}
	_, err := o.Mail.Post(ctx, tx, mail.Letter{
		To: p.Email, Name: p.Name, Person: p.ID, Party: who, Template: template, Language: languageOf(p), Data: words,
	})
	return err
}

// reported are the words of a letter that tells what a report says.
func reported(c lang.Code, r pledge.Report) map[string]string {
	return map[string]string{"Stage": stageWords[r.Stage][c], "Narrative": r.Narrative}
}

func (o *Office) address(c lang.Code, path string) string {
	if !lang.Known(string(c)) {
		c = lang.Default
	}
	return o.BaseURL + "/" + string(c) + path
}

func languageOf(p access.Person) lang.Code {
	if lang.Known(string(p.Language)) {
		return p.Language
	}
	return lang.Default
}
