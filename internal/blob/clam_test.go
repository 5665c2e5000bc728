package blob

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"stocktake/internal/errs"
)

// eicar is the industry's test text, which every scanner reports (taken apart, so that none
// reports this file).
const eicar = `X5O!P%@AP[4\PZX54(P^)7CC)7}$` + `EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`

// serveClamd speaks the server's side of INSTREAM on a real socket. Streams longer than limit
// are cut off, as clamd does.
func serveClamd(t *testing.T, network, addr string, limit int, reply string) (string, func() []byte) {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var last []byte
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				content, answer := clamdSession(conn, limit)
				if reply != "" {
					answer = reply
				}
				mu.Lock()
				last = content
				mu.Unlock()
				if answer != "silence" {
					_, _ = io.WriteString(conn, answer) // a client that has gone wants no answer
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return l.Addr().String(), func() []byte { mu.Lock(); defer mu.Unlock(); return last }
}

func clamdSession(conn io.Reader, limit int) (content []byte, answer string) {
	r := bufio.NewReader(conn)
	if command, err := r.ReadString(0); err != nil || command != "zINSTREAM\x00" {
		return nil, "UNKNOWN COMMAND\x00"
	}
	for {
		var size [4]byte
		if _, err := io.ReadFull(r, size[:]); err != nil {
			return content, "silence"
		}
		n := int(binary.BigEndian.Uint32(size[:]))
		if n == 0 {
			break
		}
		if len(content)+n > limit {
			return content, "INSTREAM size limit exceeded. ERROR\x00"
		}
		chunk := make([]byte, n)
		if _, err := io.ReadFull(r, chunk); err != nil {
			return content, "silence"
		}
		content = append(content, chunk...)
	}
	if bytes.Contains(content, []byte(eicar)) {
		return content, "stream: Eicar-Signature FOUND\x00"
	}
	return content, "stream: OK\x00"
}

func TestClamdIsAskedBeforeAFileIsKept(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			at := "127.0.0.1:0"
			if network == "unix" {
				at = filepath.Join(t.TempDir(), "clamd.ctl")
			}
			addr, last := serveClamd(t, network, at, MaxBytes, "")
			scanner, err := NewClamd(network + ":" + addr)
			if err != nil {
				t.Fatal(err)
			}
			s, dir := openStore(t, scanner)
			clean := append(pngWith(t), bytes.Repeat([]byte("tail"), 50_000)...) // several chunks
			if _, err := s.Put(t.Context(), "a.png", bytes.NewReader(clean)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(last(), clean) {
				t.Errorf("clamd got %d bytes of %d: it must see the file as it came", len(last()), len(clean))
			}
			if _, err := s.Put(t.Context(), "b.png", bytes.NewReader(append(pngWith(t), eicar...))); keyOf(err) != KeyVirus || !errs.Is(err, errs.Invalid) {
				t.Errorf("an infected file: %v", err)
			}
			if n := len(filesIn(t, dir)); n != 1 {
				t.Errorf("the folder holds %d files", n)
			}
		})
	}
}

func TestAScannerThatDoesNotAnswerKeepsFilesOut(t *testing.T) {
	for name, c := range map[string]struct {
		limit int
		reply string
		bytes int
	}{
		"stream limit":    {1 << 10, "", 1 << 20},
		"no answer":       {MaxBytes, "silence", 100},
		"another answer":  {MaxBytes, "stream: something ERROR\x00", 100},
		"endless answer":  {MaxBytes, strings.Repeat("x", 1<<20), 100},
		"answer is empty": {MaxBytes, "\x00", 100},
	} {
		t.Run(name, func(t *testing.T) {
			addr, _ := serveClamd(t, "tcp", "127.0.0.1:0", c.limit, c.reply)
			scanner, err := NewClamd("tcp:" + addr)
			if err != nil {
				t.Fatal(err)
			}
			scanner.timeout = 5 * time.Second
			s, dir := openStore(t, scanner)
			_, err = s.Put(t.Context(), "a.png", bytes.NewReader(append(pngWith(t), make([]byte, c.bytes)...)))
			if !errs.Is(err, errs.Unavailable) || keyOf(err) != KeyScanner {
				t.Errorf("%v", err)
			}
			if n := len(filesIn(t, dir)); n != 0 {
				t.Errorf("the folder holds %d files", n)
			}
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		scanner, err := NewClamd("unix:" + filepath.Join(t.TempDir(), "none"))
		if err != nil {
			t.Fatal(err)
		}
		if err := scanner.Scan(t.Context(), strings.NewReader("x")); !errs.Is(err, errs.Unavailable) {
			t.Error(err)
		}
	})
}

func TestAddressesOfClamd(t *testing.T) {
	for addr, good := range map[string]bool{"tcp:127.0.0.1:3310": true, "unix:/run/clamd.ctl": true, "": false, "/run/clamd.ctl": false, "udp:1:2": false, "tcp:": false} {
		if _, err := NewClamd(addr); (err == nil) != good {
			t.Errorf("%q: %v", addr, err)
		}
	}
}
