package explore

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
)

// An erasure while a file is being written leaves none.
func TestErasedWhileTheFileIsWritten(t *testing.T) {
	longFromThree(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log, entries := filled(t, d)
		k, _ := keptHere(t, "a")
		x := openKept(t, log, k)
		s, forgot := x.Snapshot(), x.keep.forgot
		erase(t, d, log, entries[2].Header.Position)
		if err := x.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := x.keep.put(t.Context(), s, forgot); err == nil {
			t.Error("the file of an older snapshot is written after an erasure")
		}
		if left, err := os.ReadDir(filepath.Dir(k.File)); err != nil || len(left) != 0 {
			t.Errorf("left: %v, %v", left, err)
		}
	})
}

// A file is there whole or not at all; what a killed server left of one is swept away, and where
// none can be written, the index is as good without.
func TestHalfWrittenFiles(t *testing.T) {
	longFromThree(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log, _ := filled(t, d)
		k, _ := keptHere(t, "a")
		written(t, log, k)
		before, err := os.ReadFile(k.File)
		if err != nil {
			t.Fatal(err)
		}
		p := simplePledge(testPack(t), 7, "More")
		publish(t, d, log, draft("pledge", p.ID, "", p))
		x, err := Open(t.Context(), log, testPack(t), clockOf(today))
		if err != nil {
			t.Fatal(err)
		}
		interrupted, cancel := context.WithCancel(t.Context())
		cancel()
		if err := newKeeper(k, log, testPack(t)).put(interrupted, x.Snapshot(), 0); !errors.Is(err, context.Canceled) {
			t.Errorf("an interrupted write gives %v", err)
		}
		if after, err := os.ReadFile(k.File); err != nil || !bytes.Equal(before, after) {
			t.Error("an interrupted write changes the file")
		}
		killed, another := k.File+".half-1", k.File+".half-2"
		for _, half := range []string{killed, another} {
			if err := os.WriteFile(half, before[:len(before)/2], 0o600); err != nil {
				t.Fatal(err)
			}
		}
		old := time.Now().Add(-2 * time.Hour)
		if err := os.Chtimes(killed, old, old); err != nil {
			t.Fatal(err)
		}
		if x := openKept(t, log, k); !fromFile(x) || x.Snapshot().Size() != 9 {
			t.Error("the older file is not taken")
		}
		if isThere(killed) || !isThere(another) {
			t.Error("what was left half written an hour ago stays, or what is being written does not")
		}

		nowhere, said := keptHere(t, "a")
		nowhere.File = filepath.Join(nowhere.File, "in a folder that is not there")
		x = openKept(t, log, nowhere)
		stop := following(t, x)
		await(t, "the words", func() bool { return x.Snapshot().Searchable() })
		await(t, "a warning", func() bool { return strings.Contains(said(), "cannot be written") })
		stop()
	})
}
