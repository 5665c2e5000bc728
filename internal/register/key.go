package register

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"stocktake/internal/errs"
)

// Key is the private Ed25519 key that signs checkpoints.
type Key struct{ private ed25519.PrivateKey }

// KeyFromSeed makes a key from bytes of any length, for rehearsals and tests: the same seed, the
// same key. A key for real use comes from CreateKey.
func KeyFromSeed(seed []byte) *Key {
	s := sha256.Sum256(append([]byte("stocktake key from seed\n"), seed...))
	return &Key{ed25519.NewKeyFromSeed(s[:])}
}

// Verifier is the public key as others write it down, in the encoding of signed notes:
// origin+hash+key.
func (k *Key) Verifier(origin string) (string, error) {
	if err := checkOrigin(origin); err != nil {
		return "", err
	}
	return note.NewEd25519VerifierKey(origin, k.private.Public().(ed25519.PublicKey))
}

func (k *Key) signer(origin string) (note.Signer, error) {
	text, err := k.text(origin)
	if err != nil {
		return nil, err
	}
	return note.NewSigner(text)
}

// text is the private key in the encoding of signed notes.
func (k *Key) text(origin string) (string, error) {
	v, err := k.Verifier(origin)
	if err != nil {
		return "", err
	}
	hash := strings.SplitN(v, "+", 3)[1]
	private := append([]byte{1}, k.private.Seed()...) // 1 = Ed25519
	return "PRIVATE+KEY+" + origin + "+" + hash + "+" + base64.StdEncoding.EncodeToString(private), nil
}

// CreateKey makes a new key and keeps it in a new file that only its owner can read, in the
// encoding of signed notes, which names an origin. It never overwrites a file.
func CreateKey(path, origin string) (*Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	k := &Key{private}
	text, err := k.text(origin)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if os.IsExist(err) {
		return nil, errs.New(errs.Conflict, "a key file exists already: %w", err).WithHint("use it, or name another file")
	}
	if err != nil {
		return nil, errs.New(errs.Unavailable, "make a key file: %w", err).WithHint("the folder must exist and be writable")
	}
	_, err = f.WriteString(text + "\n")
	if err == nil {
		err = f.Sync()
	}
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		os.Remove(path)
		return nil, fmt.Errorf("make a key file: %w", err)
	}
	return k, nil
}

// LoadKey reads a key file. A file that others than its owner may read is refused. A missing
// file is errs.NotFound.
func LoadKey(path string) (*Key, error) {
	info, err := os.Stat(path)
	if os.IsNotExist(err) {
		return nil, errs.New(errs.NotFound, "no key file: %w", err).WithHint("give the file with --log-key")
	}
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, errs.New(errs.Forbidden, "the key file %s can be read by others (mode %04o)", path, info.Mode().Perm()).WithHint("chmod 600 %s", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	return parseKey(bytes.TrimSpace(text), path)
}

func parseKey(text []byte, path string) (*Key, error) {
	bad := errs.New(errs.Invalid, "%s is no key file", path).WithHint("it holds one line that begins with PRIVATE+KEY+")
	if _, err := note.NewSigner(string(text)); err != nil {
		return nil, bad
	}
	// PRIVATE+KEY+origin+hash+key; only the last part may itself hold a plus sign.
	raw, err := decode64(strings.SplitN(string(text), "+", 5)[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return nil, bad
	}
	return &Key{ed25519.NewKeyFromSeed(raw[1:])}, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if err2 := d.Close(); err == nil {
		err = err2
	}
	return err
}
