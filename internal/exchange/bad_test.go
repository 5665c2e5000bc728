package exchange

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
)

const head = "id,title,text,parties,party_kinds,objectives,countries,amount,currency,announced_on,stage,last_reported_on\n"

func utf16le(s string) string {
	b := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

const good = "GCM-0001,Title,Text,ken,,7,KE,,,2022-05-20,,\n"

// badFiles is what is wrong with files, one thing (or as few as can be) at a time. What is said
// of each is in testdata/bad.txt.
var badFiles = []struct{ name, file, content string }{
	{"UTF-16", "a.csv", utf16le(head + good)},
	{"UTF-16 without a mark", "a.csv", utf16le(head + good)[2:]},
	{"Latin-1 in a row", "a.csv", head + good + "GCM-0002,Libert\xe9,Text,ken,,7,,,,,,\n"},
	{"Latin-1 in the header", "a.csv", "titre\xe9,text\n"},
	{"ragged rows", "a.csv", head + good + "GCM-0002,Title,Text\n" + strings.TrimSpace(good) + ",more,than,enough\n"},
	{"unknown country", "a.csv", head + "GCM-0001,T,X,ken,,7,Atlantis;KE;Avalon,,,,,\n"},
	{"impossible dates", "a.csv", head + "GCM-0001,T,X,ken,,7,,,,2022-02-30,,\nGCM-0002,T,X,ken,,7,,,,20/05/2022,,\nGCM-0003,T,X,ken,,7,,,,2022-13,,\n"},
	{"day in the future", "a.csv", "id,title,text,parties,objectives,published_on,stage,last_reported_on\nGCM-0001,T,X,ken,7,2026-07-01,,\nGCM-0002,T,X,ken,7,2027,,\nGCM-0003,T,X,ken,7,,planning,2026-07\n"},
	{"amount without currency", "a.csv", head + "GCM-0001,T,X,ken,,7,,1000,,,,\n"},
	{"currency without amount", "a.csv", head + "GCM-0001,T,X,ken,,7,,,EUR,,,\n"},
	{"odd money", "a.csv", head + "GCM-0001,T,X,ken,,7,,\"1,000\",USD,,,\nGCM-0002,T,X,ken,,7,,1000,Dollars,,,\nGCM-0003,T,X,ken,,7,,-5,USD,,,\nGCM-0004,T,X,ken,,7,,1.234,USD,,,\n"},
	{"duplicate id", "a.csv", head + good + strings.Replace(good, "Title", "Other", 1)},
	{"odd ids", "a.csv", head + strings.Replace(good, "GCM-0001", "17", 1) + strings.Replace(good, "GCM-0001", "GCM-00001", 1)},
	{"duplicate content", "a.csv", "title,text,parties,objectives\nT,X,ken,7\nT,X,Kenya,8\n"},
	{"unknown column", "a.csv", "title,text,parties,colour\nT,X,ken,blue\n"},
	{"unknown columns", "a.csv", "Title,Summary,Country,Date,Body\nT,X,Kenya,2022,UN\n"},
	{"very many unknown columns", "a.csv", strings.Join(numbered("c", 150), ",") + "\n"},
	{"years that no pledge speaks of", "a.csv", "id,title,text,parties,objectives,published_on,announced_on,stage,last_reported_on\n" +
		"GCM-0001,T,X,ken,7,2999-01-01,2999-01-01,,\nGCM-0002,T,X,ken,7,1822,1822-05,,\nGCM-0003,T,X,ken,7,,,planning,2999\n"},
	{"years that no report is of", "a.jsonl", `{"id":"GCM-0001","title":"T","text":"X","parties":["ken"],"objectives":[7],"reports":[{"stage":"planning","on":"2999-01-01"}]}` + "\n"},
	{"parts of States", "a.csv", head + "GCM-0001,T,X,\"Ministry of Health, France\",member_state,7,,,,,,\n" +
		"GCM-0002,T,X,Ministry of Foreign Affairs of the Republic of Korea,,7,,,,,,\n" +
		"GCM-0003,T,X,Ministry of Health,member_state,7,,,,,,\n" +
		"GCM-0004,T,X,Holy See (Secretariat),observer_state,7,,,,,,\n"},
	{"missing columns", "a.csv", "id,text\nGCM-0001,X\n"},
	{"column twice", "a.csv", "title,text,parties,text,\nT,X,ken,Y,\n"},
	{"unknown party kind", "a.csv", head + "GCM-0001,T,X,A new club,club,7,,,,,,\nGCM-0002,T,X,ken,civil_society,7,,,,,,\n"},
	{"unknown party without kind", "a.csv", head + "GCM-0001,T,X,A new club;Kenya,,7,,,,,,\nGCM-0002,T,X,;ken,,7,,,,,,\n"},
	{"kinds that do not fit", "a.csv", head + "GCM-0001,T,X,ken;iom;ilo,member_state;un_entity,7,,,,,,\n"},
	{"party without Latin letters", "a.csv", head + "GCM-0001,T,X,红十字会,red_cross,7,,,,,,\n"},
	{"name of an area", "a.csv", head + "GCM-0001,T,X,Greenland,,7,,,,,,\n"},
	{"no party, no objective, no title", "a.csv", head + "GCM-0001,,X,,,,,,,,,\n"},
	{"odd objectives", "a.csv", head + "GCM-0001,T,X,ken,,0;24;seven,,,,,,\nGCM-0002,T,X,ken,,7;7,,,,,,\n"},
	{"odd stage", "a.csv", head + "GCM-0001,T,X,ken,,7,,,,,done,\nGCM-0002,T,X,ken,,7,,,,,,2023\n"},
	{"odd words", "a.csv", "title,text,parties,objectives,nature,levels,form,mirror,language,source,regions,channel,principles,matches\n" +
		"T,X,ken,7,cash,village,alone,perhaps,de,example.org,14,carrier pigeon,kindness,\nT,X,iom;ken,7,,,individual,,,,,,,GCM-0009\n"},
	{"personal data", "a.csv", "title,text,parties,objectives\nT,Write to jane.doe@example.org,ken,7\n"},
	{"unclosed quote", "a.csv", head + "GCM-0001,\"T,X,ken,,7,,,,,,\n" + good},
	{"unclosed quote before much", "a.csv", head + "GCM-0001,\"T,X,ken,,7,,,,,,\n" + strings.Repeat(good, 30_000)},
	{"quote in the middle", "a.csv", head + "GCM-0001,The \"great\" plan,X,ken,,7,,,,,,\nGCM-0002,\"The \"great\" plan\",X,ken,,7,,,,,,\n" + good},
	{"quote in the header", "a.csv", "id,ti\"tle,text\n"},
	{"semicolons", "a.csv", strings.ReplaceAll(head+good, ",", ";")},
	{"tabs", "a.csv", strings.ReplaceAll(head+good, ",", "\t")},
	{"empty", "a.csv", ""},
	{"empty but for a mark", "a.csv", "\xEF\xBB\xBF"},
	{"NUL in a row", "a.csv", head + "GCM-0001,Ti\x00tle,X,ken,,7,,,,,,\n"},
	{"NUL at the start", "a.csv", "\x00id,title\n"},
	{"control characters", "a.csv", head + "GCM-0001,Ti\atle,\"X\u202Ey\u2028z\",ken,,7,,,,,,\n"},
	{"row that is too long", "a.csv", head + "GCM-0001,T," + strings.Repeat("x", maxRecordBytes+10_000) + ",ken,,7,,,,,,\n" + good},
	{"text that is too long", "a.csv", head + "GCM-0001,T," + strings.Repeat("x", 20_001) + ",ken,,7,,,,,,\n"},
	{"too many columns", "a.csv", strings.Repeat("c,", maxColumns) + "c\n"},
	{"a workbook called CSV", "a.csv", "PK\x03\x04\x14\x00\x00\x00"},
	{"another ending", "a.ods", "x"},
	{"no ending", "pledges", "x"},

	{"not JSON", "a.jsonl", "id,title\n{\"id\":\n[]\n\"text\"\nnull\n{} {}\n"},
	{"objects and lists in wrong places", "a.jsonl", `{"title":{"en":"T"},"text":["a",["b"]],"parties":["ken",{"code":"iom"}],"objectives":[7],"amount":{"usd":5}}` + "\n"},
	{"rich members in wrong shapes", "a.jsonl", `{"title":"T","text":"X","parties":["ken"],"objectives":[7],"milestones":"soon","links":{"url":"https://example.org"},"years":["2022"],"reports":[{"stage":7}],"indicators":[{"nom":"x"}],"sdgs":[10.7],"translations":[{"language":"fr","title":"T","by":"human","by":"machine"}]}` + "\n"},
	{"rich members with bad content", "a.jsonl", `{"id":"GCM-0001","title":"T","text":"X","parties":["ken"],"objectives":[7],"milestones":[{"on":"soon","text":""}],"links":[{"url":"javascript:alert(1)"}],"reports":[{"stage":"done"},{"stage":"planning","on":"2027-01-01"},{"pledge":"GCM-0002","stage":"planning"}],"translations":[{"language":"en","title":"T","by":"someone"}],"actions":["99z"]}` + "\n"},
	{"unknown member", "a.jsonl", `{"title":"T","text":"X","parties":["ken"],"objectives":[7],"colour":"blue","shape":null}` + "\n"},
	{"duplicate members", "a.jsonl", `{"title":"T","title":"U","text":"X","parties":["ken"],"objectives":[7]}` + "\n"},
	{"line that is too long", "a.jsonl", `{"title":"` + strings.Repeat("x", maxRecordBytes) + `"}` + "\n" + `{"title":"T"}` + "\n"},
	{"deep nesting", "a.jsonl", `{"title":` + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000) + "}\n" + strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000) + "\n"},
	{"Latin-1 in JSON", "a.jsonl", "{\"title\":\"Libert\xe9\"}\n"},
	{"NUL in JSON", "a.jsonl", `{"title":"T\u0000","text":"X","parties":["ken"],"objectives":[7]}` + "\n"},
	{"UTF-16 JSON", "a.jsonl", utf16le(`{"title":"T"}`)},

	{"not a zip", "a.xlsx", head + good},
	{"old or encrypted", "a.xlsx", string(compound) + strings.Repeat("\x00", 2048)},
	{"empty workbook", "a.xlsx", ""},
}

