package db

import "database/sql"

// Readers is how the connections that read are used.
func (d *DB) Readers() sql.DBStats { return d.read.Stats() }
