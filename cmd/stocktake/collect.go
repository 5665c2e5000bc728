package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// spareCollections trades memory for processor time until ctx ends: a server of small pages would
// otherwise collect garbage many times a second under load. GOGC in the environment goes before.
//
// How much garbage there may be falls with what is in use: four times as much is nothing with a
// thousand pledges, and would be 14 GB with a million.
func spareCollections(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	percent := spare(0)
	debug.SetGCPercent(percent)
	go func() {
		inUse := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			metrics.Read(inUse)
			if p := spare(inUse[0].Value.Uint64()); p > percent*5/4 || p < percent*4/5 {
				percent = p
				debug.SetGCPercent(percent)
			}
		}
	}()
}

// spare is how much garbage may be made before it is collected, in percent of what is in use.
func spare(inUse uint64) int {
	const most, least, bytes = 400, 150, 2 << 30
	return int(max(least, min(most, bytes*100/max(inUse, 1))))
}