func numbered(stem string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint(stem, i+1)
	}
	return names
}

func TestBadFiles(t *testing.T) {
	var b bytes.Buffer
	for _, c := range badFiles {
		_, found, err := stageFile(t, write(t, c.file, c.content), nil)
		if err == nil && found.total == 0 {
			t.Errorf("%s: nothing was found", c.name)
		}
		if err != nil {
			if k := errs.KindOf(err); k != errs.Invalid && k != errs.TooLarge {
				t.Errorf("%s: an error of kind %v: %v", c.name, k, err)
			}
		}
		fmt.Fprintf(&b, "== %s\n", c.name)
		for i, f := range found.first {
			if i == 12 {
				fmt.Fprintf(&b, "… %d findings in %d rows\n", found.total, found.rows)
				break
			}
			fmt.Fprintln(&b, f)
		}
		if err != nil {
			fmt.Fprintf(&b, "! %v\n", strings.ReplaceAll(err.Error(), "\n", "\n  "))
		}
	}
	golden(t, "bad.txt", b.Bytes())
}

func TestAFileOverTheLimit(t *testing.T) {
	path := write(t, "a.csv", head)
	if err := os.Truncate(path, maxFileBytes+1); err != nil { // a hole, no gigabyte
		t.Fatal(err)
	}
	_, _, err := stageFile(t, path, nil)
	if !errs.Is(err, errs.TooLarge) || !strings.Contains(err.Error(), "at most 1073741824 (1 GB) are read (split it)") {
		t.Error(err)
	}
}

