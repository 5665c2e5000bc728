package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

const personColumns = `p.id, p.name, coalesce(a.address, ''), p.language, p.time_zone, p.closed, p.unreachable`
const fromPerson = ` FROM access_person p LEFT JOIN access_address a ON a.person = p.id`

func scanPerson(row func(...any) error) (p Person, err error) {
	var closed, unreachable int64
	err = row(&p.ID, &p.Name, &p.Email, &p.Language, &p.TimeZone, &closed, &unreachable)
	p.Closed, p.Unreachable = closed != 0, unreachable != 0
	return p, err
}

// With these a query has a row for each grant of a person, or one without; theirGrants comes last
// in its order.
const (
	heldColumns = personColumns + `, coalesce(h.id, ''), coalesce(h.role, ''), coalesce(h.party, ''), coalesce(h.language, ''),
		coalesce(h.deputy, 0), coalesce(h.transmits, 0), coalesce(h.from_day, ''), coalesce(h.until_day, ''), coalesce(h.source, '')`
	andGrants   = ` LEFT JOIN access_address a ON a.person = p.id LEFT JOIN access_grant h ON h.person = p.id`
	theirGrants = `h.created, h.id`
)

// readHeld reads heldColumns, and into first what stands before them.
func readHeld(rows *sql.Rows, first ...any) (people []Person, err error) {
	for rows.Next() {
		var g Grant
		var deputy, transmits int64
		p, err := scanPerson(func(person ...any) error {
			all := slices.Concat(first, person, []any{&g.ID, &g.Role, &g.Party, &g.Language, &deputy, &transmits, &g.From, &g.Until, &g.Source})
			return rows.Scan(all...)
		})
		if err != nil {
			return nil, err
		}
		if len(people) == 0 || people[len(people)-1].ID != p.ID {
			people = append(people, p)
		}
		if g.ID != "" {
			g.Deputy, g.Transmits = deputy != 0, transmits != 0
			last := &people[len(people)-1]
			last.Grants = append(last.Grants, g)
		}
	}
	return people, errors.Join(rows.Err(), rows.Close())
}

// PersonByID gives an account with its grants; a closed or erased one too.
func (b *Book) PersonByID(ctx context.Context, tx *db.Tx, id string) (Person, error) {
	rows, err := tx.Query(ctx, `SELECT `+heldColumns+` FROM access_person p`+andGrants+` WHERE p.id = $1 ORDER BY `+theirGrants, id)
	if err != nil {
		return Person{}, fmt.Errorf("access: person %s: %w", id, err)
	}
	defer rows.Close()
	found, err := readHeld(rows)
	if err != nil {
		return Person{}, fmt.Errorf("access: person %s: %w", id, err)
	}
	if len(found) == 0 {
		return Person{}, errs.New(errs.NotFound, "no person %s", id)
	}
	return found[0], nil
}

// byAddress finds an account; NotFound without saying which address it was.
func (b *Book) byAddress(ctx context.Context, tx *db.Tx, folded string) (Person, error) {
	var id string
	err := tx.QueryRow(ctx, `SELECT person FROM access_address WHERE address = $1`, folded).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return Person{}, errs.New(errs.NotFound, "no account with this address")
	}
	if err != nil {
		return Person{}, fmt.Errorf("access: find an address: %w", err)
	}
	return b.PersonByID(ctx, tx, id)
}

// PersonByEmail finds the account with an address.
func (b *Book) PersonByEmail(ctx context.Context, tx *db.Tx, email string) (Person, error) {
	folded, err := foldEmail(email)
	if err != nil {
		return Person{}, err
	}
	return b.byAddress(ctx, tx, folded)
}

// Filter chooses people; the zero value is everybody whose account is open.
type Filter struct {
	Role   Role   // holds it on Day
	Party  string // is a focal point of it on Day
	Day    string // "" is today
	Words  string // in the name or address
	Closed bool   // those with a closed account instead
	Limit  int    // 0: 100
	Skip   int
}

