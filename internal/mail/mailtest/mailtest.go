// Package mailtest starts a real mail server for tests: what it takes it keeps, and it refuses
// what it is told to refuse.
package mailtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"maps"
	"math/big"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Message is what arrived.
type Message struct {
	From, To string
	Data     string
	Secure   bool   // it came through TLS
	User     string // who had signed in
}

// Step is a moment of the dialogue at which the server may refuse.
type Step string

const (
	Greeting Step = "greeting"
	Sender   Step = "sender"
	Receiver Step = "receiver"
	Data     Step = "data"
	Taken    Step = "taken" // the message is kept, and then this is answered
)

// Options say how the server is reached.
type Options struct {
	TLS      bool // from the first byte
	STARTTLS bool
	User     string // who may sign in; "" = nobody needs to
	Password string
}

// Server is a running mail server.
type Server struct {
	Addr  string
	Roots *x509.CertPool // that the certificate of a server with TLS goes back to

	mu       sync.Mutex
	messages []Message
	refuse   func(step Step, address string) error
	options  Options
	accepted int
	open     map[*conn]bool
}

// Refusal is an answer of a class: 4xx for now, 5xx for good.
func Refusal(code int, class smtp.EnhancedCode, words string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: class, Message: words}
}

// Start runs a server on a free port of this machine until the test ends.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{options: o, open: map[*conn]bool{}}
	server := smtp.NewServer(smtp.BackendFunc(s.session))
	server.Domain, server.AllowInsecureAuth = "mail.example.org", true
	server.ReadTimeout, server.WriteTimeout = 20*time.Second, 20*time.Second
	server.ErrorLog = silent{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Addr = listener.Addr().String()
	listener = counting{listener, s}
	if o.TLS || o.STARTTLS {
		config, roots := certificate(t)
		s.Roots = roots
		if o.TLS {
			listener = tls.NewListener(listener, config)
		} else {
			server.TLSConfig = config
		}
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Error(err)
		}
	})
	return s
}

// Refuse asks f at each step; nil takes everything.
func (s *Server) Refuse(f func(step Step, address string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = f
}

// Messages are those that arrived so far.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.messages...)
}

// Connections are how many were made so far, and how many of them are open.
func (s *Server) Connections() (made, open int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted, len(s.open)
}

// HangUp closes all connections without a word.
func (s *Server) HangUp() {
	s.mu.Lock()
	all := slices.Collect(maps.Keys(s.open))
	s.mu.Unlock()
	for _, c := range all {
		_ = c.Close() // or the other side has
	}
}

// counting notes every connection that a listener accepts.
type counting struct {
	net.Listener
	server *Server
}

func (l counting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	noted := &conn{c, l.server}
	l.server.mu.Lock()
	defer l.server.mu.Unlock()
	l.server.accepted++
	l.server.open[noted] = true
	return noted, nil
}

type conn struct {
	net.Conn
	server *Server
}

func (c *conn) Close() error {
	c.server.mu.Lock()
	delete(c.server.open, c)
	c.server.mu.Unlock()
	return c.Conn.Close()
}

func (s *Server) ask(step Step, address string) error {
	s.mu.Lock()
	f := s.refuse
	s.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(step, address)
}

func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	if err := s.ask(Greeting, ""); err != nil {
		return nil, err
	}
	return &session{server: s, conn: c}, nil
}

type session struct {
	server         *Server
	conn           *smtp.Conn
	user, from, to string
}

func (s *session) AuthMechanisms() []string {
	if s.server.options.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.options.User || password != s.server.options.Password {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.options.User != "" && s.user == "" {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return s.server.ask(Sender, from)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return s.server.ask(Receiver, to)
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.server.ask(Data, s.to); err != nil {
		return err
	}
	_, secure := s.conn.TLSConnectionState()
	s.server.mu.Lock()
	s.server.messages = append(s.server.messages, Message{From: s.from, To: s.to, Data: string(text), Secure: secure || s.server.options.TLS, User: s.user})
	s.server.mu.Unlock()
	return s.server.ask(Taken, s.to)
}

func (s *session) Reset() { s.from, s.to = "", "" }

func (s *session) Logout() error { return nil }

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

func certificate(t testing.TB) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}
