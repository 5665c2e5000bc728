package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// EnvPostgres names the environment variable with the URL of a server that is running already,
// as a user who may create databases. Without it every test process starts a server of its own.
const EnvPostgres = "STOCKTAKE_TEST_POSTGRES"

const install = "install PostgreSQL 13 or newer (Debian: apt-get install postgresql; macOS: brew install postgresql) or set " +
	EnvPostgres + " to the URL of a running server"

// Server is a private PostgreSQL in a temporary folder, reached through a Unix socket only, with
// all care for durability turned off.
type Server struct {
	URL   string
	stdin io.Closer
	cmd   *exec.Cmd
}

// supervise runs the server until its standard input ends, which is when the process that
// started it stops it or dies, in whatever way; then it removes the folder. So no server
// outlives its tests, even when they are killed.
const supervise = `
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c synchronous_commit=off \
	-c full_page_writes=off -c max_connections=200 -c shared_buffers=64MB -c autovacuum=off \
	-c max_wal_size=2GB >"$2/log" 2>&1 </dev/null &
pid=$!
cat >/dev/null
kill -QUIT $pid 2>/dev/null
wait $pid
rm -rf "$2"
`

// StartPostgres makes and starts a private server. When the process is root, the server runs as
// the user postgres or nobody, since it refuses to run as root.
func StartPostgres(ctx context.Context) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "stocktake-pg-")
	if err != nil {
		return nil, err
	}
	started := false
	defer func() {
		if !started {
			os.RemoveAll(dir)
		}
	}()
	attr := &syscall.SysProcAttr{}
	if os.Geteuid() == 0 {
		if attr.Credential, err = unprivileged(); err != nil {
			return nil, err
		}
		if err := os.Chown(dir, int(attr.Credential.Uid), int(attr.Credential.Gid)); err != nil {
			return nil, err
		}
	}
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"),
		"-U", "stocktake", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = attr, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	cmd := exec.Command("/bin/sh", "-c", supervise, "supervise", bin, dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: attr.Credential, Setpgid: true} // an interrupt at the terminal is not for it
	cmd.Dir = dir
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	started = true
	s := &Server{URL: "postgres://stocktake@/postgres?host=" + dir, stdin: stdin, cmd: cmd}
	if err := s.wait(ctx); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		return nil, errors.Join(fmt.Errorf("postgres does not answer: %w\n%s", err, log), s.Stop())
	}
	return s, nil
}

// Stop ends the server and waits until its folder is gone.
func (s *Server) Stop() error {
	s.stdin.Close()
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("stop postgres: %w", err)
	}
	return nil
}

func (s *Server) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	pool, err := sql.Open("pgx", s.URL)
	if err != nil {
		return err
	}
	defer pool.Close()
	for {
		if err = pool.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// binaries finds the folder with initdb and postgres: on the path, else the newest of Debian's
// or Homebrew's.
func binaries() (string, error) {
	return binariesIn([]string{"/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin", "/usr/pgsql-*/bin"})
}

func binariesIn(patterns []string) (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			return filepath.Dir(p), nil
		}
	}
	var best string
	bestVersion := -1
	for _, pattern := range patterns {
		dirs, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		for _, d := range dirs {
			name := filepath.Base(filepath.Dir(d))
			i := slices.IndexFunc([]byte(name), func(b byte) bool { return b >= '0' && b <= '9' })
			if i < 0 {
				continue
			}
			v, err := strconv.Atoi(name[i:])
			if err != nil || v <= bestVersion {
				continue
			}
			if _, err := os.Stat(filepath.Join(d, "initdb")); err == nil {
				best, bestVersion = d, v
			}
		}
	}
	if best == "" {
		return "", errors.New("no PostgreSQL found: " + install)
	}
	return best, nil
}

func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as")
}
