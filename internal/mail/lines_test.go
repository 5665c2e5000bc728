package mail_test

import (
	"crypto/tls"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/mail"
	"stocktake/internal/mail/mailtest"
)

// several posts letters to one person after another.
func several(t *testing.T, d *db.DB, o *mail.Office, n int) (ids []string) {
	t.Helper()
	for i := range n {
		l := receipt()
		l.To = fmt.Sprintf("person-%d@example.net", i)
		ids = append(ids, post(t, d, o, l))
	}
	return ids
}

// sendAll sends letters one after the other, and gives what is to be tried again.
func sendAll(t *testing.T, o *mail.Office, ids []string) (again []string) {
	t.Helper()
	for _, id := range ids {
		if send(t, o, id) != nil {
			again = append(again, id)
		}
	}
	return again
}

// connections checks how many were made.
func connections(t *testing.T, s *mailtest.Server, want int) {
	t.Helper()
	if made, _ := s.Connections(); made != want {
		t.Errorf("%d connections, want %d", made, want)
	}
}

// until waits for the server to see what the other side does.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("not yet: %s", what)
}

func TestLettersThatAreDueTogetherLeaveOverOneConnection(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	for name, c := range map[string]struct {
		server mailtest.Options
		url    string
	}{
		"plain":                {mailtest.Options{}, "smtp://"},
		"STARTTLS, signing in": {mailtest.Options{STARTTLS: true, User: "stocktake", Password: "pa ss"}, "smtp://stocktake@"},
		"TLS, signing in":      {mailtest.Options{TLS: true, User: "stocktake", Password: "pa ss"}, "smtps://stocktake@"},
	} {
		t.Run(name, func(t *testing.T) {
			s := mailtest.Start(t, c.server)
			o := office(t, d, func(o *mail.Options) {
				o.SMTP, o.Password = c.url+s.Addr, c.server.Password
				if s.Roots != nil {
					o.TLS = &tls.Config{RootCAs: s.Roots, MinVersion: tls.VersionTLS12}
				}
			})
			if again := sendAll(t, o, several(t, d, o, 20)); again != nil || len(s.Messages()) != 20 {
				t.Fatalf("%d arrived, %v are to be tried again", len(s.Messages()), again)
			}
			connections(t, s, 1)
			for _, m := range s.Messages() {
				if m.Secure != (s.Roots != nil) || m.User != c.server.User {
					t.Errorf("secure %v, user %q", m.Secure, m.User)
				}
			}
			o.Close()
			until(t, "hung up", func() bool { _, open := s.Connections(); return open == 0 })
			if again := sendAll(t, o, several(t, d, o, 1)); again != nil { // a page may still ask for one
				t.Error("nothing is sent any more")
			}
			until(t, "hung up after the letter", func() bool { _, open := s.Connections(); return open == 0 })
		})
	}
}

func TestAConnectionIsKeptForAWhileOnly(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	s := mailtest.Start(t, mailtest.Options{})
	o := office(t, d, to(s))
	o.KeepLines(time.Minute, 4)
	if again := sendAll(t, o, several(t, d, o, 10)); again != nil {
		t.Fatal(again)
	}
	connections(t, s, 3) // of four letters, four and two
	o.KeepLines(20*time.Millisecond, 4)
	if again := sendAll(t, o, several(t, d, o, 1)); again != nil || len(s.Messages()) != 11 {
		t.Errorf("%d arrived, %v", len(s.Messages()), again)
	}
	connections(t, s, 3)
	until(t, "hung up once idle", func() bool { _, open := s.Connections(); return open == 0 })
	if again := sendAll(t, o, several(t, d, o, 1)); again != nil || len(s.Messages()) != 12 {
		t.Errorf("%d arrived, %v", len(s.Messages()), again)
	}
	connections(t, s, 4)
}

// What is refused to one recipient is no matter of the next.
func TestRefusalsInTheMiddleOfAConnection(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := mailtest.Start(t, mailtest.Options{})
		s.Refuse(func(step mailtest.Step, address string) error {
			for at, err := range map[string]error{
				"receiver person-1@": mailtest.Refusal(550, smtp.EnhancedCode{5, 1, 1}, "no such user"),
				"receiver person-3@": mailtest.Refusal(450, smtp.EnhancedCode{4, 2, 0}, "greylisted"),
				"data person-5@":     mailtest.Refusal(554, smtp.EnhancedCode{5, 6, 0}, "no"),
				"data person-6@":     mailtest.Refusal(452, smtp.EnhancedCode{4, 2, 2}, "full"),
			} {
				if strings.HasPrefix(string(step)+" "+address, at) {
					return err
				}
			}
			return nil
		})
		o := office(t, d, to(s))
		ids := several(t, d, o, 8)
		again := sendAll(t, o, ids)
		if strings.Join(again, " ") != ids[3]+" "+ids[6] {
			t.Errorf("to be tried again: %v of %v", again, ids)
		}
		for i, want := range []mail.State{mail.Sent, mail.Bounced, mail.Sent, mail.Waiting, mail.Sent, mail.Failed, mail.Waiting, mail.Sent} {
			if e := entry(t, d, o, ids[i]); e.State != want {
				t.Errorf("letter %d is %s, want %s", i, e.State, want)
			}
		}
		connections(t, s, 1)
		s.Refuse(nil)
		if again := sendAll(t, o, again); again != nil || len(s.Messages()) != 6 {
			t.Errorf("%d arrived, %v", len(s.Messages()), again)
		}
		connections(t, s, 1)
	})
}

