package main

import "testing"

func TestSpareCollections(t *testing.T) {
	for inUse, want := range map[uint64]int{0: 400, 60 << 20: 400, 256 << 20: 400, 512 << 20: 400, 1 << 30: 200, 4 << 30: 150} {
		if got := spare(inUse); got != want {
			t.Errorf("with %d MB in use: %d %%, want %d", inUse>>20, got, want)
		}
	}
}
