package mail

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

// A template is a text file letters/<name>.<code>.txt, one for each of the six languages:
//
//	Subject: Your pledge {{.Reference}} was received
//
//	Thank you, {{.Name}}. You can follow it here:
//
//	{{.Link}}
//
// {{.Word}} stands for a value that the room gives; Name is always there. A word that stands
// alone on its line and is a link into our own pages becomes a button in the HTML part; alone on
// its line and empty, the line is left out. There is nothing else: no conditions, no markup.
type text struct {
	name    string
	code    lang.Code
	subject string
	body    string
	Words   []string // sorted
}

var (
	word      = regexp.MustCompile(`\{\{ *\.([A-Za-z][A-Za-z0-9]*) *\}\}`)
	fileNames = regexp.MustCompile(`^([a-z0-9_]+)\.([a-z]{2})\.txt$`)
)

// always are the words that the office itself knows.
var always = []string{"Name", "Site"}

// Fault says what is wrong with words that somebody wrote for a letter. It is an error of kind
// Invalid with its findings as fields.
type Fault struct{ Found []Finding }

// Finding is one thing wrong.
type Finding struct {
	Field string // subject or body
	Kind  string // empty, one_line, braces, unknown, link
	Word  string // of unknown and link
	Line  int    // of braces, from 1
}

func (f Finding) says() string {
	switch f.Kind {
	case "empty":
		return "expected a text"
	case "one_line":
		return "expected one line"
	case "braces":
		return fmt.Sprintf("line %d: expected words like {{.Link}} between braces, and nothing else", f.Line)
	case "unknown":
		return fmt.Sprintf("this letter has no word {{.%s}}", f.Word)
	}
	return fmt.Sprintf("expected the link {{.%s}}", f.Word)
}

func (f *Fault) Error() string { return f.Unwrap().Error() }

// Unwrap is the same as an error of the house.
func (f *Fault) Unwrap() error {
	var fields []errs.Field
	for _, x := range f.Found {
		fields = append(fields, errs.Field{Field: x.Field, Message: x.says()})
	}
	return errs.InvalidFields(fields...)
}

func faulty(found []Finding) error {
	if len(found) == 0 {
		return nil
	}
	return &Fault{found}
}

// parseText reads what a person wrote as a template.
func parseText(name string, code lang.Code, subject, body string) (t *text, found []Finding) {
	t = &text{name: name, code: code, subject: strings.TrimSpace(subject), body: strings.TrimSpace(strings.ReplaceAll(body, "\r\n", "\n"))}
	if t.subject == "" {
		found = append(found, Finding{Field: "subject", Kind: "empty"})
	}
	if strings.ContainsFunc(t.subject, unicode.IsControl) {
		found = append(found, Finding{Field: "subject", Kind: "one_line"})
	}
	if t.body == "" {
		found = append(found, Finding{Field: "body", Kind: "empty"})
	}
	for _, part := range []struct{ field, text string }{{"subject", t.subject}, {"body", t.body}} {
		for i, line := range strings.Split(part.text, "\n") {
			if rest := word.ReplaceAllString(line, ""); strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
				found = append(found, Finding{Field: part.field, Kind: "braces", Line: i + 1})
			}
			for _, m := range word.FindAllStringSubmatch(line, -1) {
				t.Words = append(t.Words, m[1])
			}
		}
	}
	slices.Sort(t.Words)
	t.Words = slices.Compact(t.Words)
	return t, found
}

// Blanked is a text of a template with the same sign for each of its words.
func Blanked(template, sign string) string { return word.ReplaceAllLiteralString(template, sign) }

// parseFile reads a file as it lies in the folder of a room.
func parseFile(name string, code lang.Code, content string) (*text, error) {
	head, body, _ := strings.Cut(strings.ReplaceAll(content, "\r\n", "\n"), "\n")
	subject, ok := strings.CutPrefix(head, "Subject: ")
	if !ok {
		return nil, errors.New(`line 1: expected "Subject: …"`)
	}
	if !strings.HasPrefix(body, "\n") {
		return nil, errors.New("line 2: expected a blank line")
	}
	t, found := parseText(name, code, subject, body)
	return t, faulty(found)
}

