package register

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
)

// masks are what a byte at a place is changed by: its last bit, the bit between upper and lower
// case, and one that differs from place to place.
func masks(i int) []byte { return []byte{1, 0x20, 1 << (i % 8)} }

// Every byte of an export is covered: whatever byte is changed, in whatever place, it is found, and never later than the end of the file.
func TestEveryFlippedByteOfAnExportIsFound(t *testing.T) {
	_, l := fixture(t)
	file := export(t, l)
	lines := bytes.Count(file, []byte("\n"))
	if _, err := VerifyExport(bytes.NewReader(file), ""); err != nil {
		t.Fatal(err)
	}
	for i := range file {
		at := bytes.Count(file[:i], []byte("\n")) + 1
		for _, mask := range masks(i) {
			file[i] ^= mask
			_, err := VerifyExport(bytes.NewReader(file), "")
			file[i] ^= mask
			f, ok := errors.AsType[*Fault](err)
			if !ok {
				t.Fatalf("byte %d ^ %#x: %v", i, mask, err)
			}
			if f.Line < at || f.Line > lines+1 {
				t.Fatalf("byte %d of line %d ^ %#x: found at line %d of %d: %v", i, at, mask, f.Line, lines, err)
			}
		}
	}
	for i := range len(file) { // cut off anywhere, doubled, with something behind
		if _, err := VerifyExport(bytes.NewReader(file[:i]), ""); err == nil {
			t.Fatalf("cut off at %d: accepted", i)
		}
	}
	for _, s := range []string{"\n", " ", "x", string(file)} {
		if _, err := VerifyExport(strings.NewReader(string(file)+s), ""); err == nil {
			t.Fatalf("%.20q behind the end: accepted", s)
		}
	}
}

func TestEveryFlippedByteOfAReceiptIsFound(t *testing.T) {
	_, l := fixture(t)
	for position := range int64(3) {
		r, err := l.Receipt(t.Context(), position)
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if report, err := VerifyReceipt(b, l.Key()); err != nil || !report.KeyKnown {
			t.Fatalf("%v, %v", report, err)
		}
		for i := range b {
			for _, mask := range masks(i) {
				b[i] ^= mask
				if _, err := VerifyReceipt(b, ""); err == nil {
					t.Fatalf("receipt %d, byte %d ^ %#x: accepted", position, i, mask)
				}
				b[i] ^= mask
			}
		}
		for i := range len(b) {
			if _, err := VerifyReceipt(b[:i], ""); err == nil {
				t.Fatalf("receipt %d cut off at %d: accepted", position, i)
			}
		}
	}
}

