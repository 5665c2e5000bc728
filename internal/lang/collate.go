package lang

import (
	"strings"
	"sync"

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

// Collate gives the order of the language's own dictionaries (CLDR 23, as in golang.org/x/text;
// Chinese by pinyin): negative where a stands before b, 0 only for equal strings. The function may be used by
// many goroutines at once.
func Collate(c Code) func(a, b string) int {
	pool, ok := collators[c]
	if !ok {
		pool = collators[Default]
	}
	return func(a, b string) int {
		if a == b {
			return 0
		}
		collator := pool.Get().(*collate.Collator)
		order := collator.CompareString(a, b)
		pool.Put(collator)
		if order == 0 {
			return strings.Compare(a, b) // a total order, so that pages are the same each time
		}
		return order
	}
}
