package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"stocktake/internal/api"
	"stocktake/internal/db"
	"stocktake/internal/explore"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/register"
	"stocktake/internal/web/work/kittest"
)

// Published figures are an entry of a kind of its own. Nothing that reads the register stumbles
// over it: verification, the fold into tables, the index, pages, and answers to programs.
func TestFiguresInTheRegister(t *testing.T) {
	o := open(t)
	ctx := context.Background()
	s := o.published("Every birth registered")
	position := o.size()
	o.submit("In review")
	today := o.Clock().Format("2006-01-02")
	if _, at, err := o.desk.PublishFigures(ctx, o.People[kittest.Reviewer], today); err != nil || at != position {
		t.Fatalf("published at %d, not %d: %v", at, position, err)
	}
	after := o.published("Schools open to all")

	e, err := o.Log.Entry(ctx, position)
	if err != nil {
		t.Fatal(err)
	}
	var f intake.Figures
	if err := json.Unmarshal(e.Payload, &f); err != nil || f.Published != 1 || f.InReview != 1 || f.Received != 2 || f.SetAside != nil {
		t.Fatalf("%s: %v", e.Payload, err)
	}
	if h := e.Header; h.Kind != "figures" || h.Subject != "figures:"+today || h.Actor != intake.Secretariat {
		t.Fatalf("%+v", h)
	}
	if _, err := o.Log.VerifyDatabase(ctx); err != nil {
		t.Fatal(err)
	}
	var export bytes.Buffer
	if err := o.Log.Export(ctx, &export); err != nil {
		t.Fatal(err)
	}
	if r, err := register.VerifyExport(&export, ""); err != nil || r.Size != o.size() {
		t.Fatalf("%+v: %v", r, err)
	}
	receipt, err := o.Log.Receipt(ctx, position)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := receipt.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := register.VerifyReceipt(raw, ""); err != nil {
		t.Fatal(err)
	}
	o.Write(func(ctx context.Context, tx *db.Tx) error { // as a replay does
		if err := party.Apply(ctx, tx, e); err != nil {
			return err
		}
		return pledge.Apply(ctx, tx, e)
	})
	fresh, err := explore.Open(ctx, o.Log, o.Pack, o.Clock)
	if err != nil {
		t.Fatal(err)
	}
	if n := fresh.Snapshot().Size(); n != o.size() {
		t.Fatalf("the index has read %d of %d entries", n, o.size())
	}
	if err := o.Index.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	programs, err := api.New(api.Config{Pack: o.Pack, Index: fresh, Log: o.Log, Clock: o.Clock})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{s.Published, after.Published} {
		o.As(kittest.Nobody).Get("/pledges/" + id + "/history").Is(200)
		for _, path := range []string{"", "/history", "/receipt"} {
			rec := httptest.NewRecorder()
			programs.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/api/v1/pledges/"+id+path, nil))
			if rec.Code != http.StatusOK {
				t.Errorf("%s%s answers %d: %s", id, path, rec.Code, rec.Body)
			}
		}
	}
	for _, path := range []string{"/", "/changes?since=2020-01-01", "/about"} {
		o.As(kittest.Nobody).Get(path).Is(200)
	}
}
