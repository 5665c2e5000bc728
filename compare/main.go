// Compare asks the same questions of the index in memory and of SQL in SQLite, PostgreSQL and
// DuckDB: the counts of all facets under random filters. It checks that all give the same
// counts and prints how long each took. It is a module of its own, since DuckDB needs cgo.
//
//	stocktake rehearse --db sqlite:rehearsal.db --pledges 100000 --seed 1
//	cd compare && go run . --db sqlite:../rehearsal.db
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
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
	start := time.Now()
	index, err := explore.Open(ctx, log, pack, time.Now)
	if err != nil {
		return err
	}
	snapshot := index.Snapshot()
	fmt.Printf("index of %d entries opened in %.1f s\n", snapshot.Size(), time.Since(start).Seconds())
	rows, err := flatten(snapshot, today)
	if err != nil {
		return err
	}
	engines, stop, err := startEngines(ctx)
	if err != nil {
		return err
	}
	defer stop()
	for _, e := range engines {
		start := time.Now()
		if err := e.load(ctx, rows); err != nil {
			return fmt.Errorf("%s: load: %w", e.name, err)
		}
		fmt.Printf("%-10s loaded %d pledges in %.1f s\n", e.name, len(rows.ids), time.Since(start).Seconds())
	}
	took := map[string][]time.Duration{}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range queries {
		q := randomQuery(r, rows)
		start := time.Now()
		want, err := fromIndex(snapshot, q, today)
		if err != nil {
			return err
		}
		took["index"] = append(took["index"], time.Since(start))
		for _, e := range engines {
			start := time.Now()
			got, err := e.facets(ctx, rows, q)
			if err != nil {
				return fmt.Errorf("%s: ?%s: %w", e.name, q.Encode(), err)
			}
			if i > 0 { // the first warms up
				took[e.name] = append(took[e.name], time.Since(start))
			}
			if !maps.Equal(got, want) {
				return fmt.Errorf("%s: ?%s: other counts than the index: %s", e.name, q.Encode(), difference(got, want))
			}
		}
	}
	took["index"] = took["index"][1:]
	base := sum(took["index"])
	fmt.Printf("%d queries of 1 to 4 filters, all facets, all agree; times by the clock on the wall\n", queries-1)
	for _, name := range append([]string{"index"}, names(engines)...) {
		all := took[name]
		slices.Sort(all)
		fmt.Printf("%-10s median %10.3f ms   slowest %10.3f ms   ratio of the sums %8.1f\n", name,
			ms(all[len(all)/2]), ms(all[len(all)-1]), float64(sum(all))/float64(base))
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func sum(all []time.Duration) (total time.Duration) {
	for _, d := range all {
		total += d
	}
	return total
}

func names(engines []*engine) (out []string) {
	for _, e := range engines {
		out = append(out, e.name)
	}
	return out
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
		values := rows.words[name]
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
