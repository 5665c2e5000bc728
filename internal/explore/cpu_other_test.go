//go:build !linux

package explore

import "time"

var started = time.Now()

// cpu is the time by the clock on the wall: only Linux tells that of a thread.
func cpu() time.Duration { return time.Since(started) }

func processCPU() time.Duration { return cpu() }
