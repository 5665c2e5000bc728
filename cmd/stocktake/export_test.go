package main

import (
	"strings"
	"testing"
)

// The words of a long register are read last; an export that asks for words waits for them.
func TestAnExportByWordsOfALongRegister(t *testing.T) {
	b := &bench{t: t, dir: t.TempDir()}
	b.db = "sqlite:" + b.path("site.db")
	b.must("rehearse", "--pledges", "5000", "--seed", "5")
	if words := b.must("export", "pledges", "-o", b.path("some.csv"), "--filter", "q=children"); strings.HasPrefix(words, "0 pledges") {
		t.Errorf("export says %q", words)
	}
}
