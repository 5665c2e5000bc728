package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

// Import says what to read and how.
type Import struct {
	Path    string
	Map     *ColumnMap // nil: the file has our columns
	Actor   string     // the office in whose name the pledges are published
	DryRun  bool       // find out what would happen, and write nothing
	Partial bool       // publish the good rows although others are bad
	Errors  io.Writer  // all findings as CSV; may be nil
	Report  Progress   // may be nil
}

// Summary is what an import did, or with DryRun would do. Where nothing was written because of
// bad rows, only the counts of rows and findings are set.
type Summary struct {
	Rows                    int // in the file
	New, Revised, Unchanged int // pledges
	Parties                 int // new ones
	Reports, Translations   int // new or changed ones
	BadRows, Findings       int
	First                   []Finding // the first hundred, by row
	Warnings                int       // rows that may not be what they look like; they are published all the same
	FirstWarnings           []Finding // the first twenty
	Written, DryRun         bool
}

func (s Summary) String() string {
	var b strings.Builder
	b.WriteString(s.outcome())
	for _, f := range s.FirstWarnings {
		b.WriteString("\nwarning: " + f.String())
	}
	if more := s.Warnings - len(s.FirstWarnings); more > 0 {
		fmt.Fprintf(&b, "\nand %s more", count(more, "warning"))
	}
	return b.String()
}

func (s Summary) outcome() string {
	verb := "imported"
	switch {
	case s.DryRun:
		verb = "dry run, nothing written"
	case s.Written:
	case s.Rows == 0:
		return "nothing written"
	case s.Rows == 1 && s.BadRows == 1:
		return "nothing written: 1 row, and it is bad"
	case s.BadRows == 0:
		return "nothing written: " + count(s.Rows, "row") + ", none of them bad"
	default:
		return fmt.Sprintf("nothing written: %s, %d of them bad", count(s.Rows, "row"), s.BadRows)
	}
	text := fmt.Sprintf("%s: %s: %d new, %d revised, %d unchanged, %d bad; %s, %s, %s", verb, count(s.Rows, "row"), s.New, s.Revised, s.Unchanged, s.BadRows,
		strings.Replace(count(s.Parties, "party"), " ", " new ", 1), count(s.Reports, "report"), count(s.Translations, "translation"))
	if s.Warnings > 0 {
		text += "; " + count(s.Warnings, "warning")
	}
	return text
}

// count says how many of a thing there are.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if stem, ok := strings.CutSuffix(thing, "y"); ok {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// errRolledBack ends a dry run's transaction.
var errRolledBack = errors.New("rolled back")

// Pledges imports a file of pledges. It parses, validates and canonicalises all of it into a
// temporary file first and then writes in one transaction: all of the file or, on any error,
// nothing. Where rows are bad the error is Invalid and the summary lists them, those that only the
// register can refuse among them; with Partial the good ones are published all the same. Importing
// the same file again changes nothing.
func Pledges(ctx context.Context, d *db.DB, book pledge.Book, in Import) (sum Summary, err error) {
	defer errs.Wrap(&err, "import %s", in.Path)
	found, err := newFindings(in.Errors)
	if err != nil {
		return Summary{}, err
	}
	var stage *stage
	defer func() {
		sum.BadRows, sum.Findings, sum.First = found.rows, found.total, found.byRow()
		if stage != nil {
			sum.Warnings, sum.FirstWarnings = stage.alike.total, stage.alike.first
		}
		if closing := found.close(); err == nil {
			err = closing
		}
	}()
	if stage, err = newStage(book.Pack); err != nil {
		return Summary{}, err
	}
	defer stage.discard()
	if err := d.Read(ctx, func(tx *db.Tx) error {
		published, err := party.All(ctx, tx)
		stage.today = tx.Now().Format("2006-01-02")
		if err != nil {
			return err
		}
		erased, err := erasedParties(ctx, tx)
		stage.resolver = newResolver(book.Pack, in.Map, published, erased...)
		return err
	}); err != nil {
		return Summary{}, err
	}
	err = stage.fill(ctx, in, found)
	sum.Rows = stage.rows
	if err != nil {
		return sum, err
	}
	if err := d.Read(ctx, func(tx *db.Tx) error { return stage.compare(ctx, tx) }); err != nil {
		return sum, err
	}
	bad := refused(stage, found, in.Partial)
	if bad != nil && stage.lost > 0 {
		return sum, bad
	}
	// Where rows are bad the others are tried all the same, and rolled back: so whoever mends the
	// file learns of all that is wrong with it at once.
	stage.trial = bad != nil
	err = d.Write(ctx, func(tx *db.Tx) error {
		sum = Summary{Rows: stage.rows} // the transaction may run again
		before := found.total
		err := stage.write(ctx, tx, book, in, found, &sum)
		if err == nil {
			err = refused(stage, found, in.Partial)
		}
		if err == nil && in.DryRun {
			err = errRolledBack
		}
		if found.total > before {
			err = db.Permanent(err) // what was found is written down already
		}
		return err
	})
	switch {
	case errors.Is(err, errRolledBack):
		sum.DryRun = true
		return sum, nil
	case err != nil:
		return Summary{Rows: stage.rows}, err
	}
	sum.Written = true
	return sum, nil
}

// refused is the error that bad rows are, if they are one.
func refused(s *stage, f *findings, partial bool) error {
	switch {
	case f.rows == 0:
		return nil
	case partial && s.lost > 0:
		return errs.New(errs.Invalid, "a quote is wrong in row %d, so that it is not certain where the rows after it begin; nothing was written", s.lost).
			WithHint("mend it first; the good rows cannot be told from the bad ones")
	case partial:
		return nil
	}
	rows := "rows are"
	if f.rows == 1 {
		rows = "row is"
	}
	return errs.New(errs.Invalid, "%d %s bad; nothing was written", f.rows, rows).WithHint("mend the file, or publish the good rows with --partial")
}
