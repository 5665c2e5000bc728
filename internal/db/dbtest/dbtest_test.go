package dbtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"stocktake/internal/db"
)

const envChild = "DBTEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(envChild) == "" {
		os.Exit(m.Run())
	}
	s, err := StartPostgres(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(s.URL)
	select {}
}

// The server goes away with the process that started it, even when that is killed.
func TestServerDiesWithItsProcess(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), envChild+"=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	dir := u.Query().Get("host")
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("it was not killed")
	}
	for range 300 {
		if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s is still there", dir)
}

func TestDatabasesAreFreshAndMigrated(t *testing.T) {
	Each(t, func(t *testing.T, d *db.DB) {
		for range 2 {
			other := New(t, d.Engine())
			if other.URL() == d.URL() {
				t.Fatal("the same database twice")
			}
			if err := db.CheckSchema(t.Context(), other); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Where there is no PostgreSQL the error says what to install.
func TestMissingPostgres(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	dir, err := binariesIn([]string{t.TempDir() + "/*/bin"})
	if err == nil || !strings.Contains(err.Error(), "apt-get install postgresql") || !strings.Contains(err.Error(), EnvPostgres) {
		t.Fatalf("%q, %v", dir, err)
	}
}
