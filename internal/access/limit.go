package access

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limit is a bucket: Burst at once, and one more after each Every.
type Limit struct {
	Every time.Duration
	Burst int
}

// Limiter keeps a bucket for each key and forgets those that were not used for longest, so that
// its memory is bounded whatever is thrown at it. It is safe for concurrent use.
type Limiter struct {
	limit Limit
	most  int
	mu    sync.Mutex
	of    map[string]*list.Element
	order list.List // of *bucket, the latest used first
}

type bucket struct {
	key string
	*rate.Limiter
}

// NewLimiter makes a limiter that remembers at most that many keys.
func NewLimiter(l Limit, most int) *Limiter {
	return &Limiter{limit: l, most: most, of: map[string]*list.Element{}}
}

// Allow takes one from the key's bucket. Where it is empty, wait is how long until there is one.
func (l *Limiter) Allow(key string, now time.Time) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.of[key]
	if e == nil {
		if l.order.Len() >= l.most {
			oldest := l.order.Back()
			delete(l.of, oldest.Value.(*bucket).key)
			l.order.Remove(oldest)
		}
		e = l.order.PushFront(&bucket{key, rate.NewLimiter(rate.Every(l.limit.Every), l.limit.Burst)})
		l.of[key] = e
	} else {
		l.order.MoveToFront(e)
	}
	r := e.Value.(*bucket).ReserveN(now, 1)
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait, false
	}
	return 0, true
}

// Len is how many keys are remembered.
func (l *Limiter) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.order.Len()
}

// Prefix is the network that an address counts for: /24 of IPv4, /48 of IPv6, which is what one
// customer gets.
func Prefix(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 48
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil { // no address at all: all of those together
		return netip.Prefix{}
	}
	return p
}

// How much is let through. A prefix may be the hall of a conference behind one address.
var (
	askAccount = Limit{Every: 4 * time.Minute, Burst: 5}          // links or attempts for one address
	askPrefix  = Limit{Every: time.Second, Burst: 120}            // from one network
	actPerson  = Limit{Every: 100 * time.Millisecond, Burst: 200} // by somebody who has signed in
)

const (
	mostAccounts = 20_000
	mostPrefixes = 20_000
)

// Gate holds back who asks too often. It works the same for addresses that are somebody's and
// those that are not.
type Gate struct {
	clock              func() time.Time
	account, net, acts *Limiter
}

// NewGate makes a gate with the limits of the house.
func NewGate(clock func() time.Time) *Gate {
	return &Gate{
		clock: clock, account: NewLimiter(askAccount, mostAccounts),
		net: NewLimiter(askPrefix, mostPrefixes), acts: NewLimiter(actPerson, mostAccounts),
	}
}

// SignIn asks whether one may try to sign in to an account, or have a link mailed: once for the
// network, once for the address that was typed ("" where the way needs none). Where not, wait
// is what to put into Retry-After.
func (g *Gate) SignIn(address string, from netip.Addr) (wait time.Duration, ok bool) {
	now := g.clock()
	if wait, ok = g.net.Allow(Prefix(from).String(), now); !ok || address == "" {
		return wait, ok
	}
	if folded, err := foldEmail(address); err == nil {
		address = folded
	}
	return g.account.Allow(hashOf(address), now)
}

// Act asks whether somebody who has signed in, or came with a token, may send one more form.
func (g *Gate) Act(person string) (wait time.Duration, ok bool) {
	return g.acts.Allow(person, g.clock())
}
