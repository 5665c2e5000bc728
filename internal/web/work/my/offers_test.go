package my

import (
	"strings"
	"testing"

	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kittest"
)

// An offer to match a pledge that was not entered here waits on the list of its party, and is
// answered once the pledge is taken up.
func TestAnOfferToAPublicPledgeFromElsewhere(t *testing.T) {
	s := serve(t)
	ctx, focal := t.Context(), s.As(kittest.Focal)
	focal.Get("/my").Is(200).SaysNot("Offers to answer")
	id := focal.Get("/my").First("section[aria-labelledby=others] .id").Text()
	offer := pledge.Pledge{Title: "Deliver 200 desks", Text: prose, Language: lang.EN, Form: pledge.Matching, Matches: id,
		Objectives: []int{1}, ObjectivesBy: pledge.ByParty, Nature: []pledge.Nature{pledge.Material}, Levels: []pledge.Level{pledge.National}}
	sub, err := s.desk.Draft(ctx, s.People[kittest.Other], intake.Beginning{Lead: "prt", Pledge: offer})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.desk.Submit(ctx, s.People[kittest.Other], sub.Ref, sub.Version); err != nil {
		t.Fatal(err)
	}
	for _, c := range lang.All {
		if text := focal.In(c).Get("/my").Is(200).First("section[aria-labelledby=offers]").Text(); !strings.Contains(text, id) {
			t.Fatalf("%s: the offers are %q", c, text)
		}
	}
	p := focal.In(lang.EN).Get("/my").Press("Take up").Is(200).Says("Deliver 200 desks", "Portugal").Press("Confirm").Says("Your answer to the offer was noted.")
	focal.Get("/my").SaysNot("Offers to answer")
	p.Is(200)
}
