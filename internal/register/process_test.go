package register

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
)

// These tests run this test binary again as other processes: what it then does is said by the
// environment.
const (
	envRole = "REGISTER_TEST_ROLE"
	envURL  = "REGISTER_TEST_URL"
	envName = "REGISTER_TEST_NAME"
)

func TestMain(m *testing.M) {
	role := os.Getenv(envRole)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := child(context.Background(), role, os.Getenv(envURL), os.Getenv(envName)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const (
	childCommits = 40
	childBatch   = 5_000
)

func child(ctx context.Context, role, url, name string) error {
	d, err := db.Open(ctx, url)
	if err != nil {
		return err
	}
	defer d.Close()
	l, err := Open(ctx, d, Options{Origin: testOrigin, Key: testKey})
	if err != nil {
		return err
	}
	switch role {
	case "append": // many small publications, one subject shared with the other processes
		for i := range childCommits {
			drafts := []Draft{draft("shared", i)}
			for j := range i % 4 {
				drafts = append(drafts, draft(fmt.Sprintf("%s-%d-%d", name, i, j), 1))
			}
			if _, err := tryAppend(d, l, drafts...); err != nil {
				return err
			}
		}
		return nil
	case "batch": // one large publication; says when it has begun
		return d.Write(ctx, func(tx *db.Tx) error {
			a, err := l.Appender(ctx, tx)
			if err != nil {
				return err
			}
			for i := range childBatch {
				if _, err := a.Add(draft(fmt.Sprintf("%s-%d", name, i), 1)); err != nil {
					return err
				}
				if i%1000 == 0 {
					fmt.Println(i)
				}
			}
			if err := a.Finish(); err != nil {
				return err
			}
			fmt.Println("finished")
			return nil
		})
	}
	return fmt.Errorf("unknown role %q", role)
}

func process(t *testing.T, role, url, name string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), envRole+"="+role, envURL+"="+url, envName+"="+name)
	cmd.Stderr = os.Stderr
	return cmd
}

// Two processes publish at once and a third one tails. No position is left out or taken twice,
// no tail skips, and no size has two roots.
func TestProcessesAppendAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := openLog(t, d, Options{Key: testKey})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		var cmds []*exec.Cmd
		for _, name := range []string{"one", "two"} {
			cmd := process(t, "append", d.URL(), name)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			cmds = append(cmds, cmd)
		}
		want := int64(0)
		for i := range childCommits {
			want += 2 * int64(1+i%4)
		}
		var tail []Entry
		for int64(len(tail)) < want {
			more, err := l.Tail(ctx, int64(len(tail)), 7)
			if err != nil {
				t.Fatal(err)
			}
			tail = append(tail, more...)
			if len(more) == 0 {
				if err := l.Wait(ctx, int64(len(tail))); err != nil {
					t.Fatalf("after %d of %d: %v", len(tail), want, err)
				}
			}
		}
		for _, cmd := range cmds {
			if err := cmd.Wait(); err != nil {
				t.Fatal(err)
			}
		}
		var file bytes.Buffer
		for i, e := range tail {
			if e.Header.Position != int64(i) {
				t.Fatalf("the tail has position %d at %d", e.Header.Position, i)
			}
			file.Write(e.appendLine(nil))
		}
		if got := checkAll(t, l); !bytes.HasPrefix(got, file.Bytes()) || bytes.Count(got, []byte("\n")) != len(tail)+1 {
			t.Fatal("the tail is not the register")
		}
		if h, err := l.History(ctx, "pledge:shared"); err != nil || len(h) != 2*childCommits || h[len(h)-1].Header.Version != 2*childCommits {
			t.Fatalf("%d versions, %v", len(h), err)
		}
		var n int
		if err := d.Read(ctx, func(tx *db.Tx) error {
			return tx.QueryRow(ctx, `SELECT count(*) FROM register_checkpoint`).Scan(&n)
		}); err != nil || n != 2*childCommits+1 {
			t.Fatalf("%d checkpoints, want one for each commit and the empty register: %v", n, err)
		}
	})
}

// A process that is killed in the middle of a large publication leaves all of it or nothing, and
// the next one goes on.
func TestKilledWhileAppending(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := openLog(t, d, Options{Key: testKey})
		appendAll(t, d, l, draft("A", 1))
		size := int64(1)
		for round, until := range []string{"0", "2000", "4000", "finished"} {
			cmd := process(t, "batch", d.URL(), strconv.Itoa(round))
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			waitFor(t, out, until)
			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err == nil {
				t.Log("it was faster than the signal")
			}
			again := dbtest.Open(t, d.URL()) // as the next start would
			l := openLog(t, again, Options{Key: testKey})
			h, err := l.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if h.Size != size && (h.Size != size+childBatch || until != "finished") {
				t.Fatalf("killed at %s: size %d, want %d or all of it", until, h.Size, size)
			}
			size = h.Size + 1
			appendAll(t, again, l, draft("A", round+2))
			if _, err := l.VerifyDatabase(t.Context()); err != nil {
				t.Fatalf("killed at %s: %v", until, err)
			}
		}
		checkAll(t, l)
	})
}

// waitFor reads lines until one is as wanted.
func waitFor(t *testing.T, out interface{ Read([]byte) (int, error) }, want string) {
	t.Helper()
	var seen strings.Builder
	b := make([]byte, 256)
	for {
		n, err := out.Read(b)
		seen.Write(b[:n])
		if strings.Contains("\n"+seen.String(), "\n"+want+"\n") {
			return
		}
		if err != nil {
			t.Fatalf("it ended before %q: %v\n%s", want, err, seen.String())
		}
	}
}
