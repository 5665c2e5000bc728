package web

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"syscall"
	"testing"
	"time"

	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
	"stocktake/internal/rehearse"
)

// rehearsed is a door over a rehearsal of so many pledges.
func rehearsed(b *testing.B, pledges int) http.Handler {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	ctx := context.Background()
	pack, err := compact.Embedded(compact.DefaultPack)
	must(err)
	d, err := db.Open(ctx, "sqlite:"+filepath.Join(b.TempDir(), "bench.db"))
	must(err)
	b.Cleanup(func() { must(d.Close()) })
	must(db.Migrate(ctx, d))
	stage := rehearse.Setup(1)
	log, err := register.Open(ctx, d, register.Options{Origin: stage.Origin, Key: stage.Key, Rand: stage.Rand})
	must(err)
	_, err = rehearse.Fill(ctx, d, pledge.Book{Pack: pack, Log: log}, rehearse.Plan{Pledges: pledges, Seed: 1})
	must(err)
	index, err := explore.Open(ctx, log, pack, stage.Clock)
	must(err)
	door, err := newDoor(Config{Pack: pack, Index: index, Log: log, Clock: stage.Clock})
	must(err)
	return door.routes()
}

// BenchmarkUnseenPage makes the overview of 10,000 pledges under one to four filters that nobody
// has asked for before, in six languages, compressed. Of the times by the clock it reports the
// middle and the 99th of a hundred, and beside them the processor time of a page with all that
// goes with it, which says more on a machine that does other things.
func BenchmarkUnseenPage(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as in service
	h := rehearsed(b, 10_000)
	question := questions(b, h)
	var took []time.Duration
	bytes := 0
	before := processor(b)
	for b.Loop() {
		target := question()
		begin := time.Now()
		w := ask(h, "GET", target, "Accept-Encoding", "gzip, deflate, br, zstd")
		took = append(took, time.Since(begin))
		if w.Code != http.StatusOK {
			b.Fatal(target, w.Code)
		}
		bytes += w.Body.Len()
	}
	used := processor(b) - before
	slices.Sort(took)
	at := func(share float64) float64 {
		return took[min(len(took)-1, int(share*float64(len(took))))].Seconds() * 1000
	}
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(used.Seconds()*1000/float64(b.N), "cpu-ms/page")
	b.ReportMetric(float64(bytes)/float64(b.N), "B/page")
}

// questions draws from the conditions that the overview's own links offer.
func questions(b *testing.B, h http.Handler) func() string {
	offered := map[string][]string{}
	for _, m := range regexp.MustCompile(`[?;&]([a-z_]+)=([^"&]+)`).FindAllStringSubmatch(ask(h, "GET", "/en/").Body.String(), -1) {
		value, err := url.QueryUnescape(m[2])
		if err == nil && slices.Contains(explore.Filters, m[1]) && !slices.Contains(offered[m[1]], value) {
			offered[m[1]] = append(offered[m[1]], value)
		}
	}
	var names []string
	for name := range offered {
		names = append(names, name)
	}
	if len(names) < 8 {
		b.Fatalf("the overview links to %d filters only", len(names))
	}
	slices.Sort(names)
	random, asked := rand.New(rand.NewPCG(1, 0)), map[string]bool{}
	return func() string {
		for {
			v := url.Values{}
			for range 1 + random.IntN(4) {
				name := names[random.IntN(len(names))]
				v.Set(name, offered[name][random.IntN(len(offered[name]))])
			}
			target := "/" + string(lang.All[random.IntN(len(lang.All))]) + "/?" + v.Encode()
			if !asked[target] {
				asked[target] = true
				return target
			}
		}
	}
}

// processor is the time that this process has used, of all processors.
func processor(b *testing.B) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
