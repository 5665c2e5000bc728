package lang

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// collators holds, per language, a pool of collators: one collator keeps buffers and serves one
// goroutine at a time.
var collators = func() map[Code]*sync.Pool {
	pools := map[Code]*sync.Pool{}
	for _, c := range All {
		tag := language.MustParse(string(c))
		pools[c] = &sync.Pool{New: func() any { return collate.New(tag) }}
	}
	return pools
}()

// places are the keys of texts in the order of a language, by text: pages sort the same names
// again and again, and keys are compared twenty times as fast as texts.
type places struct {
	keys sync.Map // string → string
	size atomic.Int64
}

// mostPlaces bounds a language's keys. Some of what is sorted comes from readers' questions;
// beyond the bound all keys are forgotten and made again as they are needed.
const mostPlaces = 1 << 14

var known = func() map[Code]*atomic.Pointer[places] {
	all := map[Code]*atomic.Pointer[places]{}
	for _, c := range All {
		all[c] = new(atomic.Pointer[places])
		all[c].Store(new(places))
	}
	return all
}()

// sortKey gives the key of a text; that of the one that stands first is the lesser.
func sortKey(c Code, s string) string {
	now := known[c].Load()
	if key, ok := now.keys.Load(s); ok {
		return key.(string)
	}
	pool := collators[c]
	collator := pool.Get().(*collate.Collator)
	var room collate.Buffer
	key := string(collator.KeyFromString(&room, s))
	pool.Put(collator)
	if now.size.Add(1) > mostPlaces {
		known[c].CompareAndSwap(now, new(places))
		return key
	}
	now.keys.Store(strings.Clone(s), key)
	return key
}

// Collate gives the order of the language's own dictionaries (CLDR 23, as in golang.org/x/text;
// Chinese by pinyin): negative where a stands before b, 0 only for equal strings. The function may be used by
// many goroutines at once.
func Collate(c Code) func(a, b string) int {
	if _, ok := collators[c]; !ok {
		c = Default
	}
	return func(a, b string) int {
		if a == b {
			return 0
		}
		// A total order, so that pages are the same each time.
		return cmp.Or(strings.Compare(sortKey(c, a), sortKey(c, b)), strings.Compare(a, b))
	}
}

// SortStable sorts a list by a text of each element, as Collate compares; those of the same text
// keep their order.
func SortStable[T any](c Code, list []T, text func(T) string) {
	if _, ok := collators[c]; !ok {
		c = Default
	}
	type keyed struct {
		key, text string
		value     T
	}
	all := make([]keyed, len(list))
	for i, v := range list {
		s := text(v)
		all[i] = keyed{sortKey(c, s), s, v}
	}
	slices.SortStableFunc(all, func(a, b keyed) int {
		return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.text, b.text))
	})
	for i := range all {
		list[i] = all[i].value
	}
}
