package register

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"stocktake/internal/errs"
)

// HeaderVersion is the version of the header's form.
const HeaderVersion = 1

// Header is what the tree is made of. It says that something was published, when, by whom and
// about what; what was published enters as a salted hash only, so that it can be withheld later
// without touching the tree.
type Header struct {
	V             int    `json:"v"`              // HeaderVersion
	Position      int64  `json:"position"`       // 0, 1, 2, … without gaps
	Recorded      string `json:"recorded"`       // when it was appended: RFC 3339, UTC, six decimals; never decreases
	Effective     string `json:"effective"`      // the day it became public, UTC; never after recorded; never decreases per subject
	Actor         string `json:"actor"`          // who published: a party or an office
	Kind          string `json:"kind"`           // what sort of thing
	Subject       string `json:"subject"`        // which one: "pledge:ABC-0158"
	Version       int    `json:"version"`        // 1, 2, 3, … per subject, without gaps
	PayloadSHA256 string `json:"payload_sha256"` // SHA-256 of salt and canonical payload, lower-case hexadecimal
}

const (
	recordedForm  = "2006-01-02T15:04:05.000000Z"
	effectiveForm = "2006-01-02"
	saltSize      = 32
	maxPosition   = 1<<53 - 2 // what a JSON number holds exactly, with room for a size
)

// Bytes is the canonical JSON of the header. It equals Canonical(h); written out here since
// every entry passes through it.
func (h Header) Bytes() []byte {
	b := make([]byte, 0, 320)
	b = appendString(append(b, `{"actor":`...), h.Actor)
	b = appendString(append(b, `,"effective":`...), h.Effective)
	b = appendString(append(b, `,"kind":`...), h.Kind)
	b = appendString(append(b, `,"payload_sha256":`...), h.PayloadSHA256)
	b = strconv.AppendInt(append(b, `,"position":`...), h.Position, 10)
	b = appendString(append(b, `,"recorded":`...), h.Recorded)
	b = appendString(append(b, `,"subject":`...), h.Subject)
	b = strconv.AppendInt(append(b, `,"v":`...), int64(h.V), 10)
	b = strconv.AppendInt(append(b, `,"version":`...), int64(h.Version), 10)
	return append(b, '}')
}

// RecordedAt is Recorded as a time; the zero time where it is malformed.
func (h Header) RecordedAt() time.Time {
	t, err := time.Parse(recordedForm, h.Recorded)
	if err != nil {
		return time.Time{}
	}
	return t
}

// ParseHeader reads the bytes of a header and refuses all that Bytes would not have written.
func ParseHeader(b []byte) (Header, error) {
	var h Header
	if err := json.Unmarshal(b, &h); err != nil {
		return Header{}, invalid("header: %w", err)
	}
	if !bytes.Equal(h.Bytes(), b) {
		return Header{}, invalid("the header is not canonical JSON of the nine members")
	}
	return h, h.check()
}

// check holds a header to the rules that need nothing but the header.
func (h Header) check() error {
	if h.V != HeaderVersion {
		return errs.New(errs.Conflict, "header version %d, this program knows %d", h.V, HeaderVersion).WithHint("use a newer program")
	}
	if h.Position < 0 || h.Position > maxPosition || h.Version < 1 {
		return invalid("position %d or version %d out of range", h.Position, h.Version)
	}
	t, err := time.Parse(recordedForm, h.Recorded)
	if err != nil || t.Format(recordedForm) != h.Recorded {
		return invalid("recorded %q is no UTC time with six decimals", h.Recorded)
	}
	if err := checkDay(h.Effective); err != nil {
		return err
	}
	if h.Effective > h.Recorded[:len(effectiveForm)] {
		return invalid("effective %s is later than recorded %s", h.Effective, h.Recorded)
	}
	if !isHash(h.PayloadSHA256) {
		return invalid("payload_sha256 %q is no SHA-256 in lower-case hexadecimal", h.PayloadSHA256)
	}
	return checkNames(h.Actor, h.Kind, h.Subject)
}

func checkDay(day string) error {
	if t, err := time.Parse(effectiveForm, day); err != nil || t.Format(effectiveForm) != day {
		return errs.InvalidFields(errs.Field{Field: "effective", Value: day, Message: "want a day as YYYY-MM-DD"})
	}
	return nil
}

// checkNames holds actor, kind and subject to visible ASCII without spaces: they are keys, made
// by programs, and never in need of folding.
func checkNames(actor, kind, subject string) error {
	if !isName(actor) {
		return errs.InvalidFields(errs.Field{Field: "actor", Value: actor, Message: "want the code of a party or an office"})
	}
	if len(kind) > 32 || kind == "" || strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || kind[0] < 'a' {
		return errs.InvalidFields(errs.Field{Field: "kind", Value: kind, Message: "want a small word"})
	}
	if id, ok := strings.CutPrefix(subject, kind+":"); !ok || id == "" || !isName(subject) {
		return errs.InvalidFields(errs.Field{Field: "subject", Value: subject, Message: "want " + kind + ":<id>"})
	}
	return nil
}

func isName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func isHash(s string) bool {
	return len(s) == 64 && strings.Trim(s, hexDigits) == ""
}

// payloadHash is how a payload enters the header.
func payloadHash(salt, payload []byte) string {
	h := sha256.New()
	h.Write(salt)
	h.Write(payload)
	return hex.EncodeToString(h.Sum(nil))
}

// checkPayload holds salt and payload of an entry to its header.
func (e Entry) checkPayload() error {
	if len(e.Salt) != saltSize {
		return invalid("the salt has %d bytes, want %d", len(e.Salt), saltSize)
	}
	if got := payloadHash(e.Salt, e.Payload); got != e.Header.PayloadSHA256 {
		return invalid("the payload is not the one that was published: its hash is %s, the header says %s", got, e.Header.PayloadSHA256)
	}
	return nil
}
