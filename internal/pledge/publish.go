package pledge

import (
	"encoding/json"

	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/register"
)

// What a call to a batch did.
type What uint8

const (
	Unchanged What = iota // it stood there already, word for word
	Created               // a first version
	Revised               // a later version
)

// Outcome says what was published, and where it stands in the register.
type Outcome struct {
	What      What
	ID        string // of the pledge
	Number    int    // of the report, if it is one
	Version   int
	Position  int64 // of the entry; -1 where nothing changed
	Effective string
}

// Offer is a pledge that comes from outside.
type Offer struct {
	Pledge    Pledge
	Key       string // under which the source knows it; the identity of pledges without an id
	Effective string // the day that it became public; "" = today
	// Carry brings into an offered pledge what its file cannot say (an old version has links, a
	// CSV has no column for them). It is called when the content differs. May be nil.
	Carry func(old Pledge, offered *Pledge)
}

// Put publishes what is offered: a new pledge, a revision of the one with its id or key, or
// nothing where it stands there already. A day of publication is that of the first version; a
// revision becomes public today, or on a later day that the offer names, so that the past does
// not change. A withdrawn or superseded pledge with other content is a conflict.
func (b *Batch) Put(o Offer) (Outcome, error) {
	p := o.Pledge.Tidied()
	p.Status, p.Notice, p.SupersededBy = Published, nil, ""
	known, isKnown, err := b.Known(o.Key)
	switch {
	case err != nil:
		return Outcome{}, err
	case p.ID == "":
		p.ID = known
	case isKnown && p.ID != known:
		return Outcome{}, errs.New(errs.Conflict, "the key %q belongs to pledge %s, not to %s", o.Key, known, p.ID)
	}
	old, err := b.standing(p.ID)
	if err != nil {
		return Outcome{}, err
	}
	if old == nil {
		return b.first(p, o.Key, o.Effective)
	}
	out, err := b.putAgain(p, old, o)
	if err == nil && !isKnown {
		b.remember(o.Key, p.ID)
	}
	return out, err
}

func (b *Batch) putAgain(p Pledge, old *standing, o Offer) (Outcome, error) {
	if old.status == erased {
		return Outcome{}, gone(p.ID)
	}
	sum, err := digestOf(p)
	if err != nil {
		return Outcome{}, err
	}
	if sum != old.digest && o.Carry != nil {
		current, err := b.content(p.ID)
		if err != nil {
			return Outcome{}, err
		}
		o.Carry(current, &p)
		p = p.Tidied()
		if sum, err = digestOf(p); err != nil {
			return Outcome{}, err
		}
	}
	if sum == old.digest {
		return Outcome{What: Unchanged, ID: p.ID, Version: old.version, Position: -1, Effective: old.effective}, nil
	}
	if old.status != Published {
		return Outcome{}, ended(p.ID, old.status)
	}
	day := b.today
	if o.Effective > old.effective {
		day = o.Effective
	}
	return b.again(p, old, day)
}

// first publishes a pledge that does not exist yet. The next serial is taken only after
// everything else was found right.
func (b *Batch) first(p Pledge, key, effective string) (Outcome, error) {
	if err := b.check(b.rules.Pledge(p)); err != nil {
		return Outcome{}, err
	}
	serial, given := SerialOf(b.pack.Code, p.ID)
	if !given {
		serial = b.serial + 1
		p.ID = IDOf(b.pack.Code, serial)
	}
	e, err := b.add(register.Draft{Kind: EntryKind, Subject: Subject(p.ID), Effective: effective, New: true}, p)
	if err != nil {
		return Outcome{}, err
	}
	r, err := emptyRow(e).saying(p, e.Payload)
	if err != nil {
		return Outcome{}, err
	}
	b.serial, b.touched = max(b.serial, serial), true
	b.waiting[p.ID] = len(b.newPledges)
	b.newPledges = append(b.newPledges, r)
	b.pledges[p.ID] = &standing{status: p.Status, version: r.version, effective: r.effective, first: r.effective, digest: r.digest}
	b.remember(key, p.ID)
	b.answers(p)
	if len(b.newPledges) >= chunk {
		err = b.flush()
	}
	return Outcome{What: Created, ID: p.ID, Version: r.version, Position: r.position, Effective: r.effective}, err
}