func TestFilesThatAreNoFiles(t *testing.T) {
	for _, path := range []string{t.TempDir(), "/nonexistent/a.csv", "/dev/zero"} {
		if _, _, err := stageFile(t, path, nil); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Files without a pledge in them are no mistake.
func TestFilesWithoutRows(t *testing.T) {
	for name, content := range map[string]string{
		"header only": head, "header and empty rows": head + "\n,,,,,,,,,,,\n,\n", "a mark, CRLF": "\xEF\xBB\xBF" + strings.ReplaceAll(head, "\n", "\r\n"),
	} {
		s, found, err := stageFile(t, write(t, "a.csv", content), nil)
		if err != nil || found.total != 0 || s.good != 0 {
			t.Errorf("%s: %d rows, %v, %v", name, s.good, found.first, err)
		}
	}
}

// Nothing of a file with a bad row is written; with Partial the good rows are, and only they.
func TestBadRowsAndGoodOnes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		content := head + good + "GCM-0002,T,X,Hogwarts,academia,7,Atlantis,,,,,\nGCM-0003,T,X,Oxford,academia,7,,,,,,\nGCM-0004,T,X,ken\n"
		path := write(t, "a.csv", content)
		before := h.size()
		var all bytes.Buffer
		sum, err := h.try(Import{Path: path, Errors: &all})
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "2 rows are bad; nothing was written") {
			t.Errorf("%v", err)
		}
		if h.size() != before || sum.Written || sum.Rows != 4 || sum.BadRows != 2 || sum.New != 0 {
			t.Errorf("%v; the register went from %d to %d", sum, before, h.size())
		}
		want := "row,column,value,expected\n" +
			"3,countries,Atlantis,\"must be a country, by its ISO alpha-2 code (KE) or its name; several are separated by semicolons\"\n" +
			"5,,,\"has 4 values; the first row names 12 columns, and each row must have as many\"\n"
		if all.String() != want {
			t.Errorf("the file of errors has\n%s\nwant\n%s", &all, want)
		}
		sum, err = h.try(Import{Path: path, Partial: true})
		if err != nil || sum.New != 2 || sum.BadRows != 2 || !sum.Written {
			t.Errorf("%v, %v", sum, err)
		}
		v := h.view()
		if v.Totals.Pledges != 2 {
			t.Errorf("%d pledges, want 2", v.Totals.Pledges)
		}
		if _, ok := v.Party("hogwarts"); ok {
			t.Error("a bad row brought a party")
		}
	})
}

