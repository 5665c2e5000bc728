package register

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"stocktake/internal/db"
)

// Receipt proves, without the register, that one entry is in it: the entry, the path from its
// leaf to the root, and the signed checkpoint.
type Receipt struct {
	Entry Entry
	Proof tlog.RecordProof
	// Erasure is the entry that withholds the payload, with its own path; nil = not withheld.
	Erasure      *Entry
	ErasureProof tlog.RecordProof
	// Handovers lead from earlier keys to Key, the first one first.
	Handovers  []Handover
	Checkpoint []byte
	Key        string
}

// Handover is the signed note by which a key names the next one.
type Handover struct {
	Key  string `json:"key"` // the verifier key that signed the note
	Note string `json:"note"`
}

// receiptJSON is a receipt as a file: canonical JSON and a line feed.
type receiptJSON struct {
	Checkpoint string          `json:"checkpoint"`
	Erasure    *receiptEntry   `json:"erasure,omitempty"`
	Handovers  []Handover      `json:"handovers,omitempty"`
	Header     json.RawMessage `json:"header"`
	Key        string          `json:"key"`
	Payload    json.RawMessage `json:"payload,omitempty"`
	Proof      []string        `json:"proof"`
	Salt       string          `json:"salt,omitempty"`
}

type receiptEntry struct {
	Header  json.RawMessage `json:"header"`
	Payload json.RawMessage `json:"payload"`
	Proof   []string        `json:"proof"`
	Salt    string          `json:"salt"`
}

