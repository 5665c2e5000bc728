package comment

import (
	"encoding/json"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
)

// Who has written nothing takes an empty list along, and no null.
func TestWhatIsHeldAboutWhoWroteNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := furnish(t, d)
		h.write(func(tx *db.Tx) error {
			held, err := h.OfPerson(h.ctx, tx, "nobody")
			if err != nil {
				return err
			}
			said, err := json.Marshal(held)
			if string(said) != `{"comments":[]}` {
				t.Errorf("%s", said)
			}
			return err
		})
	})
}
