package web

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	writeTimeout = time.Minute // long enough for a page at the speed of a poor line
	idleTimeout  = 2 * time.Minute
)

// Server serves the site to the world: slow and silent connections are closed.
func Server(ctx context.Context, h http.Handler) *http.Server {
	return &http.Server{
		Handler:        h,
		ReadTimeout:    10 * time.Second, // of a whole request; those that send files ask for more
		WriteTimeout:   writeTimeout,
		IdleTimeout:    idleTimeout,
		MaxHeaderBytes: 64 << 10,
		BaseContext:    func(net.Listener) context.Context { return ctx },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			if g, ok := c.(*gatherer); ok {
				return context.WithValue(ctx, gathererKey{}, g)
			}
			return ctx
		},
		ConnState: func(c net.Conn, state http.ConnState) {
			if g, ok := c.(*gatherer); ok && state == http.StateIdle {
				g.rest()
			}
		},
	}
}

// Gather makes the connections of a listener send a page that is ready in one piece, head and
// body. net/http sends the first 4 kB, in which the head is, and then the rest: one system
// call, and for the reader one packet, more than needed. Pages that are asked for in plain words
// are answered before net/http sees the request (early.go); nil: none is. A handler round pages is not
// asked about those, so that it must not decide by the reader who gets a page.
func Gather(l net.Listener, pages *Pages) net.Listener {
	g := &gathering{Listener: l}
	if pages != nil {
		g.pages = pages.door
	}
	return g
}

type gathering struct {
	net.Listener
	pages *door
	last  atomic.Int64 // when sending ends that holds up closing, in nanoseconds; 0: nothing has
}

func (l *gathering) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if _, ok := c.(*net.TCPConn); !ok {
		return c, nil // it could not send two pieces as one
	}
	return l.gather(c), nil
}

func (l *gathering) gather(c net.Conn) *gatherer {
	return &gatherer{Conn: c, from: l, early: early{begins: true}}
}

// gatherer holds one small write back while on, until the next write or the end. Only the
// goroutine that answers a request turns it on, and it turns it off before it returns, so that
// nothing is ever held while somebody waits for it.
type gatherer struct {
	net.Conn
	from *gathering
	early
	sending sync.Mutex // held while an early answer is sent
	on      bool
	held    []byte
	parts   [3][]byte
	left    net.Buffers // the parts not sent yet
}

type gathererKey struct{}

const holds = 4 << 10 // net/http's own buffer

func (g *gatherer) Write(p []byte) (int, error) {
	if !g.on {
		return g.Conn.Write(p)
	}
	if len(g.held) == 0 {
		if len(p) > holds {
			return g.Conn.Write(p)
		}
		g.held = append(g.held, p...)
		return len(p), nil
	}
	before := len(g.held)
	g.parts = [3][]byte{g.held, p}
	g.left = g.parts[:2]
	sent, err := g.left.WriteTo(g.Conn)
	g.held, g.parts = g.held[:0], [3][]byte{}
	return max(0, int(sent)-before), err
}

// send writes a body with what net/http holds for its head.
func (g *gatherer) send(w http.ResponseWriter, body []byte) (int, error) {
	g.on = true
	n, err := w.Write(body)
	g.on = false
	if len(g.held) > 0 {
		_, err = g.Conn.Write(g.held)
		g.held = g.held[:0]
	}
	return n, err
}
