package register

import (
	"context"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"stocktake/internal/db"
)

// frontier is all that is needed of a tree to append to it: the hashes of the complete subtrees
// along its right edge, the largest first.
type frontier struct {
	size   int64
	hashes []tlog.Hash
}

// add appends a leaf and gives the hashes that are stored for it, in the order of their indexes
// (which are dense: those of one leaf follow those of the leaf before).
func (f *frontier) add(leaf []byte, stored []tlog.Hash) []tlog.Hash {
	h := tlog.RecordHash(leaf)
	stored = append(stored, h)
	for range bits.TrailingZeros64(^uint64(f.size)) { // each subtree that this leaf completes
		last := len(f.hashes) - 1
		h = tlog.NodeHash(f.hashes[last], h)
		f.hashes = f.hashes[:last]
		stored = append(stored, h)
	}
	f.hashes = append(f.hashes, h)
	f.size++
	return stored
}

// root is the hash of the whole tree.
func (f *frontier) root() tlog.Hash {
	if f.size == 0 {
		h, err := tlog.TreeHash(0, nil)
		if err != nil {
			panic(err) // the empty tree reads nothing
		}
		return h
	}
	h := f.hashes[len(f.hashes)-1]
	for i := len(f.hashes) - 2; i >= 0; i-- {
		h = tlog.NodeHash(f.hashes[i], h)
	}
	return h
}

// readFrontier reads the right edge of the tree of a size.
func readFrontier(ctx context.Context, tx *db.Tx, size int64) (*frontier, error) {
	var indexes []int64
	for left := size; left > 0; {
		level := bits.Len64(uint64(left)) - 1
		done := size - left
		indexes = append(indexes, tlog.StoredHashIndex(level, done>>level))
		left -= 1 << level
	}
	hashes, err := hashReader(ctx, tx).ReadHashes(indexes)
	if err != nil {
		return nil, err
	}
	return &frontier{size: size, hashes: hashes}, nil
}

// hashReader reads stored hashes of the tree within a transaction.
func hashReader(ctx context.Context, tx *db.Tx) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make(map[int64]tlog.Hash, len(indexes))
		for start := 0; start < len(indexes); start += 500 {
			part := indexes[start:min(start+500, len(indexes))]
			args := make([]any, len(part))
			for i, x := range part {
				args[i] = x
			}
			rows, err := tx.Query(ctx, `SELECT id, hash FROM register_hash WHERE id IN (`+tx.List(len(part))+`)`, args...)
			if err != nil {
				return nil, fmt.Errorf("read hashes: %w", err)
			}
			for rows.Next() {
				var id int64
				var b []byte
				if err := rows.Scan(&id, &b); err != nil {
					rows.Close()
					return nil, fmt.Errorf("read hashes: %w", err)
				}
				if len(b) != tlog.HashSize {
					rows.Close()
					return nil, fmt.Errorf("the stored hash %d of the register has %d bytes", id, len(b))
				}
				found[id] = tlog.Hash(b)
			}
			rows.Close()
			if err := rows.Err(); err != nil {
				return nil, fmt.Errorf("read hashes: %w", err)
			}
		}
		hashes := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			h, ok := found[x]
			if !ok {
				return nil, fmt.Errorf("the stored hash %d of the register is missing", x)
			}
			hashes[i] = h
		}
		return hashes, nil
	})
}
