package exchange

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
)

func aForm(c lang.Code, values map[string]string) Form {
	f := Form{
		Language: c, Title: "A pledge <&>", Intro: []string{"Fill in what is yellow.", "Send it back."}, Heads: [3]string{"Question", "Answer", "Help"},
		Rows: []FormRow{
			{Label: "What"},
			{Key: "title", Label: "Title", Help: "One line"},
			{Key: "text", Label: "Text [of the pledge]", Long: true},
			{Key: "form", Label: "Form", Options: []string{"One party, one pledge", "Several \"parties\""}},
			{Label: "When"},
			{Key: "milestones.1.on", Label: "Day"},
			{Key: "nature.1", Label: "Nature", Options: []string{"Money", "People"}},
			{Key: "nature.2", Label: "Nature", Options: []string{"Money", "People"}},
		},
	}
	for i := range f.Rows {
		f.Rows[i].Value = values[f.Rows[i].Key]
	}
	return f
}

func readForm(t interface {
	Fatal(...any)
	TempDir() string
}, data []byte, read func(*os.File, int64) (FormAnswers, error)) (FormAnswers, error) {
	f, err := os.Create(filepath.Join(t.TempDir(), "form"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	return read(f, int64(len(data)))
}

var formKinds = []struct {
	name  string
	write func(f Form) ([]byte, error)
	read  func(*os.File, int64) (FormAnswers, error)
}{
	{"xlsx", func(f Form) ([]byte, error) { var b bytes.Buffer; err := WriteFormXLSX(&b, f); return b.Bytes(), err }, ReadFormXLSX},
	{"docx", func(f Form) ([]byte, error) { var b bytes.Buffer; err := WriteFormDOCX(&b, f); return b.Bytes(), err }, ReadFormDOCX},
}

// Whatever is filled in comes back, in every language, from either kind of file.
func TestFormsComeBackAsTheyWereFilledIn(t *testing.T) {
	for _, kind := range formKinds {
		t.Run(kind.name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				answer := rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[ -~\n]{0,60}`), rapid.StringOf(rapid.RuneFrom([]rune("_x000A_<>&\"'اب国ё[]{}.\n …\t"))),
					rapid.SampledFrom([]string{"=1+1", "2026-05", "00123", "1E5", "[title]", "stocktake form 1 fr"}))
				values := map[string]string{}
				for _, r := range aForm(lang.EN, nil).Rows {
					if r.Key != "" {
						values[r.Key] = answer.Draw(rt, r.Key)
					}
				}
				f := aForm(rapid.SampledFrom(lang.All).Draw(rt, "language"), values)
				data, err := kind.write(f)
				if err != nil {
					rt.Fatal(err)
				}
				a, err := readForm(t, data, kind.read)
				if err != nil {
					rt.Fatal(err)
				}
				want := map[string]string{}
				for k, v := range values {
					if v = strings.TrimSpace(v); v != "" {
						want[k] = v
					}
				}
				if a.Language != f.Language || !maps.Equal(a.Values, want) {
					rt.Fatalf("%s: got %q, want %q", a.Language, a.Values, want)
				}
			})
		})
	}
}

func TestAnotherProgramFillsTheWorkbookIn(t *testing.T) {
	data, err := formKinds[0].write(aForm(lang.AR, map[string]string{"title": "before"}))
	if err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rules, err := book.GetDataValidations("form")
	if err != nil || len(rules) != 3 || rules[0].Formula1 != "lists!$A$1:$A$2" || rules[2].Formula1 != "lists!$B$1:$B$2" {
		t.Errorf("lists to choose from: %+v, %v", rules, err)
	}
	if visible, err := book.GetSheetVisible("lists"); err != nil || visible {
		t.Errorf("the lists are shown (%v)", err)
	}
	if shown, err := book.GetColVisible("form", "A"); err != nil || shown {
		t.Errorf("the keys are shown (%v)", err)
	}
	rows, err := book.GetRows("form")
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		if len(r) > 0 && r[0] == "title" {
			cell, err := excelize.CoordinatesToCellName(3, i+1)
			if err != nil {
				t.Fatal(err)
			}
			if err := book.SetCellValue("form", cell, "after"); err != nil {
				t.Fatal(err)
			}
			style, err := book.GetCellStyle("form", cell)
			if err != nil {
				t.Fatal(err)
			}
			if s, err := book.GetStyle(style); err != nil || s.Protection == nil || s.Protection.Locked {
				t.Errorf("the answer cannot be filled in: %+v, %v", s, err)
			}
		}
	}
	out, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	a, err := readForm(t, out.Bytes(), ReadFormXLSX)
	if err != nil || a.Language != lang.AR || a.Values["title"] != "after" || len(a.Values) != 1 {
		t.Errorf("%+v, %v", a, err)
	}
}

// Programs make a day of what looks like one, and a number of what looks like that, whatever the
// cell was formatted as.
func TestDaysAndNumbersOfAFormFilledInElsewhere(t *testing.T) {
	data, err := formKinds[0].write(aForm(lang.EN, nil))
	if err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows("form")
	if err != nil {
		t.Fatal(err)
	}
	wanted, cells := map[string]string{}, map[string]string{}
	given := []struct {
		value any
		date  string
	}{{time.Date(2027, 5, 20, 0, 0, 0, 0, time.UTC), "2027-05-20"}, {2027, "2027"}, {"2027-05", "2027-05"}}
	for i, r := range rows {
		if len(r) == 0 || len(given) == len(wanted) || !formKey.MatchString(r[0]) {
			continue
		}
		cells[r[0]] = "C" + strconv.Itoa(i+1)
		g := given[len(wanted)]
		if err := book.SetCellValue("form", cells[r[0]], g.value); err != nil {
			t.Fatal(err)
		}
		wanted[r[0]] = g.date
	}
	out, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	a, err := readForm(t, out.Bytes(), ReadFormXLSX)
	if err != nil || len(wanted) != len(given) {
		t.Fatal(wanted, err)
	}
	for key, want := range wanted {
		if got := a.Date(a.Values[key]); got != want || a.Cells[key] != cells[key] {
			t.Errorf("%s in %s: %q, read as %q, not %q", key, a.Cells[key], a.Values[key], got, want)
		}
	}
	if doc := (FormAnswers{}); doc.Date("46162") != "46162" {
		t.Error("a document's number became a day")
	}
}

func TestWhatIsNoFormIsRefused(t *testing.T) {
	docx, err := formKinds[1].write(aForm(lang.EN, map[string]string{"title": "a"}))
	if err != nil {
		t.Fatal(err)
	}
	xlsx, err := formKinds[0].write(aForm(lang.EN, map[string]string{"title": "a"}))
	if err != nil {
		t.Fatal(err)
	}
	var foreign bytes.Buffer
	book := excelize.NewFile()
	defer book.Close()
	if err := errors.Join(book.SetCellValue("Sheet1", "A1", "title"), book.Write(&foreign)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		data []byte
		read func(*os.File, int64) (FormAnswers, error)
	}{
		{"a document as a workbook", docx, ReadFormXLSX}, {"a workbook as a document", xlsx, ReadFormDOCX},
		{"another workbook", foreign.Bytes(), ReadFormXLSX}, {"text", []byte("hello"), ReadFormXLSX}, {"text as a document", []byte("hello"), ReadFormDOCX},
		{"cut short", xlsx[:len(xlsx)/2], ReadFormXLSX}, {"nothing", nil, ReadFormDOCX},
	} {
		if a, err := readForm(t, c.data, c.read); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v, %v", c.name, a, err)
		}
	}
}

func TestAPlaceholderIsNoAnswer(t *testing.T) {
	data, err := formKinds[1].write(aForm(lang.RU, map[string]string{"text": "line one\nline two"}))
	if err != nil {
		t.Fatal(err)
	}
	a, err := readForm(t, data, ReadFormDOCX)
	if err != nil || len(a.Values) != 1 || a.Values["text"] != "line one\nline two" || a.Language != lang.RU {
		t.Errorf("%+v, %v", a, err)
	}
}

func FuzzFormXLSX(f *testing.F) { fuzzForm(f, 0) }
func FuzzFormDOCX(f *testing.F) { fuzzForm(f, 1) }

func fuzzForm(f *testing.F, kind int) {
	data, err := formKinds[kind].write(aForm(lang.EN, map[string]string{"title": "a"}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := readForm(t, data, formKinds[kind].read); errs.Is(err, errs.Internal) {
			t.Fatalf("a bad file is a fault of ours: %v", err)
		}
	})
}
