package exchange

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"stocktake/internal/db"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

// alike finds rows without id and key that are new by their words, but have the title and the
// parties of a pledge that stands, or of another such row: somebody may have corrected a text
// and be about to publish a second pledge. Only a person can tell; so it is a warning.
type alike struct {
	rows  []looks
	total int
	first []Finding
}

// looks is what is remembered of such a row.
type looks struct {
	row  int32
	who  [16]byte // title and parties
	text [16]byte
	key  [16]byte // of what it says, as in pledge_keys
}

// maxWarnings is how many warnings are kept for the terminal.
const maxWarnings = 20

func (a *alike) note(row staged) {
	if strings.HasPrefix(row.Key, contentSource) {
		a.rows = append(a.rows, looks{int32(row.Row), likeness(row.Pledge.Title, row.Pledge.Parties), brief(row.Pledge.Text), brief(row.Key)})
	}
}

// likeness is the same for pledges that a person would take for one, whatever their texts say.
func likeness(title string, parties []string) [16]byte {
	return brief(party.Fold(title) + "\x00" + strings.Join(slices.Sorted(slices.Values(parties)), ";"))
}

func brief(s string) [16]byte {
	sum := sha256.Sum256([]byte(s))
	return [16]byte(sum[:16])
}

func (a *alike) warn(row int32, format string, args ...any) {
	if a.total++; len(a.first) < maxWarnings {
		a.first = append(a.first, Finding{Row: int(row), Expected: fmt.Sprintf(format, args...)})
	}
}

// compare looks for what the noted rows look like, in the register and among themselves. The
// tables are read only where rows are new by their words.
func (s *stage) compare(ctx context.Context, tx *db.Tx) error {
	a := &s.alike
	a.total, a.first = 0, nil // the transaction may run again
	known, err := contentKeys(ctx, tx)
	if err != nil {
		return err
	}
	fresh := slices.DeleteFunc(slices.Clone(a.rows), func(l looks) bool { return known[l.key] })
	if len(fresh) == 0 {
		return nil
	}
	wanted := make(map[[16]byte]standing, len(fresh))
	for _, l := range fresh {
		wanted[l.who] = standing{}
	}
	if err := findStanding(ctx, tx, wanted); err != nil {
		return err
	}
	earlier := make(map[[16]byte]int32, len(fresh))
	for _, l := range fresh {
		there := wanted[l.who]
		switch first, ok := earlier[l.who]; {
		case there.id != "" && there.text == l.text:
			a.warn(l.row, "says what %s says; give its id if it is that pledge", there.id)
		case there.id != "":
			a.warn(l.row, "looks like %s with another text; give its id to revise it", there.id)
		case ok:
			a.warn(l.row, "looks like row %d with another text; give each an id if they are two pledges", first)
		default:
			earlier[l.who] = l.row
		}
	}
	return nil
}

// standing is a pledge in the register that a row looks like.
type standing struct {
	id   string
	text [16]byte
}

// findStanding fills in which pledges have the wanted likenesses: of several, the first by id.
func findStanding(ctx context.Context, tx *db.Tx, wanted map[[16]byte]standing) error {
	rows, err := tx.Query(ctx, `SELECT id, doc FROM pledges WHERE status = $1 ORDER BY length(id), id`, string(pledge.Published))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var doc []byte
		if err := rows.Scan(&id, &doc); err != nil {
			return err
		}
		var p struct {
			Title, Text string
			Parties     []string
		}
		if err := json.Unmarshal(doc, &p); err != nil {
			return fmt.Errorf("pledge %s: %w", id, err)
		}
		who := likeness(p.Title, p.Parties)
		if have, ok := wanted[who]; ok && have.id == "" {
			wanted[who] = standing{id, brief(p.Text)}
		}
	}
	return rows.Err()
}

// contentKeys are the rows without id and key that were imported before, by what they said.
func contentKeys(ctx context.Context, tx *db.Tx) (map[[16]byte]bool, error) {
	known := map[[16]byte]bool{}
	return known, eachText(ctx, tx, func(key string) { known[brief(key)] = true }, `SELECT key FROM pledge_keys WHERE key LIKE '`+contentSource+`%'`)
}

// erasedParties are the codes of parties whose latest version was erased.
func erasedParties(ctx context.Context, tx *db.Tx) (codes []string, err error) {
	return codes, eachText(ctx, tx, func(code string) { codes = append(codes, code) }, `SELECT code FROM parties WHERE doc = ''`)
}

func eachText(ctx context.Context, tx *db.Tx, f func(string), query string) error {
	rows, err := tx.Query(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		f(text)
	}
	return rows.Err()
}
