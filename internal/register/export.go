package register

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"stocktake/internal/db"
)

// An export is the whole register as one file of JSON Lines. Each line is canonical JSON and ends
// with a line feed:
//
//	{"header":{…},"payload":…,"salt":"…"}            an entry; the salt in lower-case hexadecimal
//	{"header":{…},"withheld":17}                      an entry whose payload the entry 17 withholds
//	{"checkpoint":"…","key":"…"}                      the last line: signed checkpoint, verifier key
//
// Every byte of it is covered: the headers by the tree, salt and payload by their hash in the
// header, withheld by the erasure entry that it names, the form by there being only one.

// maxLine bounds a line of an export.
const maxLine = MaxPayload + 1<<16

// Export writes the register as it is at one moment.
func (l *Log) Export(ctx context.Context, w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<16)
	err := l.db.Read(ctx, func(tx *db.Tx) error {
		h, err := readHead(ctx, tx)
		if err != nil {
			return err
		}
		ids, err := readIdentities(ctx, tx)
		if err != nil {
			return err
		}
		last, err := checkpointLine(h.Checkpoint, identityAt(ids, h.Size).verifier)
		if err != nil {
			return err
		}
		var line []byte
		err = readEntries(ctx, tx, func(e Entry) error {
			line = e.appendLine(line[:0])
			_, err := out.Write(line)
			return err
		}, `WHERE e.position < $1 ORDER BY e.position`, h.Size)
		if err != nil {
			return db.Permanent(err) // a part may have been written
		}
		if _, err := out.Write(last); err != nil {
			return db.Permanent(err)
		}
		return db.Permanent(out.Flush())
	})
	if err != nil {
		return fmt.Errorf("register: export: %w", err)
	}
	return nil
}

// appendLine writes the entry as a line of an export.
func (e Entry) appendLine(b []byte) []byte {
	b = append(append(b, `{"header":`...), e.HeaderBytes...)
	if e.Withheld() {
		b = strconv.AppendInt(append(b, `,"withheld":`...), e.WithheldBy, 10)
		return append(b, "}\n"...)
	}
	b = append(append(b, `,"payload":`...), e.Payload...)
	b = hex.AppendEncode(append(b, `,"salt":"`...), e.Salt)
	return append(b, "\"}\n"...)
}

func checkpointLine(signed []byte, verifier string) ([]byte, error) {
	b, err := Canonical(map[string]string{"checkpoint": string(signed), "key": verifier})
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

// exportLine is any line of an export; which members it has says what it is.
type exportLine struct {
	Header     json.RawMessage `json:"header"`
	Payload    json.RawMessage `json:"payload"`
	Salt       string          `json:"salt"`
	Withheld   *int64          `json:"withheld"`
	Checkpoint *string         `json:"checkpoint"`
	Key        string          `json:"key"`
}

// entry reads the line as an entry, refusing every byte that appendLine would not have written.
func (x exportLine) entry(line []byte) (Entry, error) {
	e := Entry{HeaderBytes: bytes.Clone(x.Header), WithheldBy: -1}
	var err error
	if e.Header, err = ParseHeader(e.HeaderBytes); err != nil {
		return Entry{}, err
	}
	if x.Withheld != nil {
		if e.WithheldBy = *x.Withheld; e.WithheldBy <= e.Header.Position {
			return Entry{}, invalid("withheld by position %d, which is not later", e.WithheldBy)
		}
	} else {
		if e.Payload, err = CanonicalJSON(x.Payload); err != nil {
			return Entry{}, fmt.Errorf("payload: %w", err)
		}
		if e.Salt, err = hex.DecodeString(x.Salt); err != nil {
			return Entry{}, invalid("the salt is not hexadecimal")
		}
	}
	if !bytes.Equal(e.appendLine(nil), line) {
		return Entry{}, invalid("the line is not canonical JSON of its members")
	}
	if e.Withheld() {
		return e, nil
	}
	return e, e.checkPayload()
}

// readLine reads one line with its line feed; io.EOF where nothing is left.
func readLine(r *bufio.Reader, line []byte) ([]byte, error) {
	line = line[:0]
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case len(line) > maxLine:
			return nil, invalid("the line is longer than %d bytes", maxLine)
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			return nil, invalid("the line does not end with a line feed: the file is cut off")
		default:
			return nil, err
		}
	}
}

// scanExport reads an export, checks every byte, and calls each for its entries. It gives the
// signed checkpoint beside the report.
func scanExport(in io.Reader, knownKey string, each func(Entry) error) (report Report, signed []byte, err error) {
	if err := checkKnown(knownKey); err != nil {
		return Report{}, nil, err
	}
	r := bufio.NewReaderSize(in, 1<<16)
	c := newChecker()
	var line []byte
	for n := 1; ; n++ {
		at := func(err error) error { return &Fault{Line: n, Position: -1, Err: err} }
		if line, err = readLine(r, line); errors.Is(err, io.EOF) {
			return Report{}, nil, at(invalid("the signed checkpoint that ends an export is missing"))
		} else if err != nil {
			return Report{}, nil, at(err)
		}
		var x exportLine
		if err := json.Unmarshal(line, &x); err != nil {
			return Report{}, nil, at(invalid("not JSON: %w", err))
		}
		if x.Checkpoint == nil {
			e, err := x.entry(line)
			if err == nil {
				err = c.entry(e)
			}
			if err == nil && each != nil {
				err = each(e)
			}
			if err != nil {
				return Report{}, nil, faultAt(err, n, int64(n-1))
			}
			continue
		}
		signed = []byte(*x.Checkpoint)
		want, err := checkpointLine(signed, x.Key)
		if err != nil {
			return Report{}, nil, at(err)
		}
		if !bytes.Equal(want, line) {
			return Report{}, nil, at(invalid("the last line is not canonical JSON of checkpoint and key"))
		}
		report, err := c.finish(signed, x.Key, knownKey)
		if err != nil {
			return Report{}, nil, faultAt(err, n, -1)
		}
		if _, err := r.ReadByte(); !errors.Is(err, io.EOF) {
			return Report{}, nil, &Fault{Line: n + 1, Position: -1, Err: errors.Join(err, invalid("something follows the signed checkpoint"))}
		}
		return report, signed, nil
	}
}

// faultAt says where an error was found, unless it says so itself: a withheld payload is found
// out later than it stands.
func faultAt(err error, line int, position int64) error {
	if f, ok := errors.AsType[*Fault](err); ok {
		return &Fault{Line: int(f.Position) + 1, Position: f.Position, Err: f.Err}
	}
	return &Fault{Line: line, Position: position, Err: err}
}
