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
	First                   []Finding // the first hundred
	Written, DryRun         bool
}

func (s Summary) String() string {
	count := func(n int, what string) string { return fmt.Sprintf("%d %s", n, what) }
	parts := []string{count(s.New, "new"), count(s.Revised, "revised"), count(s.Unchanged, "unchanged"), count(s.BadRows, "bad")}
	verb := "imported"
	switch {
	case s.DryRun:
		verb = "dry run, nothing written"
	case !s.Written:
		return fmt.Sprintf("nothing written: %d rows, %d of them bad", s.Rows, s.BadRows)
	}
	return fmt.Sprintf("%s: %d rows: %s; %d new parties, %d reports, %d translations",
		verb, s.Rows, strings.Join(parts, ", "), s.Parties, s.Reports, s.Translations)
}

// errRolledBack ends a dry run's transaction.
var errRolledBack = errors.New("rolled back")

// Pledges imports a file of pledges. It parses, validates and canonicalises all of it into a
// temporary file first and then writes in one transaction: all of the file or, on any error,
// nothing. Where rows are bad the error is Invalid and the summary lists them; with Partial
// the good ones are published all the same. Importing the same file again changes nothing.
func Pledges(ctx context.Context, d *db.DB, book pledge.Book, in Import) (sum Summary, err error) {
	defer errs.Wrap(&err, "import %s", in.Path)
	found, err := newFindings(in.Errors)
	if err != nil {
		return Summary{}, err
	}
	defer func() {
		sum.BadRows, sum.Findings, sum.First = found.rows, found.total, found.first
		if closing := found.close(); err == nil {
			err = closing
		}
	}()
	stage, err := newStage(book.Pack)
	if err != nil {
		return Summary{}, err
	}
	defer stage.discard()
	if err := d.Read(ctx, func(tx *db.Tx) error {
		published, err := party.All(ctx, tx)
		stage.today = tx.Now().Format("2006-01-02")
		stage.resolver = newResolver(book.Pack, in.Map, published)
		return err
	}); err != nil {
		return Summary{}, err
	}
	err = stage.fill(ctx, in, found)
	sum.Rows = stage.rows
	if err != nil {
		return sum, err
	}
	if err := refused(stage, found, in.Partial); err != nil {
		return sum, err
	}
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
