package web

import "strings"

// asked is a request for a page, as the browsers and proxies that we know write it.
type asked struct {
	path, query  string
	accept, held []string // Accept-Encoding, If-None-Match: none or one
	room         [2]string
}

// read takes a request apart. It refuses everything about which two programs could be of two minds, and what
// might ask for another answer than the page: net/http then decides. It allows less than RFC 9112 does.
func (a *asked) read(s string) bool {
	line, s, _ := strings.Cut(s, "\r\n")
	to, get := strings.CutPrefix(line, "GET ")
	to, known := strings.CutSuffix(to, " HTTP/1.1")
	if !get || !known {
		return false
	}
	asks := false
	a.path, a.query, asks = strings.Cut(to, "?")
	if !strings.HasPrefix(a.path, "/") || !only(a.path, inPath) || asks && a.query == "" || !only(a.query, inQuery) {
		return false
	}
	a.accept, a.held = nil, nil
	host, connection := false, false
	for {
		line, rest, ended := strings.Cut(s, "\r\n")
		if !ended {
			return false
		}
		if line == "" {
			return rest == "" && host
		}
		s = rest
		name, value, named := strings.Cut(line, ":")
		if !named || name == "" || !only(name, inName) || !only(value, inValue) {
			return false
		}
		value = strings.Trim(value, " ")
		switch name[0] | 0x20 {
		case 'a':
			if strings.EqualFold(name, "Accept-Encoding") {
				if a.accept != nil {
					return false
				}
				a.room[0], a.accept = value, a.room[:1]
			}
		case 'c': // Content-Length and the like
			if strings.EqualFold(name, "Connection") {
				if connection || !strings.EqualFold(value, "keep-alive") {
					return false
				}
				connection = true
			} else if begins(name, "Content-") {
				return false
			}
		case 'e', 'r':
			if strings.EqualFold(name, "Expect") || strings.EqualFold(name, "Range") {
				return false
			}
		case 'h': // HTTP2-Settings
			if !strings.EqualFold(name, "Host") || host || value == "" || !only(value, inHost) {
				return false
			}
			host = true
		case 'i':
			if strings.EqualFold(name, "If-None-Match") {
				if a.held != nil {
					return false
				}
				a.room[1], a.held = value, a.room[1:]
			} else if begins(name, "If-") {
				return false
			}
		case 'k', 'p': // Keep-Alive, Proxy-Connection and its kin
			if strings.EqualFold(name, "Keep-Alive") || begins(name, "Proxy-") {
				return false
			}
		case 't':
			if strings.EqualFold(name, "TE") || begins(name, "Trailer") || begins(name, "Transfer-") {
				return false
			}
		case 'u':
			if strings.EqualFold(name, "Upgrade") {
				return false
			}
		}
	}
}

// begins is strings.HasPrefix in letters of either case.
func begins(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// Where a byte may stand.
const (
	inPath uint8 = 1 << iota
	inQuery
	inName
	inValue
	inHost
)

var places = func() (t [256]uint8) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	for b := ' '; b <= '~'; b++ {
		t[b] |= inValue
		if b != ' ' {
			t[b] |= inQuery
		}
	}
	for where, which := range map[uint8]string{inPath: letters + "/-._~", inName: letters + "-_", inHost: letters + "-._:[]"} {
		for i := range len(which) {
			t[which[i]] |= where
		}
	}
	return t
}()

func only(s string, where uint8) bool {
	for i := range len(s) {
		if places[s[i]]&where == 0 {
			return false
		}
	}
	return true
}
