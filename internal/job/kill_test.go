package job_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/job"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/mail/mailtest"
	"stocktake/internal/queue"
)

const (
	envDatabase = "JOB_TEST_DATABASE"
	envSMTP     = "JOB_TEST_SMTP"
)

// The test binary is also the server that the tests kill.
func TestMain(m *testing.M) {
	if os.Getenv(envDatabase) == "" {
		os.Exit(m.Run())
	}
	if err := serve(os.Getenv(envDatabase), os.Getenv(envSMTP)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(url, smtp string) error {
	d, err := db.Open(context.Background(), url)
	if err != nil {
		return err
	}
	o, err := mail.New(letters(d, smtp))
	if err != nil {
		return err
	}
	r := job.New(job.Options{DB: d, Poll: 10 * time.Millisecond, Lease: 300 * time.Millisecond})
	r.Handle(mail.SendKind, o.Send)
	return r.Run(context.Background())
}

func letters(d *db.DB, smtp string) mail.Options {
	return mail.Options{DB: d, From: "pledges@example.org", SMTP: "smtp://" + smtp, BaseURL: "https://pledges.example.org", Templates: []fs.FS{os.DirFS("../mail/testdata")}}
}

var sentID = regexp.MustCompile(`(?im)^Message-ID: <([A-Z2-7]+)@example\.org>`)

// A server that is killed while it sends loses no letter: each arrives, one that was under way
// perhaps twice, as the same message.
func TestServersThatAreKilledLoseNoLetter(t *testing.T) {
	for _, engine := range dbtest.Engines {
		t.Run(string(engine), func(t *testing.T) {
			url := dbtest.URL(t, engine)
			d := dbtest.Open(t, url)
			if err := db.Migrate(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			s := mailtest.Start(t, mailtest.Options{})
			s.Refuse(func(mailtest.Step, string) error { time.Sleep(5 * time.Millisecond); return nil }) // time to be killed in
			o, err := mail.New(letters(d, s.Addr))
			if err != nil {
				t.Fatal(err)
			}
			var posted []string
			const many = 60
			if err := d.Write(t.Context(), func(tx *db.Tx) error {
				posted = posted[:0]
				for i := range many {
					id, err := o.Post(t.Context(), tx, mail.Letter{To: fmt.Sprintf("p%d@example.net", i), Template: "sign_in", Language: lang.EN, Data: map[string]string{"Link": "/en/x"}})
					if err != nil {
						return err
					}
					posted = append(posted, id)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			left := func() (n int) {
				if err := d.Read(t.Context(), func(tx *db.Tx) error {
					counts, err := queue.Count(t.Context(), tx)
					n = many - counts[mail.SendKind][queue.Done]
					return err
				}); err != nil {
					t.Fatal(err)
				}
				return n
			}
			kills := 0
			for deadline := time.Now().Add(60 * time.Second); left() > 0; {
				if time.Now().After(deadline) {
					t.Fatalf("%d letters are left after %d kills", left(), kills)
				}
				cmd := exec.Command(os.Args[0])
				cmd.Env = append(os.Environ(), envDatabase+"="+url, envSMTP+"="+s.Addr)
				cmd.Stderr = os.Stderr
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				before := len(s.Messages())
				for wait := time.Now().Add(5 * time.Second); len(s.Messages()) < before+8 && left() > 0 && time.Now().Before(wait); {
					time.Sleep(2 * time.Millisecond)
				}
				if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				if err := cmd.Wait(); err == nil {
					t.Fatal("the server ended by itself")
				}
				kills++
			}
			arrived := map[string]int{}
			for _, m := range s.Messages() {
				id := sentID.FindStringSubmatch(m.Data)
				if id == nil {
					t.Fatalf("a message of nobody:\n%s", m.Data)
				}
				arrived[id[1]]++
			}
			for _, id := range posted {
				if arrived[id] == 0 {
					t.Errorf("letter %s never arrived", id)
				}
			}
			if len(arrived) != many || kills < 3 {
				t.Errorf("%d letters arrived of %d, over %d kills", len(arrived), many, kills)
			}
		})
	}
}
