// Command pgserver starts a private PostgreSQL, runs a command that finds its URL in
// STOCKTAKE_TEST_POSTGRES, and stops it again:
//
//	go run ./internal/db/dbtest/pgserver -- go test ./...
//
// So that all packages share one server. The exit status is that of the command.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"stocktake/internal/db/dbtest"
)

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: pgserver -- COMMAND [ARGUMENT…]")
		os.Exit(2)
	}
	status, err := run(context.Background(), args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgserver:", err)
		os.Exit(1)
	}
	os.Exit(status)
}

func run(ctx context.Context, args []string) (status int, err error) {
	s, err := dbtest.StartPostgres(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), dbtest.EnvPostgres+"="+s.URL)
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(1, exit.ExitCode()), nil
	}
	return 0, err
}