// again publishes a later version that stands.
func (b *Batch) again(p Pledge, old *standing, effective string) (Outcome, error) {
	rules := b.rules
	if rules.Mode == ByForm {
		current, err := b.content(p.ID)
		if err != nil {
			return Outcome{}, err
		}
		rules.Kept = current.Text
	}
	if err := b.check(rules.Pledge(p)); err != nil {
		return Outcome{}, err
	}
	return b.append(p, old, effective)
}

// append writes a later version whose rules have been looked at.
func (b *Batch) append(p Pledge, old *standing, effective string) (Outcome, error) {
	if err := notBefore(b.day(effective), old.effective); err != nil {
		return Outcome{}, err
	}
	if err := b.written(p.ID); err != nil {
		return Outcome{}, err
	}
	e, err := b.add(register.Draft{Kind: EntryKind, Subject: Subject(p.ID), Effective: effective}, p)
	if err != nil {
		return Outcome{}, err
	}
	r, err := emptyRow(e).saying(p, e.Payload)
	if err != nil {
		return Outcome{}, err
	}
	if err := r.upsert(b.ctx, b.tx); err != nil {
		return Outcome{}, err
	}
	old.status, old.version, old.effective, old.digest = p.Status, r.version, r.effective, r.digest
	delete(b.docs, p.ID)
	b.answers(p)
	return Outcome{What: Revised, ID: p.ID, Version: r.version, Position: r.position, Effective: r.effective}, nil
}

// Report publishes a progress report. Number 0 makes a new one, unless the latest says the
// same; another number corrects that report. A report cannot have been public before its
// pledge or the report before it: an earlier day is moved up to theirs.
func (b *Batch) Report(effective string, rep Report) (Outcome, error) {
	rep = rep.Tidied()
	old, err := b.standingOpen(rep.Pledge)
	if err != nil {
		return Outcome{}, err
	}
	sum, err := reportDigest(rep)
	if err != nil {
		return Outcome{}, err
	}
	at := rep.Number
	if at == 0 {
		at = len(old.reports)
	}
	if at < 0 || at > len(old.reports) {
		return Outcome{}, errs.New(errs.NotFound, "pledge %s has no report %d", rep.Pledge, at)
	}
	floor := old.first
	if at > 0 {
		last := old.reports[at-1]
		if last.digest == sum {
			return Outcome{What: Unchanged, ID: rep.Pledge, Number: at, Version: last.version, Position: -1, Effective: last.effective}, nil
		}
		if rep.Number > 0 && last.digest == "" {
			return Outcome{}, errs.New(errs.Gone, "report %d of pledge %s was erased", at, rep.Pledge)
		}
		floor = max(floor, last.effective)
	}
	if rep.Number == 0 {
		rep.Number = len(old.reports) + 1
	}
	current := Pledge{ID: rep.Pledge}
	if len(rep.Values) > 0 || rep.ReportedBy != "" { // the only rules that ask what the pledge says
		if current, err = b.content(rep.Pledge); err != nil {
			return Outcome{}, err
		}
	}
	if err := b.check(b.rules.Report(current, rep)); err != nil {
		return Outcome{}, err
	}
	isNew := rep.Number > len(old.reports)
	e, err := b.add(register.Draft{Kind: ReportKind, Subject: ReportSubject(rep.Pledge, rep.Number), Effective: max(b.day(effective), floor), New: isNew}, rep)
	if err != nil {
		return Outcome{}, err
	}
	h := e.Header
	r := row{id: rep.Pledge, number: rep.Number, version: h.Version, position: h.Position, effective: h.Effective, digest: sum, doc: string(e.Payload)}
	now := reported{version: r.version, effective: r.effective, digest: r.digest}
	out := Outcome{What: Created, ID: rep.Pledge, Number: rep.Number, Version: r.version, Position: r.position, Effective: r.effective}
	if isNew {
		old.reports = append(old.reports, now)
		b.newReports = append(b.newReports, r)
		if len(b.newReports) >= chunk {
			err = b.flush()
		}
		return out, err
	}
	out.What = Revised
	old.reports[rep.Number-1] = now
	if err := b.flush(); err != nil {
		return Outcome{}, err
	}
	return out, r.upsert(b.ctx, b.tx)
}

