// Command stocktake runs the public follow-up of an international compact: see README.md.
//
// Each command has a file of its own; wire.go is the one place where rooms are put together.
// Data goes to standard output, words to standard error. Exit status: 0 done; 1 refused or
// failed, with one line saying what and what to do; 2 wrong usage.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"stocktake/internal/compact"
	"stocktake/internal/errs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// cli is the command line. Every flag is also read from STOCKTAKE_… in the environment.
type cli struct {
	globals

	Demo   demoCmd  `cmd:"" help:"Serve a fresh temporary database with the public sample on 127.0.0.1:8080. Needs nothing else."`
	Serve  serveCmd `cmd:"" help:"Serve the public pages and the workspace."`
	Import struct {
		Pledges importPledgesCmd `cmd:"" help:"Import pledges from CSV, XLSX or JSON Lines."`
	} `cmd:"" help:"Bring data in."`
	Export struct {
		Pledges  exportPledgesCmd  `cmd:"" help:"Write pledges as CSV, XLSX or JSON Lines, by the ending of the file."`
		Register exportRegisterCmd `cmd:"" help:"Write the whole register as JSON Lines, to be checked with verify."`
		Receipt  exportReceiptCmd  `cmd:"" help:"Write the receipt of a pledge, to be checked with verify."`
	} `cmd:"" help:"Take data out."`
	Register struct {
		Withhold  withholdCmd  `cmd:"" help:"Take the payload of an entry out of the register for good; two offices decide it, on a ground that is public."`
		RotateKey rotateKeyCmd `cmd:"" help:"Hand the register over to a new signing key."`
	} `cmd:"" help:"What an operator may have to do to the register."`
	User struct {
		Add  userAddCmd  `cmd:"" help:"Make an account, or give one another role; prints a link to sign in with where there is no mail server."`
		List userListCmd `cmd:"" help:"Say who has an account and what they hold today, as lines of id, address, name and roles."`
		End  userEndCmd  `cmd:"" help:"Close an account, erase one, or take a role away."`
		Lost userLostCmd `cmd:"" help:"Remove the passkeys of somebody who has lost them, and end their sessions."`
		Roll userRollCmd `cmd:"" help:"Write down who holds what now, as ids, for a later restore of an older backup."`
	} `cmd:"" help:"People and their rights."`
	Mail struct {
		Bounce mailBounceCmd `cmd:"" help:"Take in a letter that came back, from standard input."`
		Test   mailTestCmd   `cmd:"" help:"Send a test letter."`
	} `cmd:"" help:"Letters."`
	Verify   verifyCmd   `cmd:"" help:"Check an export of the register or a receipt, offline."`
	Backup   backupCmd   `cmd:"" help:"Write a consistent copy of everything but the private key, also while serving."`
	Restore  restoreCmd  `cmd:"" help:"Bring a backup, or entries that are missing, into a database, after verifying them."`
	Rehearse rehearseCmd `cmd:"" help:"Fill an empty database with synthetic pledges, for training and benchmarks."`
}

// streams are where a command writes.
type streams struct {
	out, err io.Writer
}

// say writes a line of words for a person.
func (s *streams) say(format string, args ...any) { fmt.Fprintf(s.err, format+"\n", args...) }

// run is main without the process: the end-to-end tests call it too.
func run(ctx context.Context, args []string, out, errOut io.Writer) (status int) {
	s := &streams{out: out, err: errOut}
	var c cli
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("stocktake"),
		kong.Description("The follow-up of an international compact, run in public."),
		kong.Writers(out, errOut),
		kong.Exit(func(code int) { exited = code }),
		kong.DefaultEnvars("STOCKTAKE"),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Vars{"pack": compact.DefaultPack},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(s, &c.globals),
	)
	if err != nil {
		s.say("stocktake: %v", err)
		return 1
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 { // --help
		return exited
	}
	if err != nil {
		s.say("stocktake: %v; see stocktake --help", err)
		return 2
	}
	if err := parsed.Run(); err != nil {
		if errors.Is(err, context.Canceled) && ctx.Err() != nil {
			s.say("stocktake: interrupted")
			return 1
		}
		s.say("stocktake: %s", oneLine(err))
		return 1
	}
	return 0
}

// oneLine says what went wrong and what to do about it.
func oneLine(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if e, ok := errors.AsType[*errs.Error](err); ok && e.Hint != "" {
		text = strings.TrimSuffix(text, " ("+e.Hint+")") + "; " + e.Hint
	}
	return text
}
