package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
)

// TestMain lets the test binary be the program itself, so that it can be killed.
func TestMain(m *testing.M) {
	if os.Getenv("STOCKTAKE_TEST_RUN_MAIN") == "1" {
		os.Unsetenv("STOCKTAKE_TEST_RUN_MAIN")
		main()
		return
	}
	status := m.Run()
	chromium.Close()
	os.Exit(status)
}

// bench is a folder with a database and what the commands say.
type bench struct {
	t   *testing.T
	dir string
	db  string
}

// eachEngine runs a story on a new SQLite file and on a new PostgreSQL database.
func eachEngine(t *testing.T, story func(b *bench)) {
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		story(&bench{t: t, dir: dir, db: "sqlite:" + filepath.Join(dir, "site.db")})
	})
	t.Run("postgres", func(t *testing.T) {
		story(&bench{t: t, dir: t.TempDir(), db: dbtest.URL(t, db.Postgres)})
	})
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) write(name, content string) string {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return b.path(name)
}

func (b *bench) read(name string) string {
	b.t.Helper()
	text, err := os.ReadFile(b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// run runs a command on the bench's database with its key; status, data and words come back.
func (b *bench) run(args ...string) (status int, out, words string) {
	b.t.Helper()
	return b.runOn(b.db, args...)
}

func (b *bench) runOn(database string, args ...string) (status int, out, words string) {
	b.t.Helper()
	var stdout, stderr bytes.Buffer
	args = append(args, "--db", database, "--log-key", b.path("log.key"))
	status = run(context.Background(), args, &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

// must runs a command that is expected to succeed.
func (b *bench) must(args ...string) string {
	b.t.Helper()
	status, out, words := b.run(args...)
	if status != 0 {
		b.t.Fatalf("stocktake %s: exit %d\n%s%s", strings.Join(args, " "), status, out, words)
	}
	return words
}

// refused runs a command that is expected to fail with a status, one line and these words.
func (b *bench) refused(status int, want string, args ...string) {
	b.t.Helper()
	got, out, words := b.run(args...)
	if got != status || !strings.Contains(words, want) || out != "" {
		b.t.Errorf("stocktake %s: exit %d, want %d, saying %q\n%s%s", strings.Join(args, " "), got, status, want, out, words)
	}
}

// sample writes the files of the public sample and imports them.
func (b *bench) sample() string {
	b.t.Helper()
	pack, err := compact.Embedded(compact.DefaultPack)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.CopyFS(b.path("sample"), pack.Sample()); err != nil && !errors.Is(err, fs.ErrExist) {
		b.t.Fatal(err)
	}
	return b.must("import", "pledges", b.path("sample/pledges.csv"), "--columns", b.path("sample/pledges.map.yaml"), "--base-url", "https://pledges.example.org")
}

var keyInWords = regexp.MustCompile(`--key (\S+)`)

// export writes the register and gives the verifier key that the command tells.
func (b *bench) export(database, name string) (key string) {
	b.t.Helper()
	status, _, words := b.runOn(database, "export", "register", "-o", b.path(name))
	if status != 0 {
		b.t.Fatalf("export register: exit %d\n%s", status, words)
	}
	found := keyInWords.FindStringSubmatch(words)
	if found == nil {
		b.t.Fatalf("no key in %q", words)
	}
	return found[1]
}

func TestFromAFileToAVerifiedRegister(t *testing.T) {
	eachEngine(t, func(b *bench) {
		if words := b.sample(); !strings.Contains(words, "58 new, 0 revised, 0 unchanged, 0 bad") {
			t.Errorf("first import: %s", words)
		}
		if words := b.sample(); !strings.Contains(words, "0 new, 0 revised, 58 unchanged, 0 bad") {
			t.Errorf("second import: %s", words)
		}
		key := b.export(b.db, "register.jsonl")
		if words := b.must("verify", b.path("register.jsonl")); !strings.Contains(words, "consistent with key "+key+", not checked against a known key") {
			t.Errorf("verify without a key: %s", words)
		}
		if words := b.must("verify", b.path("register.jsonl"), "--key", key); !strings.Contains(words, "signed by the known key") {
			t.Errorf("verify with the key: %s", words)
		}
		b.must("export", "receipt", "GCM-0001", "-o", b.path("receipt.json"))
		if words := b.must("verify", b.path("receipt.json"), "--key", key); !strings.Contains(words, "pledge:GCM-0001, version 1") {
			t.Errorf("verify a receipt: %s", words)
		}

		b.write("changed.jsonl", strings.Replace(b.read("register.jsonl"), "Thailand", "Thailond", 1))
		b.refused(1, "does not verify", "verify", b.path("changed.jsonl"))
		lines := strings.SplitAfter(b.read("register.jsonl"), "\n")
		b.write("short.jsonl", strings.Join(append(lines[:len(lines)-4:len(lines)-4], lines[len(lines)-2]), ""))
		b.refused(1, "does not verify", "verify", b.path("short.jsonl"))
		b.refused(1, "does not verify", "verify", b.path("receipt.json"), "--key", "other.example/log+00000000+AAAA")
		b.refused(1, "there is no pledge", "export", "receipt", "GCM-9999", "-o", b.path("none.json"))
	})
}

func TestExportsOfPledgesComeBack(t *testing.T) {
	eachEngine(t, func(b *bench) {
		b.sample()
		for _, format := range []string{"csv", "xlsx", "jsonl"} {
			first, second := "first."+format, "second."+format
			b.must("export", "pledges", "-o", b.path(first))
			other := &bench{t: t, dir: t.TempDir()}
			other.db = "sqlite:" + other.path("other.db")
			other.must("import", "pledges", b.path(first), "--base-url", "https://pledges.example.org")
			other.must("export", "pledges", "-o", other.path(second))
			if b.read(first) != other.read(second) {
				t.Errorf("%s: export, wipe, import, export gave other bytes", format)
			}
		}
		filter := url.Values{"objective": {"13"}, "as_of": {"2022-06-30"}}.Encode()
		if words := b.must("export", "pledges", "-o", b.path("13.csv"), "--filter", filter); !strings.Contains(words, "2 pledges, as of 2022-06-30") {
			t.Errorf("with a filter: %s", words)
		}
		all, own := b.must("export", "pledges", "-o", b.path("all.csv")), b.must("export", "pledges", "-o", b.path("own.csv"), "--filter", "inferred=false")
		if !strings.Contains(own, " pledges, as of ") || b.read("all.csv") != b.read("own.csv") {
			t.Errorf("pledges went away with their inferred objectives: %s; %s", all, own)
		}
	})
}

func TestABadFileChangesNothing(t *testing.T) {
	eachEngine(t, func(b *bench) {
		b.sample()
		b.export(b.db, "before.jsonl")
		file := b.write("bad.csv", "title,text,objectives,parties,party_kinds,countries,announced_on,amount\n"+
			"Good,A pledge that is right.,7,Kenya,member_state,KE,2022-05-20,\n"+
			"Bad,A pledge that is not.,7,Kenya,member_state,Atlantis,2022-02-30,100\n")
		status, _, words := b.run("import", "pledges", file, "--errors", b.path("errors.csv"))
		if status != 1 {
			t.Errorf("exit %d, want 1", status)
		}
		for _, want := range []string{`row 3, column countries: "Atlantis"`, `row 3, column announced_on: "2022-02-30"`, "row 3, column currency: is needed beside the amount 100", "nothing written: 2 rows"} {
			if !strings.Contains(words, want) {
				t.Errorf("%q is not said in:\n%s", want, words)
			}
		}
		if got := strings.Count(b.read("errors.csv"), "\n"); got != 4 {
			t.Errorf("errors.csv has %d lines, want a header and 3 findings", got)
		}
		b.export(b.db, "after.jsonl")
		if b.read("before.jsonl") != b.read("after.jsonl") {
			t.Error("the register changed")
		}
		if words := b.must("import", "pledges", file, "--partial"); !strings.Contains(words, "1 new") {
			t.Errorf("with --partial: %s", words)
		}
	})
}

func TestBackupAndRestore(t *testing.T) {
	eachEngine(t, func(b *bench) {
		b.sample()
		key := b.export(b.db, "register.jsonl")
		b.must("backup", b.path("backup.tar.gz"))
		if info, err := os.Stat(b.path("backup.tar.gz")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the backup can be read by others: %v, %v", info.Mode(), err)
		}
		secret := strings.TrimSpace(b.read("log.key"))
		if strings.Contains(b.read("backup.tar.gz"), secret[len(secret)-20:]) {
			t.Error("the backup holds the private key")
		}
		// To either engine, whichever it came from.
		for _, target := range []string{"sqlite:" + b.path("restored.db"), dbtest.URL(t, db.Postgres)} {
			if status, _, words := b.runOn(target, "restore", b.path("backup.tar.gz")); status != 0 || !strings.Contains(words, "verified") {
				t.Fatalf("restore: exit %d: %s", status, words)
			}
			if again := b.export(target, "again.jsonl"); again != key || b.read("register.jsonl") != b.read("again.jsonl") {
				t.Error("the restored register is another one")
			}
			if status, _, _ := b.runOn(target, "restore", b.path("backup.tar.gz")); status != 1 {
				t.Errorf("restoring over a database: exit %d, want 1", status)
			}
		}
		// A damaged backup restores nothing.
		text := []byte(b.read("backup.tar.gz"))
		for _, at := range []int{len(text) / 3, len(text) / 2, len(text) - 6} {
			damaged := bytes.Clone(text)
			damaged[at] ^= 0x20
			b.write("damaged.tar.gz", string(damaged))
			target := "sqlite:" + b.path(fmt.Sprintf("damaged-%d.db", at))
			if status, _, words := b.runOn(target, "restore", b.path("damaged.tar.gz")); status != 1 {
				t.Errorf("byte %d flipped: exit %d: %s", at, status, words)
			}
		}
		b.write("half.tar.gz", string(text[:len(text)/2]))
		b.refused(1, "no complete backup", "restore", b.path("half.tar.gz"))
	})
}

func TestAnOlderCopyIsReadOnlyUntilItCatchesUp(t *testing.T) {
	eachEngine(t, func(b *bench) {
		b.sample()
		b.must("backup", b.path("old.tar.gz"))
		more := b.write("more.csv", "title,text,objectives,parties\nOne more,Kenya promises one more thing.,7,ken\n")
		b.must("import", "pledges", more)
		b.export(b.db, "newest.jsonl")

		old := "sqlite:" + b.path("old.db")
		if status, _, words := b.runOn(old, "restore", b.path("old.tar.gz")); status != 0 {
			t.Fatal(words)
		}
		status, _, words := b.runOn(old, "import", "pledges", more)
		if status != 1 || !strings.Contains(words, "replay") {
			t.Errorf("publishing in an older copy: exit %d: %s", status, words)
		}
		if status, _, words := b.runOn(old, "restore", b.path("newest.jsonl")); status != 0 || !strings.Contains(words, "entries replayed") {
			t.Fatalf("replay: exit %d: %s", status, words)
		}
		b.export(old, "caught-up.jsonl")
		if b.read("newest.jsonl") != b.read("caught-up.jsonl") {
			t.Error("after the replay the register is another one")
		}
	})
}

func TestRehearsalsAreTheSameEverywhere(t *testing.T) {
	exports := map[string]bool{}
	eachEngine(t, func(b *bench) {
		b.must("rehearse", "--pledges", "300", "--seed", "7")
		key := b.export(b.db, "register.jsonl")
		if !strings.HasPrefix(key, "rehearsal+") {
			t.Errorf("the origin of a rehearsal is %s", key)
		}
		b.must("verify", b.path("register.jsonl"), "--key", key)
		exports[b.read("register.jsonl")] = true
		b.refused(1, "empty", "rehearse", "--pledges", "3")
	})
	if len(exports) != 1 {
		t.Error("the same seed gave different registers")
	}
}

func TestWrongUsage(t *testing.T) {
	b := &bench{t: t, dir: t.TempDir()}
	b.db = "sqlite:" + b.path("none.db")
	b.refused(2, "unexpected argument frob", "frob")
	b.refused(2, "missing flags", "export", "pledges")
	b.refused(1, ".xlsx", "export", "pledges", "-o", b.path("pledges.doc"))
	b.refused(1, "there is no database", "export", "pledges", "-o", b.path("pledges.csv"))
	b.refused(1, "is no address of a site", "import", "pledges", b.write("x.csv", "title,text,parties\n"), "--base-url", "pledges.example.org")
	if _, err := os.Stat(b.path("none.db")); err == nil {
		t.Error("a command that reads made a database")
	}
}
