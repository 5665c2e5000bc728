package my

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"stocktake/internal/lang"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kittest"
)

// A workbook comes back as programs leave it: with days that they have made of what looks like one.
// What cannot be read is named with its cell, and a call that closed lately can still be answered.
func TestAWorkbookFilledInByAProgram(t *testing.T) {
	s := serve(t)
	const late = "The call of the spring"
	call := intake.Call{ID: "spring", Zone: "Africa/Nairobi", Title: map[lang.Code]string{lang.EN: late}, Closes: s.Clock().Add(-time.Hour)}
	if err := s.desk.PutCall(t.Context(), s.People[kittest.Reviewer], call); err != nil {
		t.Fatal(err)
	}
	focal := s.As(kittest.Focal)
	focal.Get("/pledges/new").Says(late, "pledges are still taken and marked late")
	empty := focal.Get("/pledges/new/form.xlsx").Body
	fill := func(answers map[string]any) (data []byte, at map[string]string) {
		t.Helper()
		book, err := excelize.OpenReader(strings.NewReader(empty))
		if err != nil {
			t.Fatal(err)
		}
		defer book.Close()
		rows, err := book.GetRows("form")
		if err != nil {
			t.Fatal(err)
		}
		at = map[string]string{}
		for i, r := range rows {
			if len(r) == 0 || answers[r[0]] == nil {
				continue
			}
			at[r[0]] = "C" + strconv.Itoa(i+1)
			if err := book.SetCellValue("form", at[r[0]], answers[r[0]]); err != nil {
				t.Fatal(err)
			}
		}
		out, err := book.WriteToBuffer()
		if err != nil {
			t.Fatal(err)
		}
		return out.Bytes(), at
	}
	send := func(data []byte) *kittest.Page {
		return focal.Get("/pledges/new/offline").Choose(late).Attach("The filled-in form", "form.xlsx", data).Press("Make a draft of it")
	}
	bad, at := fill(map[string]any{"title": "Desks", "countries.1": "Kenyaa", "starts_on": "soon"})
	send(bad).Is(422).Says("Country (1) (cell "+at["countries.1"]+")", "Begins (cell "+at["starts_on"]+")")
	good, _ := fill(map[string]any{"title": "Desks", "countries.1": "Kenya", "starts_on": time.Date(2027, 1, 15, 0, 0, 0, 0, time.UTC), "ends_on": 2028})
	p := send(good).Is(200).Says("The form was read.")
	got := s.get(t, strings.TrimSuffix(strings.TrimPrefix(strings.SplitN(p.Path, "?", 2)[0], "/en"), "/check"))
	if got.Pledge.StartsOn != "2027-01-15" || got.Pledge.EndsOn != "2028" || got.Call != "spring" {
		t.Errorf("%q to %q, call %q", got.Pledge.StartsOn, got.Pledge.EndsOn, got.Call)
	}
}
