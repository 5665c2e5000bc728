package blob

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"stocktake/internal/errs"
)

// Clamd scans with a running clamd, by its command INSTREAM.
type Clamd struct {
	network, addr string
	timeout       time.Duration
}

const (
	clamdTimeout = 60 * time.Second
	clamdChunk   = 64 << 10
	clamdReply   = 4 << 10
)

// NewClamd takes the address of a clamd: "tcp:host:port" or "unix:/path/of/socket".
func NewClamd(addr string) (*Clamd, error) {
	network, rest, found := strings.Cut(addr, ":")
	if !found || rest == "" || network != "tcp" && network != "unix" {
		return nil, errs.New(errs.Invalid, "the address of clamd is %q", addr).
			WithHint("write tcp:127.0.0.1:3310 or unix:/run/clamav/clamd.ctl")
	}
	return &Clamd{network, rest, clamdTimeout}, nil
}

// Scan sends the content and reads the finding. Whatever is not a clear "OK" is an error.
func (c *Clamd) Scan(ctx context.Context, r io.Reader) (err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	away := func(err error) error {
		return errs.New(errs.Unavailable, "clamd at %s: %w", c.addr, err).WithKey(KeyScanner).WithHint("start clamd, or serve without it")
	}
	conn, err := new(net.Dialer).DialContext(ctx, c.network, c.addr)
	if err != nil {
		return away(err)
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return away(err)
		}
	}
	sendErr := sendStream(conn, r)
	// clamd answers and closes as soon as it has seen enough; then the answer counts and
	// not that it would take no more.
	reply, err := bufio.NewReader(io.LimitReader(conn, clamdReply)).ReadString(0)
	if err != nil {
		return away(errors.Join(sendErr, err))
	}
	reply = strings.TrimSuffix(strings.TrimPrefix(strings.TrimRight(reply, "\x00\n"), "stream: "), "\n")
	switch {
	case reply == "OK" && sendErr == nil:
		return nil
	case strings.HasSuffix(reply, " FOUND"):
		return refuse(KeyVirus, "clamd found %q", strings.TrimSuffix(reply, " FOUND"))
	case strings.Contains(reply, "size limit exceeded"):
		return away(fmt.Errorf("its StreamMaxLength is below %d bytes", MaxBytes))
	}
	return away(errors.Join(fmt.Errorf("answered %q", reply), sendErr))
}

func sendStream(w io.Writer, r io.Reader) error {
	if _, err := io.WriteString(w, "zINSTREAM\x00"); err != nil {
		return err
	}
	chunk := make([]byte, 4+clamdChunk)
	for {
		n, err := io.ReadFull(r, chunk[4:])
		if n > 0 {
			binary.BigEndian.PutUint32(chunk, uint32(n))
			if _, err := w.Write(chunk[:4+n]); err != nil {
				return err
			}
		}
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
			_, err := w.Write([]byte{0, 0, 0, 0})
			return err
		}
		if err != nil {
			return err
		}
	}
}