// Translate publishes a translation of the latest version, or a better one than before. An
// earlier day than its pledge's is moved up to it.
func (b *Batch) Translate(effective string, tr Translation) (Outcome, error) {
	tr = tr.Tidied()
	old, err := b.standingOpen(tr.Pledge)
	if err != nil {
		return Outcome{}, err
	}
	current, err := b.content(tr.Pledge)
	if err != nil {
		return Outcome{}, err
	}
	tr.Version = old.version
	if err := b.check(b.rules.Translation(current, tr)); err != nil {
		return Outcome{}, err
	}
	payload, err := register.Canonical(tr)
	if err != nil {
		return Outcome{}, err
	}
	floor, what := old.first, Created
	err = b.query(`SELECT version, effective, doc FROM translations WHERE pledge = $1 AND language = $2`, func(scan func(...any) error) error {
		var version int
		var day, doc string
		if err := scan(&version, &day, &doc); err != nil {
			return err
		}
		floor, what = max(floor, day), Revised
		if doc == string(payload) {
			what = Unchanged
		}
		if doc == "" {
			return errs.New(errs.Gone, "the translation of %s into %s was erased", tr.Pledge, tr.Language)
		}
		return nil
	}, tr.Pledge, string(tr.Language))
	if err != nil || what == Unchanged {
		return Outcome{What: what, ID: tr.Pledge, Position: -1}, err
	}
	e, err := b.add(register.Draft{Kind: TranslationKind, Subject: TranslationSubject(tr.Pledge, tr.Language), Effective: max(b.day(effective), floor), New: what == Created}, tr)
	if err != nil {
		return Outcome{}, err
	}
	h := e.Header
	return Outcome{What: what, ID: tr.Pledge, Version: h.Version, Position: h.Position, Effective: h.Effective}, applyTranslation(b.ctx, b.tx, e)
}

// standingOpen finds a pledge that something can be added to.
func (b *Batch) standingOpen(id string) (*standing, error) {
	s, err := b.standing(id)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return nil, errs.New(errs.NotFound, "there is no pledge %q", id)
	case s.status == erased:
		return nil, gone(id)
	case s.status != Published:
		return nil, ended(id, s.status)
	}
	return s, nil
}

// content is the latest version of a pledge that exists, written already or waiting.
func (b *Batch) content(id string) (p Pledge, err error) {
	if i, waits := b.waiting[id]; waits {
		err = json.Unmarshal([]byte(b.newPledges[i].doc), &p)
		return p, err
	}
	if doc, ok := b.docs[id]; ok {
		err = json.Unmarshal([]byte(doc), &p)
		return p, err
	}
	c, err := Get(b.ctx, b.tx, id)
	return c.Pledge, err
}

// written sees to it that the pledge's row is in the table.
func (b *Batch) written(id string) error {
	if _, waits := b.waiting[id]; waits {
		return b.flush()
	}
	return nil
}

// add appends a draft with what v says.
func (b *Batch) add(d register.Draft, v any) (e register.Entry, err error) {
	d.Actor, d.Effective = b.actor, b.day(d.Effective)
	if err := b.possible(d.Effective); err != nil {
		return e, err
	}
	if d.Payload, err = json.Marshal(v); err != nil { // the register makes it canonical
		return e, err
	}
	return b.appender.Add(d)
}

// possible refuses what is no day, and the future: what is published has become public.
func (b *Batch) possible(day string) error {
	message := ""
	switch d, ok := ParseDate(day); {
	case !ok || d.Day == 0:
		message = "must be a day of the calendar, as 2022-05-20"
	case day > b.today:
		message = "must not be later than today, " + b.today
	default:
		return nil
	}
	return errs.InvalidFields(errs.Field{Field: "published_on", Value: party.Glimpse(day), Message: message})
}

// check turns findings into an error, unless the database kept the rules from seeing.
func (b *Batch) check(found []errs.Field) error {
	if err := b.parties.Err(); err != nil {
		return err
	}
	return errs.InvalidFields(found...)
}

func (b *Batch) day(effective string) string {
	if effective == "" {
		return b.today
	}
	return effective
}

func (b *Batch) remember(key, id string) {
	if key != "" {
		b.keys[key] = id
		b.newKeys = append(b.newKeys, key)
	}
}

func (b *Batch) answers(p Pledge) {
	if p.Matches != "" {
		b.matched[p.Matches] = p.ID
	}
}

func notBefore(day, floor string) error {
	if day >= floor {
		return nil
	}
	return errs.InvalidFields(errs.Field{Field: "published_on", Value: day, Message: "must not be before " + floor + ", the day of the version before"})
}

func ended(id string, s Status) error {
	return errs.New(errs.Conflict, "pledge %s was %s; it stays as it is", id, s).WithKey("pledge.ended")
}