// A server that closes the connection between two letters, or wants no more of them over one,
// costs another connection and no letter; nor does any arrive twice.
func TestAServerThatWantsNoMore(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	letters := 0
	for name, c := range map[string]struct {
		refuse func(s *mailtest.Server, step mailtest.Step) error
		made   int
	}{
		"421 after three letters": {func(_ *mailtest.Server, step mailtest.Step) error {
			if step == mailtest.Greeting {
				letters = 0
			}
			if step == mailtest.Sender {
				if letters++; letters > 3 {
					return mailtest.Refusal(421, smtp.EnhancedCode{4, 7, 0}, "that is enough")
				}
			}
			return nil
		}, 4},
		"452 after three letters": {func(_ *mailtest.Server, step mailtest.Step) error {
			if step == mailtest.Greeting {
				letters = 0
			}
			if step == mailtest.Sender {
				if letters++; letters > 3 {
					return mailtest.Refusal(452, smtp.EnhancedCode{4, 5, 3}, "too many in one session")
				}
			}
			return nil
		}, 4},
		"421 at the recipient": {func(_ *mailtest.Server, step mailtest.Step) error {
			if step == mailtest.Greeting {
				letters = 0
			}
			if step == mailtest.Receiver {
				if letters++; letters > 3 {
					return mailtest.Refusal(421, smtp.EnhancedCode{4, 3, 2}, "going down")
				}
			}
			return nil
		}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			s := mailtest.Start(t, mailtest.Options{})
			s.Refuse(func(step mailtest.Step, _ string) error { return c.refuse(s, step) })
			o := office(t, d, to(s))
			if again := sendAll(t, o, several(t, d, o, 12)); again != nil || len(s.Messages()) != 12 {
				t.Errorf("%d arrived, %v are to be tried again", len(s.Messages()), again)
			}
			if made, _ := s.Connections(); made < c.made || made > 12 {
				t.Errorf("%d connections, want %d", made, c.made)
			}
		})
	}
	t.Run("hung up between two letters", func(t *testing.T) {
		s := mailtest.Start(t, mailtest.Options{})
		o := office(t, d, to(s))
		for range 3 {
			if again := sendAll(t, o, several(t, d, o, 2)); again != nil {
				t.Fatal(again)
			}
			s.HangUp()
		}
		if len(s.Messages()) != 6 {
			t.Errorf("%d arrived", len(s.Messages()))
		}
		connections(t, s, 3)
	})
	t.Run("refuses our sender on a new connection, too", func(t *testing.T) {
		s := mailtest.Start(t, mailtest.Options{})
		o := office(t, d, to(s))
		ids := several(t, d, o, 2)
		if err := send(t, o, ids[0]); err != nil {
			t.Fatal(err)
		}
		s.Refuse(func(step mailtest.Step, _ string) error {
			if step == mailtest.Sender {
				return mailtest.Refusal(550, smtp.EnhancedCode{5, 1, 8}, "no")
			}
			return nil
		})
		if err := send(t, o, ids[1]); err == nil || entry(t, d, o, ids[1]).State != mail.Waiting {
			t.Errorf("%v, %s", err, entry(t, d, o, ids[1]).State)
		}
		connections(t, s, 2)
	})
}

// Where the connection breaks while the text goes over it, nobody can know whether the letter was
// taken: it is tried again later, as the same message.
func TestAConnectionThatBreaksInTheMiddle(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	for name, c := range map[string]struct {
		step    mailtest.Step
		arrived int // of that letter
	}{"before it was taken": {mailtest.Data, 1}, "after it was taken": {mailtest.Taken, 2}} {
		t.Run(name, func(t *testing.T) {
			s := mailtest.Start(t, mailtest.Options{})
			o := office(t, d, to(s))
			ids := several(t, d, o, 3)
			broken := false
			s.Refuse(func(step mailtest.Step, address string) error {
				if broken || step != c.step || !strings.HasPrefix(address, "person-1@") {
					return nil
				}
				broken = true
				s.HangUp()
				return mailtest.Refusal(451, smtp.EnhancedCode{4, 3, 0}, "which nobody hears")
			})
			again := sendAll(t, o, ids)
			if len(again) != 1 || again[0] != ids[1] || entry(t, d, o, ids[1]).State != mail.Waiting {
				t.Fatalf("to be tried again: %v of %v", again, ids)
			}
			if again = sendAll(t, o, again); again != nil {
				t.Fatal(again)
			}
			n, id := 0, "<"+ids[1]+"@example.org>"
			for _, m := range s.Messages() {
				if strings.Contains(m.Data, id) {
					n++
				}
			}
			if n != c.arrived || len(s.Messages()) != 2+c.arrived {
				t.Errorf("the letter arrived %d times, of %d messages", n, len(s.Messages()))
			}
		})
	}
}

func TestLettersSentAtOnceShareConnections(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	s := mailtest.Start(t, mailtest.Options{})
	o := office(t, d, to(s))
	ids := several(t, d, o, 40)
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := worker; i < len(ids); i += 4 {
				if err := o.Send(t.Context(), []byte(`{"letter":"`+ids[i]+`"}`)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if made, _ := s.Connections(); made > 4 || len(s.Messages()) != 40 {
		t.Errorf("%d letters over %d connections", len(s.Messages()), made)
	}
}
