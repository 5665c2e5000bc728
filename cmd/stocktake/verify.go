package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"stocktake/internal/errs"
	"stocktake/internal/register"
)

// verifyCmd checks a file; it needs no database and no network.
type verifyCmd struct {
	File string `arg:"" type:"existingfile" help:"An export of the register (.jsonl) or a receipt (.json)."`
	Key  string `placeholder:"KEY" help:"Verifier key of the register, obtained from somewhere else than the file."`
}

func (c *verifyCmd) Run(s *streams) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<16)
	// An export begins with its first entry, or, empty, is one line; a receipt is one line that
	// carries a proof.
	var report register.Report
	if head, err := in.Peek(len(firstEntry)); err == nil && string(head) == firstEntry {
		report, err = register.VerifyExport(in, c.Key)
		return c.tell(s, report, err)
	}
	text, err := io.ReadAll(io.LimitReader(in, maxReceipt+1))
	switch {
	case err != nil:
		return err
	case len(text) > maxReceipt:
		return errs.New(errs.TooLarge, "%s is neither an export of the register nor a receipt", c.File)
	}
	var receipt struct{ Proof json.RawMessage }
	if json.Unmarshal(text, &receipt) == nil && receipt.Proof != nil {
		report, err = register.VerifyReceipt(text, c.Key)
	} else {
		report, err = register.VerifyExport(bytes.NewReader(text), c.Key)
	}
	return c.tell(s, report, err)
}

const (
	firstEntry = `{"header":`
	maxReceipt = 32 << 20
)

func (c *verifyCmd) tell(s *streams, report register.Report, err error) error {
	if err != nil {
		return fmt.Errorf("%s does not verify: %w", c.File, err)
	}
	s.say("%s", report)
	return nil
}
