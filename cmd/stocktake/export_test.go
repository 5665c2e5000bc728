package main

import (
	"strings"
	"testing"
)

// The words of a long register are read last; an export that asks for words waits for them.
func TestAnExportByWordsOfALongRegister(t *testing.T) {
	b := long(t)
	if words := b.must("export", "pledges", "-o", b.path("some.csv"), "--filter", "q=children"); strings.HasPrefix(words, "0 pledges") {
		t.Errorf("export says %q", words)
	}
}