// readTemplates reads the letters of all rooms.
func readTemplates(rooms []fs.FS) (map[string]map[lang.Code]*text, error) {
	all := map[string]map[lang.Code]*text{}
	var problems []error
	for _, room := range rooms {
		files, err := fs.Glob(room, "letters/*")
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			m := fileNames.FindStringSubmatch(path.Base(file))
			if m == nil || !lang.Known(m[2]) {
				problems = append(problems, fmt.Errorf("%s: expected a name like receipt.en.txt", file))
				continue
			}
			content, err := fs.ReadFile(room, file)
			if err != nil {
				return nil, err
			}
			t, err := parseFile(m[1], lang.Code(m[2]), string(content))
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", file, err))
				continue
			}
			if all[t.name] == nil {
				all[t.name] = map[lang.Code]*text{}
			}
			if all[t.name][t.code] != nil {
				problems = append(problems, fmt.Errorf("%s: two rooms have a letter of this name", file))
			}
			all[t.name][t.code] = t
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		en := all[name][lang.EN]
		for _, code := range lang.All {
			t := all[name][code]
			switch {
			case t == nil:
				problems = append(problems, fmt.Errorf("letters/%s.%s.txt is missing", name, code))
			case en != nil && !slices.Equal(t.given(), en.given()):
				problems = append(problems, fmt.Errorf("letters/%s.%s.txt: it has the words %v, the English one %v", name, code, t.given(), en.given()))
			}
		}
	}
	if len(problems) > 0 {
		return nil, errs.New(errs.Internal, "mail: %w", errors.Join(problems...))
	}
	return all, nil
}

// given are the words that the room must give.
func (t *text) given() []string {
	return slices.DeleteFunc(slices.Clone(t.Words), func(w string) bool { return slices.Contains(always, w) })
}

// Blank lines in a row become one.
var blanks = regexp.MustCompile(`\n{3,}`)

// Block is one paragraph of the HTML part: lines, or a button.
type Block struct {
	Lines []string
	Link  string
}

// fill puts values in the place of words. Only a line of the template can be a button: a value
// with a line of its own that looks like a link stays text, whoever wrote it.
func (o *Office) fill(t *text, values map[string]string) (subject string, body []string, blocks []Block, err error) {
	var missing []string
	put := func(line string) string {
		return word.ReplaceAllStringFunc(line, func(w string) string {
			name := word.FindStringSubmatch(w)[1]
			v, ok := values[name]
			if !ok {
				missing = append(missing, name)
			}
			return clean(v)
		})
	}
	subject = strings.Join(strings.Fields(put(t.subject)), " ")
	var lines []string
	flush := func() {
		if len(lines) > 0 {
			blocks = append(blocks, Block{Lines: lines})
		}
		lines = nil
	}
	for line := range strings.SplitSeq(t.body, "\n") {
		value := put(line)
		alone := word.FindString(line) == strings.TrimSpace(line) && line != ""
		switch {
		case alone && value == "":
			continue
		case alone && o.ours(value):
			flush()
			blocks = append(blocks, Block{Link: value})
		case value == "":
			flush()
		default:
			lines = append(lines, strings.Split(value, "\n")...)
		}
		body = append(body, value)
	}
	flush()
	if len(missing) > 0 {
		return "", nil, nil, errs.New(errs.Internal, "the words %v were not given", missing)
	}
	return subject, body, blocks, nil
}

// clean takes out what no letter needs: control characters but for the line feed, and the marks
// that turn the direction of the rest of a line.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, strings.TrimSpace(strings.ToValidUTF8(s, "�")))
}

// ours reports whether a value is a link into our own pages.
func (o *Office) ours(value string) bool {
	return o.BaseURL != "" && strings.HasPrefix(value, o.BaseURL+"/") && !strings.ContainsAny(value, " \n")
}

func keysOf(m map[string]string) iter.Seq[string] { return maps.Keys(m) }
