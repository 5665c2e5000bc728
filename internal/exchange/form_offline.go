package exchange

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

// Form is a form that is filled in without a network: written as a workbook or a document, sent
// back, and read. Which rows it has, and what the answers mean, is for the caller; here a row
// is a key that stays the same in every language and version, its words, and an answer.
type Form struct {
	Language lang.Code
	Title    string
	Intro    []string  // how to fill it in, one paragraph each
	Heads    [3]string // over the columns: what is asked, the answer, help
	Rows     []FormRow
}

// FormRow is one question. A row without a key is a heading.
type FormRow struct {
	Key     string   // "title", "milestones.1.on"
	Label   string   //
	Help    string   //
	Options []string // what can be answered, in words; empty: anything
	Value   string   // filled in already
	Long    bool     // wants room
}

// FormAnswers are what was filled in, by the key of the row; empty answers are left out.
type FormAnswers struct {
	Language lang.Code // of the form, in which the options are
	Values   map[string]string
	Cells    map[string]string // where an answer stands in a workbook: "C13"

	workbook, since1904 bool
}

// Date is an answer that is asked for as a date. Programs make a day of what looks like one, and
// a workbook keeps it as a number.
func (a FormAnswers) Date(v string) string {
	if !a.workbook {
		return v
	}
	return workbookDate(v, a.since1904)
}

// KeyNotOurs is the message for a file that is no form of ours.
const KeyNotOurs = "form.not_ours"

// formMark begins a form: it names the format, its version, and the language.
const formMark = "stocktake form 1 "

const (
	maxFormRows   = 2000
	maxFormAnswer = 32_767 // characters, as in a cell
)

var (
	formKey      = regexp.MustCompile(`^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+){0,3}$`)
	formMarkText = regexp.MustCompile(`stocktake form 1 ([a-z]{2})`)
)

func notOurs(format string, args ...any) error {
	return errs.New(errs.Invalid, format, args...).WithKey(KeyNotOurs)
}

// answer notes what a row says.
func (a *FormAnswers) answer(key, value string) error {
	value = strings.TrimSpace(strings.ReplaceAll(value, "\r\n", "\n"))
	if !formKey.MatchString(key) || value == "" {
		return nil
	}
	if utf8.RuneCountInString(value) > maxFormAnswer {
		return errs.New(errs.TooLarge, "the answer to %q is longer than %d characters", key, maxFormAnswer)
	}
	if _, twice := a.Values[key]; twice {
		return errs.New(errs.Invalid, "the row %q is there twice", key)
	}
	if len(a.Values) >= maxFormRows {
		return errs.New(errs.TooLarge, "more than %d rows", maxFormRows)
	}
	a.Values[key] = value
	return nil
}

func (a *FormAnswers) speak(mark string) {
	if m := formMarkText.FindStringSubmatch(mark); m != nil && lang.Known(m[1]) {
		a.Language = lang.Code(m[1])
	}
}

// packing writes parts of a package, the same bytes for the same parts.
type packing struct{ z *zip.Writer }

func (z packing) part(name, content string) error {
	p, err := z.z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		return err
	}
	out := bufio.NewWriter(p)
	if _, err := io.WriteString(out, xml.Header+content); err != nil {
		return err
	}
	return out.Flush()
}

// xmlText escapes text for an element or an attribute.
func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
