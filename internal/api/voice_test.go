package api

import (
	"context"
	"strings"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// What others say of a pledge is in its history, as the document describes it, and nowhere else.
func TestOthersAreHeardInTheHistoryAlone(t *testing.T) {
	f := newFixture(t)
	pledgeBefore, facetsBefore := content(t, f, "/api/v1/pledges/"+id(revised)), content(t, f, "/api/v1/facets")
	own := *f.book.Pack
	own.Mandates.Contestation = own.Mandates.Assessment
	f.book.Pack = &own
	terms := pledge.Terms{Actor: "office:secretariat", Mode: pledge.ByForm}
	f.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := f.book.Assess(ctx, tx, terms, pledge.Assessment{Pledge: id(revised), Assessor: "quiet-fleet", On: "2034-10-01", Source: "https://example.org/nets/study", Finding: "Half of them let turtles go.", Language: lang.EN})
		return err
	})
	f.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := f.book.Comment(ctx, tx, terms, pledge.Comment{Pledge: id(revised), By: "fji", On: "2034-10-02", Contests: "Every trawler", Text: "Not ours.", Language: lang.EN, AskedOn: "2034-10-03", ReplyBy: "2034-11-02",
			Reply: &pledge.Reply{By: "ken", On: "2034-10-20", Text: "Soon.", Language: lang.EN, Evidence: []pledge.Link{{URL: "https://example.org/soon"}}}})
		return err
	})
	if err := f.index.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	text := body(t, f.get("/api/v1/pledges/"+id(revised)+"/history"))
	for _, has := range []string{`"kind":"assessment"`, `"assessor":"quiet-fleet"`, `"kind":"comment"`, `"contests":"Every trawler"`, `"text":"Soon."`} {
		if !strings.Contains(text, has) {
			t.Errorf("the history has no %s:\n%s", has, text)
		}
	}
	schema, err := schemas(t, body(t, f.get("/api/openapi.json"))).Compile("api.json#/components/schemas/History")
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(unmarshal(t, text)); err != nil {
		t.Error(err)
	}
	if now := content(t, f, "/api/v1/pledges/"+id(revised)); now != pledgeBefore {
		t.Errorf("the pledge was\n%s\nand is\n%s", pledgeBefore, now)
	}
	if now := content(t, f, "/api/v1/facets"); now != facetsBefore {
		t.Errorf("the facets were\n%s\nand are\n%s", facetsBefore, now)
	}
}

// So is the announcement that a pledge answers, once the register says which one it answers.
func TestAnAnnouncementIsInTheHistoryOfItsPledge(t *testing.T) {
	f := newFixture(t)
	history := func() string {
		if err := f.index.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		return body(t, f.get("/api/v1/pledges/"+id(revised)+"/history"))
	}
	said := pledge.Announcement{Schema: 1, Party: "ken", On: "2034-11-11", Occasion: "Regatta of the isles", Language: lang.EN, Status: pledge.Awaited}
	f.beside(pledge.AnnouncementKind, "ken/2", "2034-11-12", said)
	if text := history(); strings.Contains(text, "Regatta") {
		t.Errorf("the history has what nobody has connected with the pledge:\n%s", text)
	}
	said.Status, said.Pledge = pledge.Answered, id(revised)
	f.beside(pledge.AnnouncementKind, "ken/2", "2034-11-13", said)
	text := history()
	if n := strings.Count(text, `"kind":"announcement"`); n != 2 || !strings.Contains(text, `"announcement":{"party":"ken","on":"2034-11-11","occasion":"Regatta of the isles"`) {
		t.Errorf("the history has %d entries of the announcement:\n%s", n, text)
	}
	schema, err := schemas(t, body(t, f.get("/api/openapi.json"))).Compile("api.json#/components/schemas/History")
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(unmarshal(t, text)); err != nil {
		t.Error(err)
	}
}

// content is an answer without the size and the root of the register.
func content(t *testing.T, f *fixture, target string) string {
	t.Helper()
	text := body(t, f.get(target))
	before, rest, found := strings.Cut(text, `"register":{`)
	_, after, ends := strings.Cut(rest, "}")
	if !found || !ends {
		t.Fatalf("%s names no register: %s", target, text)
	}
	return before + after
}
