package explore

import (
	"hash/maphash"
	"maps"
	"slices"
)

// Snapshots share what did not change between them. Two structures do that here: vec, a list
// in chunks, and dict, a map in buckets. Both are values: a snapshot holds its own copy, and a
// builder of a later round copies a chunk or bucket before it changes it. There is one builder
// at a time. Appending to the last chunk of a vec needs no copy: readers look no further than
// the length in their own value.

const (
	chunkBits = 12
	chunkSize = 1 << chunkBits
)

type vec[T any] struct {
	chunks []*chunk[T]
	round  uint64 // of the builder that owns the list of chunks
	n      int
}

type chunk[T any] struct {
	round uint64
	rows  [chunkSize]T
}

func (v *vec[T]) len() int { return v.n }

func (v *vec[T]) at(i uint32) *T { return &v.chunks[i>>chunkBits].rows[i%chunkSize] }

// run is the rows from one on, at most n, as far as they stand together: at least one.
func (v *vec[T]) run(from uint32, n int) []T {
	at := int(from % chunkSize)
	return v.chunks[from>>chunkBits].rows[at:min(at+n, chunkSize)]
}

func (v *vec[T]) append(round uint64, row T) {
	if v.n>>chunkBits == len(v.chunks) {
		v.chunks = append(v.own(round), &chunk[T]{round: round})
	}
	*v.at(uint32(v.n)) = row
	v.n++
}

func (v *vec[T]) own(round uint64) []*chunk[T] {
	if v.round != round {
		v.chunks, v.round = slices.Clone(v.chunks), round
	}
	return v.chunks
}

// change gives the row for writing.
func (v *vec[T]) change(round uint64, i uint32) *T {
	k := i >> chunkBits
	if v.chunks[k].round != round {
		v.own(round)
		own := *v.chunks[k]
		own.round = round
		v.chunks[k] = &own
	}
	return v.at(i)
}

// each calls f with every row in order.
func (v *vec[T]) each(f func(i uint32, row *T)) {
	for k, c := range v.chunks {
		for i := range min(v.n-k<<chunkBits, chunkSize) {
			f(uint32(k<<chunkBits|i), &c.rows[i])
		}
	}
}

const buckets = 1 << 14 // about 60 words in each at a million words: one changed word copies so many

var seed = maphash.MakeSeed()

type dict[V any] struct {
	buckets []*bucket[V]
	round   uint64
	n       int
}

type bucket[V any] struct {
	round uint64
	m     map[string]V
}

func (d *dict[V]) get(key string) (V, bool) {
	if d.buckets != nil {
		if b := d.buckets[maphash.String(seed, key)%buckets]; b != nil {
			v, ok := b.m[key]
			return v, ok
		}
	}
	var none V
	return none, false
}

func (d *dict[V]) put(round uint64, key string, v V) {
	if d.round != round {
		own := make([]*bucket[V], buckets)
		copy(own, d.buckets)
		d.buckets, d.round = own, round
	}
	at := &d.buckets[maphash.String(seed, key)%buckets]
	switch {
	case *at == nil:
		*at = &bucket[V]{round: round, m: map[string]V{}}
	case (*at).round != round:
		*at = &bucket[V]{round: round, m: maps.Clone((*at).m)}
	}
	if _, ok := (*at).m[key]; !ok {
		d.n++
	}
	(*at).m[key] = v
}