// People lists accounts by name.
func (b *Book) People(ctx context.Context, tx *db.Tx, f Filter) ([]Person, error) {
	if f.Day == "" {
		f.Day = b.Today()
	}
	if f.Limit <= 0 {
		f.Limit = 100
	}
	var args []any
	arg := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	where := []string{"p.erased = 0", "p.closed = 0"}
	if f.Closed {
		where[1] = "p.closed > 0"
	}
	if f.Role != "" || f.Party != "" {
		held := `SELECT person FROM access_grant WHERE (from_day = '' OR from_day <= ` + arg(f.Day) + `) AND (until_day = '' OR until_day >= ` + arg(f.Day) + `)`
		if f.Party != "" {
			held += ` AND role = ` + arg(string(FocalPoint)) + ` AND party = ` + arg(f.Party)
		}
		if f.Role != "" {
			held += ` AND role = ` + arg(string(f.Role))
		}
		where = append(where, "p.id IN ("+held+")")
	}
	query := `SELECT ` + personColumns + fromPerson + ` WHERE ` + strings.Join(where, " AND ") + ` ORDER BY p.name, p.id`
	if f.Words == "" {
		return b.list(ctx, tx, fmt.Sprintf(query+` LIMIT %d OFFSET %d`, f.Limit, max(0, f.Skip)), args...)
	}
	// The engines fold case each in its own way, and SQLite only that of ASCII.
	people, err := b.list(ctx, tx, query, args...)
	if err != nil {
		return nil, err
	}
	words := fold(f.Words)
	people = slices.DeleteFunc(people, func(p Person) bool {
		return !strings.Contains(fold(p.Name), words) && !strings.Contains(p.Email, words)
	})
	from := min(max(0, f.Skip), len(people))
	return people[from:min(from+f.Limit, len(people))], nil
}

func fold(s string) string { return strings.ToLower(norm.NFC.String(strings.TrimSpace(s))) }

func (b *Book) list(ctx context.Context, tx *db.Tx, query string, args ...any) ([]Person, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("access: list people: %w", err)
	}
	defer rows.Close()
	var found []*Person
	for rows.Next() {
		p, err := scanPerson(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("access: list people: %w", err)
		}
		found = append(found, &p)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, fmt.Errorf("access: list people: %w", err)
	}
	if err := b.addGrants(ctx, tx, found); err != nil {
		return nil, err
	}
	people := make([]Person, len(found))
	for i, p := range found {
		people[i] = *p
	}
	return people, nil
}

// addGrants reads the grants of many people at once.
func (b *Book) addGrants(ctx context.Context, tx *db.Tx, people []*Person) error {
	for chunk := range slices.Chunk(people, 300) {
		of := make(map[string]*Person, len(chunk))
		ids := make([]any, len(chunk))
		for i, p := range chunk {
			of[p.ID], ids[i] = p, p.ID
		}
		rows, err := tx.Query(ctx, `SELECT person, id, role, party, language, deputy, transmits, from_day, until_day, source
			FROM access_grant WHERE person IN (`+tx.List(len(ids))+`) ORDER BY person, created, id`, ids...)
		if err != nil {
			return fmt.Errorf("access: read grants: %w", err)
		}
		for rows.Next() {
			var person string
			var deputy, transmits int64
			var g Grant
			if err := rows.Scan(&person, &g.ID, &g.Role, &g.Party, &g.Language, &deputy, &transmits, &g.From, &g.Until, &g.Source); err != nil {
				rows.Close()
				return fmt.Errorf("access: read grants: %w", err)
			}
			g.Deputy, g.Transmits = deputy != 0, transmits != 0
			of[person].Grants = append(of[person].Grants, g)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return fmt.Errorf("access: read grants: %w", err)
		}
	}
	return nil
}

// ContactsOf lists who speaks for a party on the day and can be reached: first contacts, then
// deputies, each by when they were appointed.
func (b *Book) ContactsOf(ctx context.Context, tx *db.Tx, party, day string) ([]Person, error) {
	return b.contacts(ctx, tx, `p.unreachable = 0`, party, day)
}

// Unreached lists who speaks for a party on the day and has an address that gives letters back, in
// the order of ContactsOf.
func (b *Book) Unreached(ctx context.Context, tx *db.Tx, party, day string) ([]Person, error) {
	return b.contacts(ctx, tx, `p.unreachable > 0`, party, day)
}

