package access_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"stocktake/internal/access"
)

var morning = time.Date(2026, 5, 20, 9, 0, 0, 0, time.UTC)

func TestALimiterLetsThroughAndForgets(t *testing.T) {
	l := access.NewLimiter(access.Limit{Every: time.Minute, Burst: 3}, 2)
	for i := range 3 {
		if _, ok := l.Allow("a", morning); !ok {
			t.Fatalf("the %dth is refused", i+1)
		}
	}
	wait, ok := l.Allow("a", morning)
	if ok || wait <= 59*time.Second || wait > time.Minute {
		t.Errorf("after the burst: %v, wait %v", ok, wait)
	}
	if _, ok := l.Allow("a", morning); ok { // and asking in vain does not make it longer
		t.Error("let through")
	}
	if _, ok := l.Allow("a", morning.Add(time.Minute)); !ok {
		t.Error("refused after the wait")
	}
	if _, ok := l.Allow("b", morning); !ok {
		t.Error("another key is refused")
	}
	for i := range 1000 {
		l.Allow(fmt.Sprint(i), morning)
	}
	if l.Len() != 2 {
		t.Errorf("%d keys are remembered", l.Len())
	}
}

func TestPrefixes(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.77": "192.0.2.0/24", "::ffff:192.0.2.77": "192.0.2.0/24", "2001:db8:1:2::3": "2001:db8:1::/48", "fe80::1%eth0": "fe80::/48",
	} {
		if got := access.Prefix(netip.MustParseAddr(address)).String(); got != want {
			t.Errorf("%s is of %s, want %s", address, got, want)
		}
	}
	if access.Prefix(netip.Addr{}).IsValid() {
		t.Error("no address has a prefix")
	}
}

func TestTheGateHoldsBack(t *testing.T) {
	now := morning
	g := access.NewGate(func() time.Time { return now })
	here, there := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.1")
	passed := func(address string, from netip.Addr, n int) (ok int) {
		for range n {
			if _, let := g.SignIn(address, from); let {
				ok++
			}
		}
		return ok
	}
	if n := passed("Amina@example.org", here, 20); n != 5 {
		t.Errorf("for one address %d", n)
	}
	if n := passed(" amina@EXAMPLE.org", there, 20); n != 0 {
		t.Errorf("spelled otherwise, from elsewhere: %d", n)
	}
	now = now.Add(4 * time.Minute)
	if n := passed("amina@example.org", there, 20); n != 1 {
		t.Errorf("four minutes later %d", n)
	}
	g = access.NewGate(func() time.Time { return now })
	total := 0
	for i := range 300 {
		total += passed(fmt.Sprintf("p%d@example.org", i), netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), 1)
	}
	if total != 120 {
		t.Errorf("from one network %d", total)
	}
	if n := passed("", there, 1); n != 1 {
		t.Error("another network is held back")
	}
	acts := 0
	for range 1000 {
		if _, ok := g.Act("per-1"); ok {
			acts++
		}
	}
	if acts != 200 {
		t.Errorf("one person: %d", acts)
	}
}
