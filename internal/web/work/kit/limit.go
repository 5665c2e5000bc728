package kit

import (
	"net/netip"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/errs"
)

// Limits say how often pages may be asked for; see access.Limit.
type Limits struct {
	Person  access.Limit // somebody who has signed in, on all their devices
	Network access.Limit // those who have not, of one network
	Tries   access.Limit // of one network: links and keys tried, letters asked for
}

// DefaultLimits let a form save itself every few seconds on several devices, and the hall of a
// conference behind one address follow its links. Links have 256 random bits; what is limited
// is the work that trying them makes. Who may ask for letters how often is access.Gate's.
var DefaultLimits = Limits{
	Person:  access.Limit{Every: 200 * time.Millisecond, Burst: 200},
	Network: access.Limit{Every: 250 * time.Millisecond, Burst: 120},
	Tries:   access.Limit{Every: time.Second, Burst: 120},
}

const remembered = 20_000 // keys of one limit

// tooMany says how long to wait.
type tooMany struct{ wait time.Duration }

func (*tooMany) Error() string { return "too many requests" }

// TooMany is the error of a page that was asked for too often.
func TooMany(wait time.Duration) error {
	return errs.New(errs.Unavailable, "%w", &tooMany{wait}).WithKey("work.problem.limit")
}

type limiter struct{ person, network, tries *access.Limiter }

func newLimiter(l Limits) *limiter {
	return &limiter{access.NewLimiter(l.Person, remembered), access.NewLimiter(l.Network, remembered), access.NewLimiter(l.Tries, remembered)}
}

// take counts a request, and refuses it where there were too many.
func (l *limiter) take(r *Request, tries bool) error {
	network := access.Prefix(r.From).String()
	if tries && r.Posted() {
		if wait, ok := l.tries.Allow(network, r.Now); !ok {
			return TooMany(wait)
		}
	}
	limit, key := l.network, network
	if r.Person.Known() {
		limit, key = l.person, r.Person.ID
	}
	if wait, ok := limit.Allow(key, r.Now); !ok {
		return TooMany(wait)
	}
	return nil
}

// addressOf reads the address of a connection; the zero address where there is none.
func addressOf(remote string) netip.Addr {
	if pair, err := netip.ParseAddrPort(remote); err == nil {
		return pair.Addr()
	}
	a, _ := netip.ParseAddr(remote) // no address is the zero one, and all those are limited together
	return a
}
