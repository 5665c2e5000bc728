package main

import (
	"context"
	"os"

	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/mail"
	"stocktake/internal/web"
)

// mailBounceCmd takes in a message that a mail server sent back. Mail servers run it for the
// address that letters come from, with the message on its standard input.
type mailBounceCmd struct {
	File string `arg:"" optional:"" type:"existingfile" help:"The message (default standard input)."`
}

func (c *mailBounceCmd) Run(ctx context.Context, s *streams, g *globals) error {
	in := os.Stdin
	if c.File != "" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	b, err := mail.ReadBounce(in)
	if err != nil {
		return err
	}
	h, err := g.open(ctx, s, opening{write: true, lenient: true, quiet: true})
	if err != nil {
		return err
	}
	defer h.close()
	people, err := h.staffOf(workFlags{}, web.Site{}, nil)
	if err != nil {
		return err
	}
	done, err := people.mail.Record(ctx, b)
	switch {
	case err != nil:
		return err
	case done:
		s.say("letter %s came back: %s", b.Letter, b.Status)
	default:
		s.say("letter %s: %s; nothing to do", b.Letter, b.Action)
	}
	return nil
}

// mailTestCmd sends one letter and waits for what the mail server says.
type mailTestCmd struct {
	To       string `arg:"" help:"Address to write to."`
	Language string `default:"en" enum:"ar,en,es,fr,ru,zh" help:"Language of the letter."`
	mailFlags
}

func (c *mailTestCmd) Run(ctx context.Context, s *streams, g *globals) error {
	h, err := g.open(ctx, s, opening{write: true, lenient: true})
	if err != nil {
		return err
	}
	defer h.close()
	office, err := h.mailOf(c.mailFlags, web.Site{}, nil)
	if err != nil {
		return err
	}
	defer office.Close()
	if !office.Sends() {
		return errs.New(errs.Invalid, "there is no mail server").WithHint("state one with --smtp and --mail-from")
	}
	var id string
	if err := h.db.Write(ctx, func(tx *db.Tx) (err error) {
		id, err = office.Post(ctx, tx, mail.Letter{
			To: c.To, Template: mail.LetterTrial, Language: lang.Code(c.Language), Data: map[string]string{"Link": "/" + c.Language + "/"},
		})
		return err
	}); err != nil {
		return err
	}
	if err := office.SendNow(ctx, id); err != nil {
		return err
	}
	s.say("the mail server took the letter; look whether it arrives")
	return nil
}
