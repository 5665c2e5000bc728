//go:build soak

package exchange

import (
	"strings"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
)

// 200 MB are imported in under 300 MB of memory, SQLite's included. Run with
//
//	go test -tags soak -run Soak -timeout 30m ./internal/exchange
func TestSoakMemoryOfALargeImport(t *testing.T) {
	path, rows := crowd(t, 0, 200<<20, 190)
	h := open(t, dbtest.New(t, db.SQLite))
	var sum Summary
	resetResident()
	peak := peakHeap(func() { sum = h.take(Import{Path: path}) })
	resident, ok := peakResident()
	t.Logf("%d rows, heap %d MB, resident %d MB (known: %v)", rows, peak>>20, resident>>20, ok)
	if sum.New != rows || peak > 300<<20 || ok && resident > 300<<20 {
		t.Errorf("%v of %d rows; heap %d MB, resident %d MB", sum, rows, peak>>20, resident>>20)
	}
}

// As many bad rows as fit into 200 MB are counted, and cost no memory.
func TestSoakMemoryOfALargeBadFile(t *testing.T) {
	path, _ := crowd(t, 0, 200<<20, 190)
	m := &ColumnMap{Columns: map[string]Origin{"title": {From: []string{"title"}}, "text": {From: []string{"text"}}, "parties": {From: []string{"parties"}}, "objectives": {Value: "99"}},
		Ignored: []string{"id", "party_kinds", "channel", "nature", "objectives", "levels", "countries", "starts_on", "ends_on", "amount", "currency", "announced_on", "stage", "last_reported_on", "published_on", "source"}}
	h := open(t, dbtest.New(t, db.SQLite))
	var sum Summary
	var err error
	peak := peakHeap(func() { sum, err = h.try(Import{Path: path, Map: m}) })
	if !errs.Is(err, errs.Invalid) || sum.BadRows != sum.Rows || h.view().Totals.Pledges != 0 || peak > 150<<20 {
		t.Errorf("%v, %v, %d MB", sum, err, peak>>20)
	}
}

// The index of shared texts has an end, and is small.
func TestSoakTooManySharedTexts(t *testing.T) {
	path := write(t, "a.xlsx", string(zipOf(t, with(parts(sheet()), "xl/sharedStrings.xml", `<sst>`+strings.Repeat(`<si/>`, maxTexts+1)+`</sst>`))))
	var err error
	peak := peakHeap(func() { _, _, err = stageFile(t, path, nil) })
	if !errs.Is(err, errs.TooLarge) || !strings.Contains(err.Error(), "more than 4194304 texts") || peak > 128<<20 {
		t.Errorf("%v, %d MB", err, peak>>20)
	}
}
