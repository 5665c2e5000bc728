package web_test

import (
	"context"
	"encoding/base64"
	"testing"
)

// The root hash has one form: the one of checkpoints and receipts.
func TestTheFootHasTheRootAsReceiptsHave(t *testing.T) {
	s := open(t)
	root, err := s.Log.Root(context.Background(), s.Size)
	if err != nil {
		t.Fatal(err)
	}
	want := base64.StdEncoding.EncodeToString(root[:])[:8] + "…"
	if got := s.get(t, "/en/").First(".foot code").Text(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
