package comment

import (
	"testing"
	"time"

	"stocktake/internal/errs"
	"stocktake/internal/pledge"
)

// What a comment or a reply rests on is of the day of whoever writes at the latest; it is refused
// when it is handed in, and not when it would be published.
func TestEvidenceAheadIsNotHandedIn(t *testing.T) {
	both(t, func(t *testing.T, h *house) {
		h.now = time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)
		abroad, lead := clara, amina
		abroad.TimeZone, lead.TimeZone = "Pacific/Auckland", "Pacific/Honolulu"
		dated := func(on string) (w pledge.Comment) {
			w = words("Seven counties do not register.")
			w.Evidence = []pledge.Link{{URL: "https://example.org/count", On: on}}
			return w
		}
		ahead := func(err error, field string) {
			t.Helper()
			if found := errs.FieldsOf(err); !errs.Is(err, errs.Invalid) || len(found) != 1 || found[0].Field != field {
				t.Errorf("%v, want %s", err, field)
			}
		}
		c := h.must(h.Begin(h.ctx, abroad, h.id, dated("2024-03-03")))
		_, err := h.Submit(h.ctx, abroad, c.ID, c.Version)
		ahead(err, "evidence[0].on")
		c = h.must(h.Save(h.ctx, abroad, c.ID, c.Version, dated("2024-03-02")))
		_, err = h.Submit(h.ctx, clara, c.ID, c.Version) // where it is still the first
		ahead(err, "evidence[0].on")
		c = h.must(h.Submit(h.ctx, abroad, c.ID, c.Version))
		if c.Comment.On != "2024-03-02" {
			t.Errorf("it is of %s", c.Comment.On)
		}
		c = h.must(h.Screen(h.ctx, rita, c.ID, c.Version, looked))
		h.now = time.Date(2024, 3, 5, 6, 0, 0, 0, time.UTC)
		said := func(on string) pledge.Reply {
			return pledge.Reply{Text: "They will in May.", Language: "en", Evidence: []pledge.Link{{URL: "https://example.org/law", On: on}}}
		}
		_, err = h.Reply(h.ctx, lead, c.ID, c.Version, said("2024-03-05"))
		ahead(err, "reply.evidence[0].on")
		c = h.must(h.Reply(h.ctx, lead, c.ID, c.Version, said("2024-03-04")))
		c = h.must(h.Publish(h.ctx, rita, c.ID, c.Version))
		if len(h.voices()) != 1 {
			t.Error("it is not public")
		}
	})
}