// forge makes an export of whatever entries, hashed and signed anew.
func forge(t *testing.T, entries []Entry, k *Key) []byte {
	t.Helper()
	var b []byte
	f := &frontier{}
	for _, e := range entries {
		b = e.appendLine(b)
		f.add(e.HeaderBytes, nil)
	}
	signed, err := Checkpoint{testOrigin, f.size, f.root()}.sign(k)
	if err != nil {
		t.Fatal(err)
	}
	v, err := k.Verifier(testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	last, err := checkpointLine(signed, v)
	if err != nil {
		t.Fatal(err)
	}
	return append(b, last...)
}

// remade gives an entry with a changed header or payload, consistent in itself.
func remade(e Entry, change func(*Entry)) Entry {
	e.Payload = slices.Clone(e.Payload)
	change(&e)
	if e.Payload != nil {
		e.Header.PayloadSHA256 = payloadHash(e.Salt, e.Payload)
	}
	e.HeaderBytes = e.Header.Bytes()
	return e
}

func TestTampering(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	l := newLog(t, d)
	e := appendAll(t, d, l, draft("A", 1), draft("B", 1), draft("A", 2), draft("C", 1))
	if err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := l.Erase(t.Context(), tx, Erasure{Position: 1, Ground: "court", By: [2]string{"office:a", "office:b"}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	full := e
	e, err := l.Tail(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	file := string(export(t, l))
	lines := strings.SplitAfter(file, "\n")
	lines = lines[:len(lines)-1]
	join := func(l ...string) []byte { return []byte(strings.Join(l, "")) }
	thief := KeyFromSeed([]byte("thief"))
	other := string(forge(t, e, thief))
	otherLast := other[strings.LastIndex(strings.TrimSuffix(other, "\n"), "\n")+1:]
	thiefKey, err := thief.Verifier(testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name     string
		file     []byte
		line     int
		position int64
		want     string
	}{
		{"tail dropped, checkpoint kept", join(append(slices.Clone(lines[:3]), lines[5])...), 4, -1, "the checkpoint is of 5 entries, there are 3"},
		{"checkpoint dropped", join(lines[:5]...), 6, -1, "signed checkpoint that ends an export is missing"},
		{"all dropped", nil, 1, -1, "is missing"},
		{"an entry left out", join(lines[0], lines[2], lines[3], lines[4], lines[5]), 2, 1, "want position 1, found 2"},
		{"reordered", join(lines[1], lines[0], lines[2], lines[3], lines[4], lines[5]), 1, 0, "want position 0, found 1"},
		{"an entry doubled", join(lines[0], lines[0], lines[2], lines[3], lines[4], lines[5]), 2, 1, "want position 1, found 0"},
		{"payload changed", join(lines[0], lines[1], strings.Replace(lines[2], "version 2", "version 9", 1), lines[3], lines[4], lines[5]), 3, 2, "not the one that was published"},
		{"header changed", join(lines[0], lines[1], strings.Replace(lines[2], `"actor":"ken"`, `"actor":"uga"`, 1), lines[3], lines[4], lines[5]), 6, -1, "the entries are not those that were signed"},
		{"payload put back", forge(t, append([]Entry{e[0], full[1]}, e[2:]...), testKey), 5, 4, "should be withheld"},
		{"payload taken away", forge(t, append([]Entry{remade(e[0], func(e *Entry) { e.Payload, e.WithheldBy = nil, 3 })}, e[1:]...), testKey), 1, 0, "no erasure at position 3"},
		{"withheld by another", forge(t, []Entry{e[0], remade(e[1], func(e *Entry) { e.WithheldBy = 3 }), e[2], e[3], e[4]}, testKey), 2, 1, "position 3 withholds it"},
		{"rehashed, another key", forge(t, append([]Entry{remade(e[0], func(e *Entry) { e.Payload = []byte(`{}`) })}, e[1:]...), thief), 6, -1, "not by the known key"},
		{"key swapped only", join(append(slices.Clone(lines[:5]), strings.Replace(lines[5], l.Key(), thiefKey, 1))...), 6, -1, "checkpoint"},
		{"last line swapped", join(append(slices.Clone(lines[:5]), otherLast)...), 6, -1, "not by the known key"},
		{"version skipped", forge(t, []Entry{e[0], e[1], remade(e[2], func(e *Entry) { e.Header.Version = 3 }), e[3], e[4]}, testKey), 3, 2, "version 3 of pledge:A, want 2"},
		{"effective went back", forge(t, []Entry{e[0], e[1], remade(e[2], func(e *Entry) { e.Header.Effective = "2022-05-19" }), e[3], e[4]}, testKey), 3, 2, "is before 2022-05-20"},
		{"effective in the future", forge(t, []Entry{remade(e[0], func(e *Entry) { e.Header.Effective = "2022-05-21" })}, testKey), 1, 0, "later than recorded"},
		{"recorded went back", forge(t, []Entry{e[0], e[1], remade(e[2], func(e *Entry) { e.Header.Recorded = "2022-05-20T11:00:00.000000Z" })}, testKey), 3, 2, "before the entry in front"},
		{"two signatures", []byte(strings.Replace(file, `=\n","key"`, `=\n— x AAAAAAA=\n","key"`, 1)), 6, -1, "checkpoint"},
		{"white space", []byte(strings.Replace(file, `,"salt"`, `, "salt"`, 1)), 1, 0, "not canonical"},
		{"members reordered", []byte(strings.Replace(lines[5], lines[5], `{"key":"k","checkpoint":"c"}`+"\n", 1)), 1, -1, "not canonical"},
		{"carriage returns", []byte(strings.ReplaceAll(file, "\n", "\r\n")), 1, 0, "not canonical"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := VerifyExport(bytes.NewReader(tt.file), l.Key())
			f, ok := errors.AsType[*Fault](err)
			if !ok || f.Line != tt.line || f.Position != tt.position || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v\nwant line %d, position %d: %s", err, tt.line, tt.position, tt.want)
			}
		})
	}
	// Without a known key a forgery is consistent with the forger's, and the report says no more.
	report, err := VerifyExport(strings.NewReader(other), "")
	if err != nil || report.KeyKnown || !strings.Contains(report.String(), "consistent with key "+thiefKey+", not checked against a known key") {
		t.Fatalf("%v, %v", report, err)
	}
	if _, err := VerifyExport(strings.NewReader(file), "nonsense"); err == nil || !strings.Contains(err.Error(), "known key") {
		t.Fatal(err)
	}
}

// VerifyDatabase finds a change in any table of the register, made past the trigger.
func TestTamperedDatabase(t *testing.T) {
	for _, tt := range []struct{ name, change, want string }{
		{"payload", `UPDATE register_payload SET payload = '{}' WHERE position = 2`, "position 2: the payload is not"},
		{"salt", `UPDATE register_payload SET salt = zeroblob(32) WHERE position = 2`, "position 2: the payload is not"},
		{"payload gone", `DELETE FROM register_payload WHERE position = 2`, "position 2 should be there"},
		{"withheld forged", `DELETE FROM register_payload WHERE position = 2; INSERT INTO register_withheld (position, erasure) VALUES (2, 3)`, "no erasure at position 3"},
		{"withheld undone", `DELETE FROM register_withheld; INSERT INTO register_payload (position, salt, payload) VALUES (0, zeroblob(32), '{}')`, "position 0"},
		{"header", `DROP TRIGGER register_entry_update; UPDATE register_entry SET header = replace(header, '"ken"', '"uga"') WHERE position = 2`, "handover"},
		{"last header", `DROP TRIGGER register_entry_update; UPDATE register_entry SET header = replace(header, '"ken"', '"uga"') WHERE position = 5`, "stored hash"},
		{"columns", `DROP TRIGGER register_entry_update; UPDATE register_entry SET effective = '2020-01-01' WHERE position = 2`, "columns"},
		{"entry gone", `DROP TRIGGER register_entry_delete; DELETE FROM register_entry WHERE position = 5`, "6"},
		{"hash", `UPDATE register_hash SET hash = zeroblob(32) WHERE id = 3`, "stored hash 3"},
		{"hash gone", `DELETE FROM register_hash WHERE id = 3`, "stored hash 3"},
		{"hash too many", `INSERT INTO register_hash (id, hash) VALUES (1000, zeroblob(32))`, "hashes, want"},
		{"old checkpoint", `UPDATE register_checkpoint SET note = replace(note, 'a', 'b') WHERE size = 2`, "checkpoint of size 2"},
		{"newest checkpoint", `UPDATE register_checkpoint SET note = (SELECT note FROM register_checkpoint WHERE size = 2) WHERE size = 6`, "checkpoint of size 6"},
		{"identity", `UPDATE register_identity SET verifier = (SELECT verifier FROM register_identity WHERE from_size = 0) WHERE from_size > 0`, "identity"},
		{"identity gone", `DELETE FROM register_identity WHERE from_size > 0`, "identity"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, l := fixture(t)
			if _, err := l.VerifyDatabase(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), tt.change); return err }); err != nil {
				t.Fatal(err)
			}
			if _, err := l.VerifyDatabase(context.Background()); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func ExampleReport() {
	fmt.Println(Report{Origin: "pledges.example.org/log", Size: 412, Key: "pledges.example.org/log+12345678+AQ==", Withheld: 1})
	// Output: register pledges.example.org/log: 412 entries, root AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=; the payloads of 1 are withheld; consistent with key pledges.example.org/log+12345678+AQ==, not checked against a known key
}
