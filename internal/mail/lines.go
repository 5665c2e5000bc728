package mail

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// Letters that are due together leave over the connections that are open already: the greeting,
// TLS and signing in take several times as long as a letter. A connection carries one letter at a
// time; there are as many as letters are sent at once.
const (
	idleLine       = 10 * time.Second // how long one is kept for the next letter
	lettersPerLine = 100              // some servers refuse more
	farewell       = 5 * time.Second  // for the server to answer QUIT
)

// lines are the open connections to one mail server.
type lines struct {
	client *gomail.Client
	keep   time.Duration
	most   int

	mu   sync.Mutex
	idle []*line
	shut bool
}

type line struct {
	client  *smtp.Client
	letters int
	timer   *time.Timer // hangs up once it has been idle
}

func newLines(client *gomail.Client) *lines {
	return &lines{client: client, keep: idleLine, most: lettersPerLine}
}

// send hands one message to the server. A connection that has carried letters before may have
// been closed meanwhile, or its server may want no more of them on it: where it refuses before it
// had the text, the message is offered over another. From the text on, what is not answered may
// have been taken, and is left to the queue.
func (s *lines) send(ctx context.Context, m *gomail.Msg) error {
	for {
		l, err := s.take(ctx)
		if err != nil {
			return fmt.Errorf("dial failed: %w", err)
		}
		used := l.letters > 0
		l.letters++
		err = s.client.SendWithSMTPClient(l.client, m)
		if err == nil || inStep(err) {
			s.put(l)
		} else {
			hangUp(l)
		}
		if err == nil || !used || !untouched(err) || ctx.Err() != nil {
			return err
		}
	}
}

// take is the connection that was used last, or a new one.
func (s *lines) take(ctx context.Context) (*line, error) {
	s.mu.Lock()
	if n := len(s.idle); n > 0 {
		l := s.idle[n-1]
		s.idle = s.idle[:n-1]
		l.timer.Stop()
		s.mu.Unlock()
		return l, nil
	}
	s.mu.Unlock()
	c, err := s.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return nil, err
	}
	return &line{client: c}, nil
}

// put keeps a connection for the next letter.
func (s *lines) put(l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shut || l.letters >= s.most {
		go hangUp(l)
		return
	}
	l.timer = time.AfterFunc(s.keep, func() {
		if s.drop(l) {
			hangUp(l)
		}
	})
	s.idle = append(s.idle, l)
}

// drop takes a connection out of the idle ones; false where somebody has it.
func (s *lines) drop(l *line) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, x := range s.idle {
		if x == l {
			s.idle = append(s.idle[:i], s.idle[i+1:]...)
			return true
		}
	}
	return false
}

// close hangs up whatever is idle, and from then on after every letter.
func (s *lines) close() {
	s.mu.Lock()
	idle := s.idle
	s.idle, s.shut = nil, true
	s.mu.Unlock()
	for _, l := range idle {
		l.timer.Stop()
		hangUp(l)
	}
}

// hangUp says goodbye where somebody still listens.
func hangUp(l *line) {
	err := l.client.UpdateDeadline(farewell)
	if err == nil {
		err = l.client.Quit()
	}
	if err != nil { // QUIT closes only where it was answered
		_ = l.client.Close()
	}
}

const closing = 421 // the server closes the connection (RFC 5321, 3.8)

// inStep reports whether the server is ready for another letter after an error: it has answered,
// and the transaction is over.
func inStep(err error) bool {
	refused, ok := errors.AsType[*gomail.SendError](err)
	if !ok || refused.ErrorCode() == 0 || refused.ErrorCode() == closing {
		return false
	}
	switch refused.Reason {
	case gomail.ErrSMTPMailFrom, gomail.ErrSMTPRcptTo, gomail.ErrSMTPDataClose:
		return true
	}
	return false
}

// untouched reports whether the server cannot have taken the message, and its refusal, if it is
// one, may be of the connection and not of the letter.
func untouched(err error) bool {
	refused, ok := errors.AsType[*gomail.SendError](err)
	if !ok {
		return false
	}
	lost := refused.ErrorCode() == 0 || refused.ErrorCode() == closing
	switch refused.Reason {
	case gomail.ErrConnCheck, gomail.ErrSMTPMailFrom:
		return true
	case gomail.ErrSMTPRcptTo, gomail.ErrSMTPData:
		return lost
	}
	return false
}