// After a wrong quote rows may begin anywhere: no part of such a file is taken.
func TestNoPartOfAFileThatLostItsRows(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	h := open(t, d)
	path := write(t, "a.csv", head+"GCM-0009,The \"great\" plan,X,ken,,7,,,,,,\n"+good)
	sum, err := h.try(Import{Path: path, Partial: true})
	if err == nil || !strings.Contains(err.Error(), "a quote is wrong in row 2") || sum.Written || h.view().Totals.Pledges != 0 {
		t.Errorf("%v, %v", sum, err)
	}
}

// A million findings are counted, written to the file, and a hundred of them kept.
func TestTheFirstHundredFindings(t *testing.T) {
	var all bytes.Buffer
	found, err := newFindings(&all)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newStage(pack(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.discard()
	s.today, s.resolver = today, newResolver(s.pack, nil, nil)
	path := write(t, "a.csv", head+strings.Repeat("x,T,X,ken,,7,Atlantis,,,,,\n", 500))
	if err := s.fill(context.Background(), Import{Path: path}, found); err != nil {
		t.Fatal(err)
	}
	if err := found.close(); err != nil {
		t.Fatal(err)
	}
	if found.rows != 500 || len(found.first) != maxListed || bytes.Count(all.Bytes(), []byte("\n")) != found.total+1 || found.total < 1000 {
		t.Errorf("%d rows, %d findings, %d kept, %d lines", found.rows, found.total, len(found.first), bytes.Count(all.Bytes(), []byte("\n")))
	}
}

// What the register alone can refuse is a finding of the row, too.
func TestRowsThatTheRegisterRefuses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.take(Import{Path: write(t, "a.csv", head+good)})
		h.withdraw("GCM-0001")
		before := h.size()
		content := "id,title,text,parties,objectives,form,matches,amount,currency,recipient\n" +
			"GCM-0001,New title,Text,ken,7,,,,,\n" +
			"GCM-0002,T,X,ken,7,matching,GCM-0077,,,\n" +
			"GCM-0003,T,X,ken,7,matching,GCM-0004,,,\n" +
			"GCM-0004,T,X,ken,7,,,5,USD,nobody\n" +
			"GCM-0005,T,X,ken,7,,,5,USD,iom\n" +
			"GCM-0006,T,X,ken,7,matching,GCM-0005,,,\n"
		path := write(t, "b.csv", content)
		sum, err := h.try(Import{Path: path})
		var got strings.Builder
		for _, f := range sum.First {
			fmt.Fprintln(&got, f)
		}
		want := `row 2, column id: "GCM-0001" cannot be published: pledge GCM-0001 was withdrawn; it stays as it is
row 3, column matches: "GCM-0077" must be the id of a pledge in the register or in this file
row 5, column recipient: "nobody" must be a fund (fund: and its code) or the code of a party in the register
row 6, column recipient: "iom" must be a fund (fund: and its code) or the code of a party in the register
`
		if got.String() != want || err == nil || h.size() != before {
			t.Errorf("%v, register %d → %d; got\n%swant\n%s", err, before, h.size(), &got, want)
		}
	})
}
