package web

import (
	"container/list"
	"hash/maphash"
	"sync"
)

// edition is what every page of one moment has in common: the register's size, the day, whether the
// index is that of a file still, and the names of calls. Pages of another edition are never given out.
type edition struct {
	size     int64
	day      int64 // since 1970-01-01
	fromFile bool
	calls    int64 // edition of their names
}

// target is a page in one language under one question: "/en/pledges", "objective=4". The
// canonical form is that of the links on our pages.
type target struct{ path, query string }

// store keeps the pages of one edition ready, up to a number of bytes. It is an S3-FIFO cache
// (Yang et al., SOSP 2023): a page enters a small queue and reaches the large one only when it
// is asked for again, so that a flood of questions that are asked once pushes out nothing but
// itself. A hit changes no queue, so that readers do not wait for each other.
type store struct {
	limit int // bytes

	mu    sync.RWMutex
	at    edition
	byKey map[target]*kept
	small queue
	large queue
	gone  ghosts
}

type kept struct {
	to   target
	made *response
	size int
	in   *queue
}

// queue is first in, first out.
type queue struct {
	list.List // of *kept, the oldest in front
	bytes     int
}

func (q *queue) push(k *kept) {
	q.PushBack(k)
	q.bytes += k.size
	k.in = q
}

func (q *queue) pop() *kept {
	k := q.Remove(q.Front()).(*kept)
	q.bytes -= k.size
	k.in = nil
	return k
}

func newStore(limit int) *store {
	s := &store{limit: limit}
	s.clear(edition{})
	return s
}

func (s *store) clear(at edition) {
	s.at, s.byKey, s.small, s.large = at, map[target]*kept{}, queue{}, queue{}
}

// get finds a page; nil where it is not there.
func (s *store) get(at edition, to target) *response {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if at != s.at {
		return nil
	}
	k := s.byKey[to]
	if k == nil {
		return nil
	}
	if n := k.made.hits.Load(); n < 3 { // a lost count does no harm
		k.made.hits.Store(n + 1)
	}
	return k.made
}

// put keeps a page. One that is larger than a sixteenth of the store, or of an edition
// before the present one, is not kept.
func (s *store) put(at edition, to target, made *response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	size := made.size() + len(to.path) + len(to.query)
	if at.size < s.at.size || at.calls < s.at.calls || size > s.limit/16 {
		return
	}
	if at != s.at {
		s.clear(at)
	}
	if s.byKey[to] != nil {
		return
	}
	k := &kept{to: to, made: made, size: size}
	made.grew = func(n int) { s.grow(k, n) }
	s.byKey[to] = k
	if s.gone.forget(to) {
		s.large.push(k)
	} else {
		s.small.push(k)
	}
	s.evict()
}

// grow counts a coding that was made later.
func (s *store) grow(k *kept, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byKey[k.to] != k {
		return // evicted meanwhile
	}
	k.size += n
	k.in.bytes += n
	s.evict()
}

// evict drops pages until the rest fits.
func (s *store) evict() {
	for s.small.bytes+s.large.bytes > s.limit {
		if s.small.bytes > s.limit/10 || s.large.Len() == 0 {
			k := s.small.pop()
			if k.made.hits.Swap(0) > 0 {
				s.large.push(k)
				continue
			}
			s.gone.add(k.to)
			delete(s.byKey, k.to)
			continue
		}
		k := s.large.pop()
		if n := k.made.hits.Load(); n > 0 {
			k.made.hits.Store(n - 1)
			s.large.push(k)
			continue
		}
		delete(s.byKey, k.to)
	}
}

// ghosts remember the pages dropped last from the small queue by a hash of their names: who
// comes back soon goes to the large one.
type ghosts struct {
	seed maphash.Seed
	ring []uint64
	next int
	has  map[uint64]bool
}

const mostGhosts = 8192

func (g *ghosts) hash(to target) uint64 {
	if g.has == nil {
		g.seed, g.has = maphash.MakeSeed(), map[uint64]bool{}
	}
	return maphash.Comparable(g.seed, to)
}

func (g *ghosts) add(to target) {
	h := g.hash(to)
	if g.has[h] {
		return
	}
	if len(g.ring) < mostGhosts {
		g.ring = append(g.ring, h)
	} else {
		delete(g.has, g.ring[g.next])
		g.ring[g.next] = h
		g.next = (g.next + 1) % mostGhosts
	}
	g.has[h] = true
}

func (g *ghosts) forget(to target) bool {
	h := g.hash(to)
	was := g.has[h]
	delete(g.has, h)
	return was
}