// Receipt makes the receipt of an entry under the newest checkpoint.
func (l *Log) Receipt(ctx context.Context, position int64) (Receipt, error) {
	var r Receipt
	err := l.db.Read(ctx, func(tx *db.Tx) error {
		r = Receipt{}
		h, err := readHead(ctx, tx)
		if err != nil {
			return err
		}
		r.Checkpoint = h.Checkpoint
		ids, err := readIdentities(ctx, tx)
		if err != nil {
			return err
		}
		r.Key = identityAt(ids, h.Size).verifier
		if r.Entry, err = readEntry(ctx, tx, position); err != nil {
			return err
		}
		if r.Proof, err = tlog.ProveRecord(h.Size, position, hashReader(ctx, tx)); err != nil {
			return err
		}
		if r.Entry.Withheld() {
			x, err := readEntry(ctx, tx, r.Entry.WithheldBy)
			if err != nil {
				return err
			}
			r.Erasure = &x
			if r.ErasureProof, err = tlog.ProveRecord(h.Size, r.Entry.WithheldBy, hashReader(ctx, tx)); err != nil {
				return err
			}
		}
		for _, id := range ids[1:] {
			e, err := readEntry(ctx, tx, id.from-1)
			if err != nil {
				return err
			}
			if e.Header.Kind == OriginKind {
				r.Handovers = nil // nothing was handed over: trust begins anew
				continue
			}
			var p keyPayload
			if err := json.Unmarshal(e.Payload, &p); err != nil {
				return damaged("the key entry at position %d: %w", id.from-1, err)
			}
			r.Handovers = append(r.Handovers, Handover{p.Previous, p.Handover})
		}
		return nil
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("register: receipt of position %d: %w", position, err)
	}
	return r, nil
}

// JSON is the receipt as a file.
func (r Receipt) JSON() ([]byte, error) {
	x := receiptJSON{
		Checkpoint: string(r.Checkpoint), Key: r.Key, Handovers: r.Handovers, Header: r.Entry.HeaderBytes, Proof: proofText(r.Proof),
	}
	if r.Erasure != nil {
		x.Erasure = &receiptEntry{r.Erasure.HeaderBytes, r.Erasure.Payload, proofText(r.ErasureProof), hex.EncodeToString(r.Erasure.Salt)}
	} else {
		x.Payload, x.Salt = r.Entry.Payload, hex.EncodeToString(r.Entry.Salt)
	}
	b, err := json.Marshal(x)
	if err != nil {
		return nil, fmt.Errorf("register: receipt: %w", err)
	}
	if b, err = CanonicalJSON(b); err != nil {
		return nil, fmt.Errorf("register: receipt: %w", err)
	}
	return append(b, '\n'), nil
}

func proofText(p tlog.RecordProof) []string {
	s := make([]string, len(p))
	for i, h := range p {
		s[i] = h.String()
	}
	return s
}

func parseProof(s []string) (tlog.RecordProof, error) {
	p := make(tlog.RecordProof, len(s))
	for i := range s {
		b, err := decode64(s[i])
		if err != nil || len(b) != tlog.HashSize {
			return nil, invalid("proof: %q is no hash", s[i])
		}
		p[i] = tlog.Hash(b)
	}
	return p, nil
}

// VerifyReceipt checks a receipt, byte for byte and offline. knownKey is as for VerifyExport.
func VerifyReceipt(receipt []byte, knownKey string) (Report, error) {
	report, err := verifyReceipt(receipt, knownKey)
	if err != nil {
		return Report{}, fmt.Errorf("register: verify the receipt: %w", err)
	}
	return report, nil
}

func verifyReceipt(receipt []byte, knownKey string) (Report, error) {
	if err := checkKnown(knownKey); err != nil {
		return Report{}, err
	}
	if len(receipt) > 2*maxLine {
		return Report{}, invalid("too long for a receipt")
	}
	r, err := parseReceipt(receipt)
	if err != nil {
		return Report{}, err
	}
	c, err := openCheckpoint(r.Checkpoint, r.Key)
	if err != nil {
		return Report{}, err
	}
	if err := prove(r.Entry, r.Proof, c); err != nil {
		return Report{}, err
	}
	report := Report{Origin: c.Origin, Size: c.Size, Root: c.Root, Key: r.Key, Entry: &r.Entry.Header}
	if r.Erasure == nil {
		if err := r.Entry.checkPayload(); err != nil {
			return Report{}, err
		}
	} else {
		if err := r.Erasure.checkPayload(); err != nil {
			return Report{}, fmt.Errorf("erasure: %w", err)
		}
		x, err := erasureOf(*r.Erasure)
		if err != nil {
			return Report{}, err
		}
		if r.Erasure.Header.Kind != ErasureKind || x.Position != r.Entry.Header.Position {
			return Report{}, invalid("the erasure is not about position %d", r.Entry.Header.Position)
		}
		if err := prove(*r.Erasure, r.ErasureProof, c); err != nil {
			return Report{}, fmt.Errorf("erasure: %w", err)
		}
		report.Withheld = 1
	}
	chain, err := handoverChain(r.Handovers, r.Key)
	if err != nil {
		return Report{}, err
	}
	report.KeyKnown, err = keyKnown(chain, r.Key, knownKey)
	return report, err
}

// handoverChain checks handovers, each to the next and the last to key.
func handoverChain(handovers []Handover, key string) ([]link, error) {
	var chain []link
	for _, x := range handovers {
		h, err := parseHandover(x.Note, x.Key)
		if err != nil {
			return nil, err
		}
		if n := len(chain); n > 0 && chain[n-1].key != x.Key {
			return nil, invalid("the handovers do not follow one another")
		}
		chain = append(chain, link{x.Key, h.key, true})
	}
	if n := len(chain); n > 0 && chain[n-1].key != key {
		return nil, invalid("the handovers lead to the key %s, the receipt is signed by %s", chain[n-1].key, key)
	}
	return chain, nil
}

func prove(e Entry, p tlog.RecordProof, c Checkpoint) error {
	if err := tlog.CheckRecord(p, c.Size, c.Root, e.Header.Position, tlog.RecordHash(e.HeaderBytes)); err != nil {
		return invalid("the entry is not in the register: %w", err)
	}
	return nil
}

func parseReceipt(receipt []byte) (Receipt, error) {
	text, ok := bytes.CutSuffix(receipt, []byte("\n"))
	if !ok {
		return Receipt{}, invalid("a receipt ends with a line feed")
	}
	again, err := CanonicalJSON(text)
	if err != nil {
		return Receipt{}, err
	}
	var x receiptJSON
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&x); err != nil {
		return Receipt{}, invalid("not a receipt: %w", err)
	}
	r := Receipt{Checkpoint: []byte(x.Checkpoint), Key: x.Key, Handovers: x.Handovers}
	if r.Proof, err = parseProof(x.Proof); err != nil {
		return Receipt{}, err
	}
	if x.Erasure != nil {
		r.Entry = Entry{HeaderBytes: x.Header}
		if r.Entry.Header, err = ParseHeader(x.Header); err != nil {
			return Receipt{}, err
		}
		e, err := entryOf(x.Erasure.Header, x.Erasure.Payload, x.Erasure.Salt)
		if err != nil {
			return Receipt{}, fmt.Errorf("erasure: %w", err)
		}
		r.Entry.WithheldBy, r.Erasure = e.Header.Position, &e
		if r.ErasureProof, err = parseProof(x.Erasure.Proof); err != nil {
			return Receipt{}, err
		}
	} else if r.Entry, err = entryOf(x.Header, x.Payload, x.Salt); err != nil {
		return Receipt{}, err
	}
	same, err := r.JSON()
	if err != nil {
		return Receipt{}, err
	}
	if !bytes.Equal(same, receipt) || !bytes.Equal(again, text) {
		return Receipt{}, invalid("the receipt is not canonical JSON of its members")
	}
	return r, nil
}

func entryOf(header, payload []byte, salt string) (Entry, error) {
	e := Entry{HeaderBytes: header, Payload: payload, WithheldBy: -1}
	var err error
	if e.Header, err = ParseHeader(header); err != nil {
		return Entry{}, err
	}
	if e.Salt, err = hex.DecodeString(salt); err != nil {
		return Entry{}, invalid("the salt is not hexadecimal")
	}
	return e, nil
}