func (b *Book) contacts(ctx context.Context, tx *db.Tx, which, party, day string) ([]Person, error) {
	// PostgreSQL begins with the few of the party, also where it knows nothing yet of how many there are.
	rows, err := tx.Query(ctx, `SELECT `+heldColumns+` FROM (SELECT DISTINCT person FROM access_grant
			WHERE role = $1 AND party = $2 AND (from_day = '' OR from_day <= $3) AND (until_day = '' OR until_day >= $3)) speaks
		JOIN access_person p ON p.id = speaks.person`+andGrants+`
		WHERE p.closed = 0 AND `+which+` ORDER BY p.created, p.id, `+theirGrants, string(FocalPoint), party, day)
	if err != nil {
		return nil, fmt.Errorf("access: contacts of %s: %w", party, err)
	}
	defer rows.Close()
	people, err := readHeld(rows)
	if err != nil {
		return nil, fmt.Errorf("access: contacts of %s: %w", party, err)
	}
	slices.SortStableFunc(people, func(x, y Person) int {
		return strings.Compare(rank(x, party, day), rank(y, party, day))
	})
	return people, nil
}

// rank orders contacts: the first ones before deputies, then by the day from which.
func rank(p Person, party, day string) string {
	least := "~"
	for _, g := range p.Grants {
		if g.Role == FocalPoint && g.Party == party && g.On(day) {
			r := "0" + g.From
			if g.Deputy {
				r = "1" + g.From
			}
			least = min(least, r)
		}
	}
	return least
}

// PartiesWithoutContact counts which of the parties nobody speaks for on the day: no open account
// that can be reached holds a grant for it, or for the party that it is part of.
func (b *Book) PartiesWithoutContact(ctx context.Context, tx *db.Tx, codes []string, day string) (int, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT g.party FROM access_grant g JOIN access_person p ON p.id = g.person
		WHERE g.role = $1 AND p.closed = 0 AND p.unreachable = 0 AND (g.from_day = '' OR g.from_day <= $2) AND (g.until_day = '' OR g.until_day >= $2)`,
		string(FocalPoint), day)
	if err != nil {
		return 0, fmt.Errorf("access: parties with a contact: %w", err)
	}
	defer rows.Close()
	reached := map[string]bool{}
	for rows.Next() {
		var code string
		if err := rows.Scan(&code); err != nil {
			return 0, fmt.Errorf("access: parties with a contact: %w", err)
		}
		reached[code] = true
	}
	without := 0
	for _, code := range slices.Compact(slices.Sorted(slices.Values(codes))) {
		if !reachedOrPart(reached, code) {
			without++
		}
	}
	return without, rows.Err()
}

func reachedOrPart(reached map[string]bool, code string) bool {
	for {
		if reached[code] {
			return true
		}
		dot := strings.LastIndexByte(code, '.')
		if dot < 0 {
			return false
		}
		code = code[:dot]
	}
}

// What can be said about somebody.
const (
	longestEmail = 254 // RFC 5321, path without brackets
	longestName  = 200
)

// foldEmail is the one spelling of an address under which an account is found.
func foldEmail(email string) (string, error) {
	folded := fold(email)
	a, err := mail.ParseAddress(folded)
	if err != nil || a.Address != folded || a.Name != "" || len(folded) > longestEmail || strings.ContainsFunc(folded, unicode.IsControl) {
		return "", errs.InvalidFields(errs.Field{Field: "email", Message: "must be an e-mail address, as name@example.org"})
	}
	return folded, nil
}

// checkDetails says what is wrong with what is known about a person; values stay unsaid.
func checkDetails(name string, language lang.Code, zone string) (found []errs.Field) {
	if utf8.RuneCountInString(name) > longestName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		found = append(found, errs.Field{Field: "name", Message: fmt.Sprintf("must be one line of at most %d characters", longestName)})
	}
	if !lang.Known(string(language)) {
		found = append(found, errs.Field{Field: "language", Message: "must be one of ar, en, es, fr, ru, zh"})
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		found = append(found, errs.Field{Field: "time_zone", Message: "must be a time zone, as Europe/Paris"})
	}
	return found
}
