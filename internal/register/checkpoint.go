package register

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is what a register commits to by signing: its name, size and root.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// text is the body of the signed note, as C2SP tlog-checkpoint has it: three lines.
func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
}

// sign gives the signed note. Ed25519 is deterministic: one key, one size, one root, one note.
func (c Checkpoint) sign(k *Key) ([]byte, error) {
	signer, err := k.signer(c.Origin)
	if err != nil {
		return nil, err
	}
	b, err := note.Sign(&note.Note{Text: c.text()}, signer)
	if err != nil {
		return nil, fmt.Errorf("sign the checkpoint: %w", err)
	}
	return b, nil
}

// openCheckpoint checks a signed checkpoint against the verifier key that it must be signed by.
// It is stricter than C2SP asks of a reader: exactly one signature, no further lines, and not a
// byte other than sign would have written.
func openCheckpoint(signed []byte, verifier string) (Checkpoint, error) {
	v, err := newVerifier(verifier)
	if err != nil {
		return Checkpoint{}, err
	}
	text, err := openNote(signed, v)
	if err != nil {
		return Checkpoint{}, invalid("checkpoint: %w", err)
	}
	c, err := parseCheckpoint(text)
	if err != nil {
		return Checkpoint{}, err
	}
	if c.Origin != v.Name() {
		return Checkpoint{}, invalid("checkpoint: signed by a key of %q for the origin %q", v.Name(), c.Origin)
	}
	return c, nil
}

// newVerifier reads a verifier key, origin+hash+key, in its one form: the note package also takes
// upper-case digits and line breaks.
func newVerifier(key string) (note.Verifier, error) {
	v, err := note.NewVerifier(key)
	if err != nil {
		return nil, invalid("verifier key %.300q: %w", key, err).WithHint("a verifier key looks like origin+hash+key")
	}
	parts := strings.SplitN(key, "+", 3) // only the last one may itself hold a plus sign
	if _, err := decode64(parts[2]); err != nil || parts[1] != fmt.Sprintf("%08x", v.KeyHash()) || checkOrigin(v.Name()) != nil {
		return nil, invalid("verifier key %.300q is not in canonical form", key)
	}
	return v, nil
}

// openNote gives the text of a note that bears exactly one signature, by v, in canonical base64.
func openNote(signed []byte, v note.Verifier) (string, error) {
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil {
		return "", err
	}
	if len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		return "", fmt.Errorf("want exactly one signature")
	}
	if _, err := decode64(n.Sigs[0].Base64); err != nil {
		return "", err
	}
	if string(signed) != n.Text+"\n— "+n.Sigs[0].Name+" "+n.Sigs[0].Base64+"\n" {
		return "", fmt.Errorf("want the text, an empty line and one signature")
	}
	return n.Text, nil
}

func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return Checkpoint{}, invalid("checkpoint: want the three lines origin, size and root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, invalid("checkpoint: %q is no size", lines[1])
	}
	root, err := decode64(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, invalid("checkpoint: %q is no root hash", lines[2])
	}
	if err := checkOrigin(lines[0]); err != nil {
		return Checkpoint{}, err
	}
	return Checkpoint{lines[0], size, tlog.Hash(root)}, nil
}

// decode64 refuses base64 that is not canonical: Go's own decoder skips line breaks and, unless
// strict, the last bits.
func decode64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || base64.StdEncoding.EncodeToString(b) != s {
		return nil, fmt.Errorf("%.100q is not canonical base64", s)
	}
	return b, nil
}

// checkOrigin holds an origin to what can name a signed note and a checkpoint.
func checkOrigin(origin string) error {
	if !isName(origin) || strings.Contains(origin, "+") || origin == handoverTitle || len(origin) > maxName-len(OriginKind)-1 {
		return invalid("%q cannot be an origin", origin).WithHint("use the base URL without scheme, and /log: pledges.example.org/log")
	}
	return nil
}
