package dbtest

import (
	"io"
	"math/rand/v2"
	"sync"
)

// Rand gives the same bytes for the same seed, to several goroutines at once: transactions of
// PostgreSQL run side by side, each drawing its ids, as they may from crypto/rand.
func Rand(seed byte) io.Reader { return &locked{from: rand.NewChaCha8([32]byte{seed})} }

type locked struct {
	mu   sync.Mutex
	from *rand.ChaCha8
}

func (l *locked) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.from.Read(p)
}
