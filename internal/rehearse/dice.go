package rehearse

import (
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
	"sort"
)

// dice are chance that comes from the seed. Only whole numbers are drawn: fractions may round
// differently from one processor to the next.
type dice struct{ *rand.Rand }

// roll gives the dice for one purpose and number; what is drawn for another does not move them.
func roll(seed uint64, purpose string, n int64) dice {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	return dice{rand.New(rand.NewPCG(seed, mix(h.Sum64()^mix(uint64(n)))))}
}

// mix spreads the bits of a number (the finalizer of splitmix64, public domain).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func chachaSeed(seed uint64) (s [32]byte) {
	for i := range 4 {
		binary.BigEndian.PutUint64(s[8*i:], mix(seed+uint64(i)))
	}
	return s
}

// chance is true so many times in a thousand.
func (d dice) chance(permille int) bool { return d.IntN(1000) < permille }

// between draws a number from both ends and what lies between.
func (d dice) between(low, high int) int { return low + d.IntN(high-low+1) }

// small draws an index below n that is more often low than high.
func (d dice) small(n int) int { return min(d.IntN(n), d.IntN(n), d.IntN(n)) }

// one draws an element.
func one[T any](d dice, list []T) T { return list[d.IntN(len(list))] }

// some draws n different elements, in the order of the list.
func some[T any](d dice, list []T, n int) []T {
	var out []T
	left := min(n, len(list))
	for i, x := range list {
		if left > 0 && d.IntN(len(list)-i) < left {
			out = append(out, x)
			left--
		}
	}
	return out
}

// weights draws indexes, each as often as its weight says.
type weights struct {
	sums []int
}

func newWeights(list []int) weights {
	w := weights{make([]int, len(list))}
	sum := 0
	for i, n := range list {
		sum += n
		w.sums[i] = sum
	}
	return w
}

// zipf are the weights of n things in a random order: few are drawn often, many seldom.
func zipf(d dice, n int) []int {
	out := make([]int, n)
	for rank, i := range d.Perm(n) {
		out[i] = 100_000 / (rank + 4)
	}
	return out
}

func (w weights) empty() bool { return len(w.sums) == 0 || w.sums[len(w.sums)-1] == 0 }

func (w weights) draw(d dice) int {
	x := d.IntN(w.sums[len(w.sums)-1])
	return sort.SearchInts(w.sums, x+1)
}
