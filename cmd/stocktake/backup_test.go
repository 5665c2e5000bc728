package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
)

// rewrite writes a backup anew with other rows, and with every hash made to fit them.
func (b *bench) rewrite(from, to string, change func(rows string) string) {
	b.t.Helper()
	m, rows, err := unpack(b.path(from), b.t.TempDir())
	if err != nil {
		b.t.Fatal(err)
	}
	defer os.Remove(rows.Name())
	defer rows.Close()
	if _, err := rows.Seek(0, io.SeekStart); err != nil {
		b.t.Fatal(err)
	}
	text, err := io.ReadAll(rows)
	if err != nil {
		b.t.Fatal(err)
	}
	changed := change(string(text))
	if changed == string(text) {
		b.t.Fatalf("%s: nothing was changed", to)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(changed, "\n"), "\n")
	body := strings.Join(lines[:len(lines)-1], "")
	count := 0
	for _, line := range lines {
		if line[0] == '[' {
			count++
		}
	}
	sum := sha256.Sum256([]byte(body))
	end, err := json.Marshal(map[string]any{"rows": count, "sha256": hex.EncodeToString(sum[:])})
	if err != nil {
		b.t.Fatal(err)
	}
	body += string(end) + "\n"
	about, err := json.Marshal(m)
	if err != nil {
		b.t.Fatal(err)
	}
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	archive := tar.NewWriter(zipped)
	for _, f := range []struct{ name, content string }{{manifestName, string(about)}, {databaseName, body}} {
		if err := archive.WriteHeader(&tar.Header{Name: f.name, Mode: 0o600, Size: int64(len(f.content)), Typeflag: tar.TypeReg}); err != nil {
			b.t.Fatal(err)
		}
		if _, err := io.WriteString(archive, f.content); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		b.t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.write(to, out.String())
}

// A backup in which somebody has changed what the pages show is refused, although its register
// is whole and all its hashes fit.
func TestABackupWithAlteredTablesIsRefused(t *testing.T) {
	b := &bench{t: t, dir: t.TempDir()}
	b.db = "sqlite:" + b.path("site.db")
	b.sample()
	b.must("import", "pledges", b.write("more.jsonl", `{"title":"One more","text":"Kenya promises more.","objectives":[7],"parties":["ken"],`+
		`"reports":[{"stage":"planning","on":"2023"}],"translations":[{"language":"fr","title":"Encore une","by":"human"}]}`+"\n"))
	b.must("backup", b.path("backup.tar.gz"))
	line := func(pattern, new string) func(string) string {
		return func(rows string) string {
			return regexp.MustCompile(`(?m)`+pattern).ReplaceAllString(rows, new)
		}
	}
	for name, c := range map[string]struct {
		change func(string) string
		want   string
	}{
		"unchanged but for an empty serial": {line(`^(\["GCM",59\])$`, "[\"AAA\",0]\n$1"), ""},
		"a pledge withdrawn":                {line(`^\["GCM-0003",1,"published"`, `["GCM-0003",1,"withdrawn"`), `pledges GCM-0003: its status is "withdrawn", in the register "published"`},
		"another text":                      {line(`^(\["GCM-0059",1,"published".*)Kenya promises more`, "${1}Kenya promises less"), "pledges GCM-0059: its doc is"},
		"a pledge taken out":                {line(`^\["GCM-0003",1,"published".*\n`, ""), "pledges GCM-0003 is missing"},
		"a pledge put in":                   {line(`^\["GCM-0003",1,"published"(.*)\n`, "$0[\"GCM-0003x\",1,\"published\"$1\n"), "pledges GCM-0003x is not in the register"},
		"a report":                          {line(`^(\["GCM-0059",1,1,\d+,)"[0-9-]+"`, `${1}"2023-12-30"`), `reports GCM-0059/1: its effective is "2023-12-30", in the register "`},
		"a translation":                     {line(`^(\["GCM-0059","fr",1,.*)Encore une`, "${1}Encore deux"), "translations GCM-0059/fr: its doc is"},
		"a party":                           {line(`^\["bra",1,"member_state"`, `["bra",1,"other_state"`), `parties bra: its kind is "other_state"`},
		"the last party":                    {line(`^\["[^"]+",1,"[a-z_]+",.*\n(\{"table":)`, "$1"), "is missing"},
		"what somebody else is said to say": {line(`^\{"table":"voices".*\n`, "$0[\"comment\",\"GCM-0003\",1,1,5,\"2023-01-01\",\"{}\"]\n"), "voices comment/GCM-0003/1 is not in the register"},
		"the serial":                        {line(`^\["GCM",59\]`, `["GCM",5]`), "pledge_serial GCM: its last is 5, in the register 59"},
	} {
		t.Run(name, func(t *testing.T) {
			b := &bench{t: t, dir: b.dir}
			b.rewrite("backup.tar.gz", "altered.tar.gz", c.change)
			target := "sqlite:" + t.TempDir() + "/restored.db"
			status, _, words := b.runOn(target, "restore", b.path("altered.tar.gz"))
			switch {
			case c.want == "" && status != 0:
				t.Errorf("exit %d: %s", status, words)
			case c.want != "" && (status != 1 || !strings.Contains(words, c.want) || !strings.Contains(words, "nothing was restored")):
				t.Errorf("exit %d, want 1, saying %q\n%s", status, c.want, words)
			}
		})
	}
}

// What has been withheld, ended and numbered along the way is the same after a fold.
func TestABackupOfEverythingThatCanHappen(t *testing.T) {
	eachEngine(t, func(b *bench) {
		b.must("rehearse", "--pledges", "200", "--seed", "3")
		b.must("backup", b.path("rehearsal.tar.gz"))
		other := &bench{t: t, dir: t.TempDir(), db: dbtest.URL(t, db.SQLite)}
		other.sample()
		other.must("register", "withhold", "20", "--ground", "personal data", "--by", "office:secretariat", "--by", "office:legal")
		other.must("register", "withhold", "0", "--ground", "by mistake", "--by", "office:secretariat", "--by", "office:legal")
		other.must("backup", other.path("withheld.tar.gz"))
		if status, _, words := other.runOn("sqlite:"+other.path("restored.db"), "restore", other.path("withheld.tar.gz")); status != 0 {
			t.Error(words)
		}
	})
}

func TestWithoutAFolderForTemporaryFiles(t *testing.T) {
	b := &bench{t: t, dir: t.TempDir()}
	b.db = "sqlite:" + b.path("site.db")
	b.sample()
	b.must("backup", b.path("backup.tar.gz"))
	t.Setenv("TMPDIR", b.path("missing"))
	hint := "make the folder " + b.path("missing") + ", or name another one with room in the environment variable TMPDIR"
	b.refused(1, hint, "backup", b.path("second.tar.gz"))
	b.refused(1, hint, "restore", b.path("backup.tar.gz"))
	b.refused(1, hint, "import", "pledges", b.path("sample/pledges.csv"), "--columns", b.path("sample/pledges.map.yaml"))
}
