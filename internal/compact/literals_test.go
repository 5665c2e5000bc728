package compact_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stocktake/internal/compact"
	"stocktake/internal/lang"
)

const root = "../.."

// Words that only a pack may say. "migration" is not among them: databases have migrations. A
// comment of Go may speak of migrants, as an example of a word.
var (
	names   = regexp.MustCompile(`(?i)\b(gcm|imrf|marrakech|safe, orderly)\b`)
	subject = regexp.MustCompile(`(?i)\bmigrants?\b`)
)

// Where the words of a compact may stand: its packs, test data, and this one constant.
var (
	sampleID    = regexp.MustCompile(`\bGCM-\d+\b`) // the example of an id in comments, as in the public contract
	defaultPack = `const DefaultPack = "gcm"`
	skipDirs    = map[string]bool{".git": true, "testdata": true, "node_modules": true, "docs": true, filepath.Join(root, "internal/compact/packs"): true}
	codeFiles   = map[string]bool{".go": true, ".tmpl": true, ".gohtml": true, ".html": true, ".css": true, ".js": true, ".ts": true, ".sql": true}
)

// finding is a line of code that speaks of one compact.
type finding struct {
	line int
	word string
}

func findWords(file, source string, titles map[string]string) []finding {
	var out []finding
	for i, line := range strings.Split(source, "\n") {
		if file == filepath.Join(root, "internal/compact/pack.go") && strings.TrimSpace(line) == defaultPack {
			continue
		}
		code := line
		if at := strings.Index(line, "//"); at >= 0 && filepath.Ext(file) == ".go" {
			code, line = line[:at], line[:at]+sampleID.ReplaceAllString(line[at:], "")
		}
		if w := names.FindString(line) + subject.FindString(code); w != "" {
			out = append(out, finding{i + 1, w})
		}
		folded := strings.ToLower(line)
		for text, key := range titles {
			if strings.Contains(folded, text) {
				out = append(out, finding{i + 1, key})
			}
		}
	}
	return out
}

// phrasesOf lists the titles and labels of the objectives that are long enough to be nothing else.
func phrasesOf(p *compact.Pack) map[string]string {
	out := map[string]string{}
	for _, o := range p.Objectives {
		for _, c := range lang.All {
			for what, text := range map[string]string{"title": o.Title[c].Text, "label": o.Label[c].Text} {
				long := len(strings.Fields(text)) >= 3 || c == lang.ZH && len([]rune(text)) >= 6
				if long {
					out[strings.ToLower(text)] = what + " of an objective (" + string(c) + ")"
				}
			}
		}
	}
	return out
}

// TestCodeKnowsNoCompact keeps the program free of any one compact: what is particular to it
// belongs into its pack.
func TestCodeKnowsNoCompact(t *testing.T) {
	titles := phrasesOf(load(t, compact.DefaultPack))
	scanned := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if skipDirs[path] || skipDirs[d.Name()] && path != root {
				return fs.SkipDir
			}
			return nil
		}
		if !codeFiles[filepath.Ext(path)] || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		scanned++
		text := strings.ReplaceAll(string(source), "AES-GCM", "AES") // a cipher, named as browsers name it
		for _, f := range findWords(path, text, titles) {
			t.Errorf("%s:%d says %q; that belongs into a pack", strings.TrimPrefix(path, root+"/"), f.line, f.word)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if scanned < 5 {
		t.Errorf("only %d files were read; is %s still the root?", scanned, root)
	}
}

func TestFindWords(t *testing.T) {
	titles := phrasesOf(load(t, compact.DefaultPack))
	for _, c := range []struct {
		name, file, source string
		found              bool
	}{
		{"the id of a pack", "x.go", `p := "gcm"`, true},
		{"the forum in a comment", "x.go", "// the IMRF agreed", true},
		{"a code in a string", "x.go", `id := "GCM-0158"`, true},
		{"the example id in a comment", "x.go", "id string // GCM-0158", false},
		{"no more than the example", "x.go", "// GCM-0158 of the GCM", true},
		{"the default in its place", filepath.Join(root, "internal/compact/pack.go"), defaultPack, false},
		{"the default elsewhere", "x.go", defaultPack, true},
		{"encryption is no compact", "x.go", "cipher.NewGCM(b); AES256GCM", false},
		{"schema migrations", "db.go", "// migrations are append-only; each migration has a checksum", false},
		{"whom it is about", "x.tmpl", "<p>Rights of migrants</p>", true},
		{"an example of a word", "x.go", "// takes migrants and migrant for one", false},
		{"a kind of party", "x.go", `kind == "migrants"`, true},
		{"an English title", "x.tmpl", "<p>Provide access to basic services for migrants</p>", true},
		{"an English label", "x.css", `content: "Inclusion and social cohesion"`, true},
		{"a Chinese title", "x.js", `"在移民的各个阶段提供准确、及时的信息"`, true},
		{"an Arabic title", "x.html", "إدارة الحدود بطريقة متكاملة وآمنة ومنسقة", true},
		{"an ordinary word", "x.go", "// data, remittances, orderly shutdown", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := findWords(c.file, c.source, titles); (len(got) > 0) != c.found {
				t.Errorf("found %v, want found = %v", got, c.found)
			}
		})
	}
}
