// Compare asks the same questions of the index in memory and of SQL in SQLite, PostgreSQL and
// DuckDB: the counts of all facets under random filters. It checks that all give the same
// counts and prints how long each took. It is a module of its own, since DuckDB needs cgo.
//
//	stocktake rehearse --db sqlite:rehearsal.db --pledges 100000 --seed 1
//	cd compare && go run . --db sqlite:../rehearsal.db
//
// Engines are loaded and asked one after the other, with bounded memory; databases are made under
// TMPDIR and removed.
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/explore"
	"stocktake/internal/register"
)

func main() {
	url := flag.String("db", "", "database with a register, as sqlite:rehearsal.db")
	queries := flag.Int("queries", 20, "how many random queries")
	today := flag.String("today", "2026-06-30", "the day that is asked for")
	flag.Parse()
	if _, err := time.Parse(time.DateOnly, *today); err != nil || *queries < 2 {
		fmt.Fprintln(os.Stderr, "compare: --today is a day, as 2026-06-30; --queries is at least 2")
		os.Exit(2)
	}
	if err := run(context.Background(), *url, *queries, *today); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, url string, queries int, today string) error {
	d, err := db.Open(ctx, url)
	if err != nil {
		return err
	}
	defer d.Close()
	log, err := register.Open(ctx, d, register.Options{})
	if err != nil {
		return err
	}
	pack, err := compact.Embedded(compact.DefaultPack)
	if err != nil {
		return err
	}
	begin := time.Now()
	index, err := explore.Open(ctx, log, pack, time.Now)
	if err != nil {
		return err
	}
	snapshot := index.Snapshot()
	fmt.Printf("index of %d entries opened in %.1f s\n", snapshot.Size(), time.Since(begin).Seconds())
	begin = time.Now()
	rows, err := flatten(snapshot, pack, today)
	if err != nil {
		return err
	}
	fmt.Printf("%d pledges that stand read from their texts in %.1f s\n", rows.ids, time.Since(begin).Seconds())
	if rows.ids == 0 {
		return fmt.Errorf("no pledge stands on %s", today)
	}
	asked, answers, took := make([]explore.Query, queries), make([]map[count]int64, queries), map[string][]time.Duration{}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range queries {
		asked[i] = randomQuery(r, rows)
		begin := time.Now()
		if answers[i], err = fromIndex(snapshot, asked[i], today); err != nil {
			return err
		}
		took["index"] = append(took["index"], time.Since(begin))
	}
	// The index is not asked any more: what it took is there for the engines.
	index, snapshot = nil, nil
	debug.FreeOSMemory()
	for _, name := range names {
		if took[name], err = measured(ctx, name, rows, asked, answers); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	base, middle := sum(took["index"][1:]), median(took["index"][1:])
	fmt.Printf("%d queries of 1 to 4 filters, all facets, all agree; times by the clock on the wall\n", queries-1)
	for _, name := range append([]string{"index"}, names...) {
		all := took[name][1:] // the first warms up
		fmt.Printf("%-10s median %10.3f ms   slowest %10.3f ms   times the index: sums %8.1f, medians %8.1f\n", name,
			ms(median(all)), ms(slices.Max(all)), float64(sum(all))/float64(base), float64(median(all))/float64(middle))
	}
	return nil
}

// measured loads an engine and asks it, and gives back what it took. Answers that differ from
// those of the index are an error.
func measured(ctx context.Context, name string, rows *table, asked []explore.Query, answers []map[count]int64) ([]time.Duration, error) {
	e, stop, err := start(ctx, name)
	if err != nil {
		return nil, err
	}
	defer stop()
	begin := time.Now()
	if err := e.load(ctx, rows); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	fmt.Printf("%-10s loaded %d pledges in %.1f s\n", name, rows.ids, time.Since(begin).Seconds())
	var took []time.Duration
	for i, q := range asked {
		begin := time.Now()
		got, err := e.facets(ctx, rows, q)
		if err != nil {
			return nil, fmt.Errorf("?%s: %w", q.Encode(), err)
		}
		took = append(took, time.Since(begin))
		if !maps.Equal(got, answers[i]) {
			return nil, fmt.Errorf("?%s: other counts than the index: %s", q.Encode(), difference(got, answers[i]))
		}
	}
	fmt.Printf("%-10s answered %d queries in %.1f s, as the index does\n", name, len(asked), sum(took).Seconds())
	return took, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func median(all []time.Duration) time.Duration {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

func sum(all []time.Duration) (total time.Duration) {
	for _, d := range all {
		total += d
	}
	return total
}

// count is the key of one figure.
type count struct{ facet, value string }

func fromIndex(s *explore.Snapshot, q explore.Query, today string) (map[count]int64, error) {
	v, err := s.View(q, today)
	if err != nil {
		return nil, err
	}
	out := map[count]int64{}
	for _, name := range explore.Filters {
		for _, b := range v.Facet(name) {
			if b.Count > 0 {
				out[count{name, b.Value}] = int64(b.Count)
			}
		}
	}
	return out, nil
}

func randomQuery(r *rand.Rand, rows *table) explore.Query {
	q := explore.Query{}
	for range 1 + r.IntN(4) {
		name := explore.Filters[r.IntN(len(explore.Filters))]
		values := rows.facets[name].words
		q = q.With(name, values[r.IntN(len(values))])
	}
	return q
}

func difference(got, want map[count]int64) string {
	for k, n := range want {
		if got[k] != n {
			return fmt.Sprintf("%s %s is %d, want %d", k.facet, k.value, got[k], n)
		}
	}
	for k, n := range got {
		if want[k] != n {
			return fmt.Sprintf("%s %s is %d, want %d", k.facet, k.value, n, want[k])
		}
	}
	return "none"
}
