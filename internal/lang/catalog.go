package lang

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"unicode/utf8"
)

// Catalog holds the messages of all six languages. It never changes after Load and is safe for
// concurrent use.
type Catalog struct {
	messages map[Code]map[string]*message
	printers map[Code]*[2]Printer // by Digits
}

// Load reads one file per language, <code>.json, from the root of files: a flat object whose
// values are a text, or an object of texts by plural category:
//
//	{"greeting": "Welcome, {name}", "count": {"one": "{n} pledge", "other": "{n} pledges"}}
//
// All six files must be there. Broken JSON, a key given twice, an unknown category, a plural
// without "other" and a broken placeholder are errors, each naming file, line and key; all of
// them are reported at once. What is well formed but incomplete is for Check to find.
//
// Several folders make one catalogue: those of rooms that keep their own messages. A key that
// two of them have is an error too. Errors name the files of the second folder "2/en.json" and
// so on.
func Load(folders ...fs.FS) (*Catalog, error) {
	c := &Catalog{messages: map[Code]map[string]*message{}, printers: map[Code]*[2]Printer{}}
	var problems []error
	for _, code := range All {
		all, from := map[string]*message{}, map[string]string{}
		for i, files := range folders {
			name := string(code) + ".json"
			data, err := fs.ReadFile(files, name)
			if i > 0 {
				name = strconv.Itoa(i+1) + "/" + name
			}
			if err != nil {
				problems = append(problems, fmt.Errorf("messages: %s: %w", name, err))
				continue
			}
			messages, err := parseMessages(name, data)
			if err != nil {
				problems = append(problems, err)
			}
			for _, key := range sortedKeys(messages) {
				if first, twice := all[key]; twice {
					problems = append(problems, fmt.Errorf("%s:%d: %s: the key stands already in %s:%d", name, messages[key].line, key, from[key], first.line))
					continue
				}
				all[key], from[key] = messages[key], name
			}
		}
		c.messages[code] = all
		c.printers[code] = &[2]Printer{
			{code: code, digits: Latin, messages: all},
			{code: code, digits: Arabic, messages: all},
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return c, nil
}

// Printer says the messages of one language, with Latin digits; Default for a code that is none of the six.
func (c *Catalog) Printer(code Code) *Printer {
	p, ok := c.printers[code]
	if !ok {
		p = c.printers[Default]
	}
	return &p[Latin]
}

// Keys lists the keys of the English file, sorted.
func (c *Catalog) Keys() []string { return sortedKeys(c.messages[EN]) }

// messageReader reads one file token by token, because encoding/json alone would silently take
// the last of two equal keys and would not say on which line a key stands.
type messageReader struct {
	file     string
	data     []byte
	decoder  *json.Decoder
	problems []error
}

func parseMessages(file string, data []byte) (map[string]*message, error) {
	r := &messageReader{file: file, data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("%s: not UTF-8", file)
	}
	messages, err := r.read()
	if err != nil {
		r.problems = append(r.problems, err)
	}
	return messages, errors.Join(r.problems...)
}

// read stops at the first break of the syntax; everything else is gathered in problems.
func (r *messageReader) read() (map[string]*message, error) {
	token, err := r.decoder.Token()
	if err != nil {
		return nil, r.syntax(err)
	}
	if token != json.Delim('{') {
		return nil, fmt.Errorf("%s:%d: the file is not an object of messages", r.file, r.line())
	}
	messages := map[string]*message{}
	for r.decoder.More() {
		key, line, err := r.key()
		if err != nil {
			return messages, err
		}
		if first, twice := messages[key]; twice {
			r.problem(line, key, "the key stands already on line %d", first.line)
		}
		m, err := r.value(key)
		if err != nil {
			return messages, err
		}
		m.line = line
		messages[key] = m
	}
	if _, err := r.decoder.Token(); err != nil {
		return messages, r.syntax(err)
	}
	if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
		return messages, fmt.Errorf("%s:%d: something stands after the object of messages", r.file, r.line())
	}
	return messages, nil
}

// value reads a text or an object of plural forms.
func (r *messageReader) value(key string) (*message, error) {
	line := r.line()
	token, err := r.decoder.Token()
	if err != nil {
		return nil, r.syntax(err)
	}
	m := &message{}
	switch v := token.(type) {
	case string:
		m.forms[Other] = r.form(line, key, v)
		return m, nil
	case json.Delim:
		if v == '{' {
			m.plural = true
			return m, r.plural(key, m)
		}
	}
	return nil, fmt.Errorf("%s:%d: %s: neither a text nor an object of plural forms", r.file, line, key)
}

func (r *messageReader) plural(key string, m *message) error {
	start := r.line()
	for r.decoder.More() {
		name, line, err := r.key()
		if err != nil {
			return err
		}
		token, err := r.decoder.Token()
		if err != nil {
			return r.syntax(err)
		}
		text, isText := token.(string)
		if !isText {
			return fmt.Errorf("%s:%d: %s: the form %q is no text", r.file, line, key, name)
		}
		category, known := categoryByName(name)
		switch {
		case !known:
			r.problem(line, key, "%q is no plural category (zero, one, two, few, many, other)", name)
		case m.forms[category] != nil:
			r.problem(line, key, "the form %q is given twice", name)
		default:
			m.forms[category] = r.form(line, key, text)
		}
	}
	if _, err := r.decoder.Token(); err != nil {
		return r.syntax(err)
	}
	if m.forms[Other] == nil {
		r.problem(start, key, "the form \"other\" is missing")
	}
	return nil
}

func (r *messageReader) form(line int, key, text string) *form {
	f, err := parseForm(text)
	if err != nil {
		r.problem(line, key, "%w", err)
		return &form{text: text}
	}
	return f
}

func (r *messageReader) key() (string, int, error) {
	token, err := r.decoder.Token()
	if err != nil {
		return "", 0, r.syntax(err)
	}
	key, _ := token.(string) // inside an object the decoder refuses any other key
	return key, r.line(), nil
}

func (r *messageReader) problem(line int, key, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("%s:%d: %s: %w", r.file, line, key, fmt.Errorf(format, args...)))
}

func (r *messageReader) syntax(err error) error {
	line := r.line()
	if broken, ok := errors.AsType[*json.SyntaxError](err); ok {
		line = 1 + bytes.Count(r.data[:min(int(broken.Offset), len(r.data))], []byte("\n"))
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("%s:%d: %w", r.file, line, err)
}

// line is the line of the end of the last token.
func (r *messageReader) line() int {
	return 1 + bytes.Count(r.data[:r.decoder.InputOffset()], []byte("\n"))
}
