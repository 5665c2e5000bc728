package db_test

import (
	"sync"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
)

// As many connections as were needed once are kept for the next moment in which all want something:
// opening one, and preparing its statements again, takes longer than what is asked of it.
func TestConnectionsAreKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		n := d.Readers().MaxOpenConnections
		for range 2 {
			var inside, done sync.WaitGroup
			inside.Add(n)
			for range n {
				done.Go(func() {
					err := d.Read(t.Context(), func(tx *db.Tx) error {
						var one int
						err := tx.QueryRow(t.Context(), `SELECT 1`).Scan(&one)
						inside.Done()
						inside.Wait()
						return err
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
			done.Wait()
		}
		if closed := d.Readers().MaxIdleClosed; closed > 0 {
			t.Errorf("%d of %d connections were closed between two moments", closed, n)
		}
	})
}
