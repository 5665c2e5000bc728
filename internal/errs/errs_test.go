package errs_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"stocktake/internal/errs"
)

func TestKindSurvivesWrapping(t *testing.T) {
	lookup := func() (err error) {
		defer errs.Wrap(&err, "lookup(%q)", "x")
		return errs.New(errs.NotFound, "no row: %w", io.EOF).WithHint("run the import first")
	}
	err := fmt.Errorf("page: %w", lookup())
	if got := errs.KindOf(err); got != errs.NotFound {
		t.Errorf("KindOf = %v, want not_found", got)
	}
	if !errors.Is(err, io.EOF) {
		t.Error("the cause is lost")
	}
	for _, want := range []string{"page:", `lookup("x")`, "run the import first"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestPlainErrorsAreInternal(t *testing.T) {
	if got := errs.KindOf(io.EOF); got != errs.Internal {
		t.Errorf("KindOf(io.EOF) = %v", got)
	}
	if errs.Is(nil, errs.Internal) {
		t.Error("no error is of no kind")
	}
}

func TestFieldsSayWhereAndWhat(t *testing.T) {
	if err := errs.InvalidFields(); err != nil {
		t.Errorf("no findings gave %v", err)
	}
	err := errs.InvalidFields(errs.Field{Field: "currency", Message: "is needed beside an amount"},
		errs.Field{Field: "announced_on", Value: "2022-13", Message: "is no date"})
	want := `invalid input: currency: is needed beside an amount; announced_on: "2022-13": is no date`
	if err.Error() != want {
		t.Errorf("got %q\nwant %q", err, want)
	}
	if n := len(errs.FieldsOf(fmt.Errorf("row 7: %w", err))); n != 2 {
		t.Errorf("FieldsOf = %d findings, want 2", n)
	}
}
