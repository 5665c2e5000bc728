package main

import (
	"context"
	"log/slog"
	"reflect"
	"sync/atomic"
	"time"

	"stocktake/internal/lang"
	"stocktake/internal/pledge/intake"
)

// callNames are the names of the calls for pledges, for the public pages. The desk gives and changes
// them, in this process or in another one, so that they are looked up again all the time; calls are few.
type callNames struct {
	desk *intake.Desk
	now  atomic.Pointer[namedCalls]
}

type namedCalls struct {
	edition int64
	titles  map[string]map[lang.Code]string
}

// lookAgain is how long a public page may have an old name.
const lookAgain = 10 * time.Second

func namesOf(ctx context.Context, desk *intake.Desk) (*callNames, error) {
	n := &callNames{desk: desk}
	n.now.Store(&namedCalls{})
	return n, n.look(ctx)
}

func (n *callNames) look(ctx context.Context) error {
	calls, err := n.desk.Calls(ctx)
	if err != nil {
		return err
	}
	titles := map[string]map[lang.Code]string{}
	for _, c := range calls {
		titles[c.ID] = c.Title
	}
	if was := n.now.Load(); !reflect.DeepEqual(titles, was.titles) {
		n.now.Store(&namedCalls{was.edition + 1, titles})
	}
	return nil
}

// follow looks again until the context ends. Where that fails, the names stay as they are.
func (n *callNames) follow(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := n.look(ctx); err != nil && ctx.Err() == nil {
			log.Error("the names of calls were not found", "err", err)
		}
	}
}

// Name is the name of a call in the language, else in English, else in any.
func (n *callNames) Name(call string, c lang.Code) string {
	return intake.Call{Title: n.now.Load().titles[call]}.In(c)
}

// Edition is larger whenever a name has changed.
func (n *callNames) Edition() int64 { return n.now.Load().edition }
