// Package api is the JSON door: the questions of the public pages for programs, under
// /api/v1, read from the same index and register; asking them needs no account, and every origin
// is answered. Beside them, the forms of the workspace for programs with a token (write.go).
//
//	routes.go   what there is             ask.go      reading a request     answer.go   sending one
//	pledges.go, parties.go, compact.go    the handlers
//	shapes.go   what the answers look like, with the words of the OpenAPI document
//	cursor.go   where a list goes on      problem.go  errors                openapi.go  the document
package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/compact"
	"stocktake/internal/explore"
	"stocktake/internal/register"
)

// Config is what the door needs. Pack, Index, Log and Clock are required.
type Config struct {
	Pack    *compact.Pack
	Index   *explore.Index
	Log     *register.Log
	Clock   func() time.Time
	BaseURL string       // of the site, for the addresses in answers: "https://example.org"; "" leaves them relative
	Logger  *slog.Logger // nil: nothing is logged
	Work    *Work        // nil: nothing can be written
}

// door serves the API.
type door struct {
	Config
	cache    *cache
	gate     *access.Gate
	document []byte // OpenAPI
}

// New makes the handler of everything under /api/.
func New(cfg Config) (http.Handler, error) {
	if cfg.Pack == nil || cfg.Index == nil || cfg.Log == nil || cfg.Clock == nil {
		return nil, fmt.Errorf("api: Config needs Pack, Index, Log and Clock")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	d := &door{Config: cfg, cache: newCache(cacheBytes), gate: access.NewGate(cfg.Clock)}
	var err error
	if d.document, err = d.describe(); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	return d.handler(), nil
}
