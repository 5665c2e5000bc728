package main

import (
	"errors"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestADryRunMakesNothing(t *testing.T) {
	b := &bench{t: t, dir: t.TempDir()}
	b.db = "sqlite:" + b.path("site.db")
	file := b.write("one.csv", "title,text,objectives,parties\nOne,Kenya promises one thing.,7,ken\n")
	if words := b.must("import", "pledges", file, "--dry-run"); !strings.Contains(words, "1 new") || !strings.Contains(words, "nothing written") {
		t.Errorf("a dry run says %q", words)
	}
	for _, name := range []string{"site.db", "log.key"} {
		if _, err := os.Stat(b.path(name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a dry run made %s", name)
		}
	}
}

func TestTheAddressNamesTheRegisterOnceAndThePagesAlways(t *testing.T) {
	eachEngine(t, func(b *bench) {
		bad := b.write("bad.csv", "title,text,objectives,parties\nOne,,7,ken\n")
		if status, _, _ := b.run("import", "pledges", bad); status != 1 {
			t.Fatalf("a bad file: exit %d", status)
		}
		b.sample() // with an address: nothing had been published under the default one
		if key := b.export(b.db, "register.jsonl"); !strings.HasPrefix(key, "pledges.example.org/log+") {
			t.Errorf("the register is named %s", key)
		}
		b.must("export", "pledges", "-o", b.path("moved.csv"), "--base-url", "https://moved.example.org")
		if !strings.Contains(b.read("moved.csv"), "https://moved.example.org/pledges/GCM-0001") {
			t.Error("after a move the addresses of the pages are the old ones")
		}
		b.refused(1, "lacks nothing", "serve", "--new-origin", "other.example.org/log", "--addr", "127.0.0.1:0")
		b.refused(1, `"objectiv" is none of`, "export", "pledges", "-o", b.path("x.csv"), "--filter", "objectiv=7")
	})
}

var positionOf = regexp.MustCompile(`entry (\d+) \(pledge:GCM-0006`)

func TestAPayloadIsWithheldByTwoOffices(t *testing.T) {
	eachEngine(t, func(b *bench) {
		b.sample()
		b.must("export", "receipt", "GCM-0006", "-o", b.path("before.json"))
		position := positionOf.FindStringSubmatch(b.must("verify", b.path("before.json")))[1]
		b.refused(1, "two offices", "register", "withhold", position, "--ground", "personal data", "--by", "office:secretariat")
		b.must("register", "withhold", position, "--ground", "personal data", "--by", "office:secretariat", "--by", "office:legal")
		key := b.export(b.db, "after.jsonl")
		if strings.Contains(b.read("after.jsonl"), "Integrating Adds Value") {
			t.Error("the export still holds what is withheld")
		}
		if words := b.must("verify", b.path("after.jsonl"), "--key", key); !strings.Contains(words, "withheld") {
			t.Errorf("verify says %q", words)
		}
		b.must("verify", b.path("before.json"), "--key", key) // a receipt stays true
		if words := b.must("export", "pledges", "-o", b.path("pledges.csv")); !strings.Contains(words, "57 pledges") {
			t.Errorf("export says %q", words)
		}
		if file, ok := strings.CutPrefix(b.db, "sqlite:"); ok {
			for _, suffix := range []string{"", "-wal"} {
				if text, err := os.ReadFile(file + suffix); err == nil && strings.Contains(string(text), "Integrating Adds Value") {
					t.Errorf("the database file%s still holds what is withheld", suffix)
				}
			}
		}
	})
}

func TestTheKeyIsHandedOver(t *testing.T) {
	eachEngine(t, func(b *bench) {
		b.sample()
		old := b.export(b.db, "before.jsonl")
		b.must("register", "rotate-key", b.path("new.key"))
		b.refused(1, "the key was replaced", "import", "pledges", b.path("sample/pledges.csv"), "--columns", b.path("sample/pledges.map.yaml"))
		if err := os.Rename(b.path("new.key"), b.path("log.key")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(b.path("new.key.checkpoint"), b.path("log.key.checkpoint")); err != nil {
			t.Fatal(err)
		}
		b.must("import", "pledges", b.write("more.csv", "title,text,objectives,parties\nMore,Kenya promises more.,7,ken\n"))
		if key := b.export(b.db, "after.jsonl"); key == old {
			t.Error("the verifier key is the old one")
		}
		if words := b.must("verify", b.path("after.jsonl"), "--key", old); !strings.Contains(words, "signed by the known key") {
			t.Errorf("whoever knows the old key is told %q", words)
		}
	})
}
