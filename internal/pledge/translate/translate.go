// Package translate is the work on translations before they are published: what is missing or
// out of date in each language, who is at it, and every text that was saved on the way. The
// original prevails, and every page of a translation says so. A person translates; what a machine
// made is refused unless the policy allows it, and labelled then.
//
// This file has the nouns, queue.go what is to be done, work.go the doing, glossary.go the words
// that are offered beside.
package translate

import (
	"context"
	"time"

	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
)

// Desk is where translations are made.
type Desk struct {
	DB   *db.DB
	Pack *compact.Pack
	Book pledge.Book

	// OnHold reports whether nothing of a party is published for now; nil: of none.
	OnHold func(ctx context.Context, tx *db.Tx, party string) (bool, error)
}

// Why a pledge is in the queue of a language.
type Why string

const (
	Wanted  Why = "wanted"  // somebody asked for the full text, and it is missing
	Stale   Why = "stale"   // the words of the original have changed since
	Missing Why = "missing" // there is none
	Fresh   Why = ""        // nothing to do
)

// State of a translation in work.
type State string

const (
	Unbegun   State = ""
	Draft     State = "draft"
	Offered   State = "offered"   // finished by its translator, for the desk to publish
	Published State = "published" // as it stands in the register
)

// Text is what a translation says.
type Text struct {
	Title   string `json:"title"`
	Summary string `json:"summary,omitempty"` // at most pledge.SummaryWords words
	Text    string `json:"text,omitempty"`    // on request
	By      string `json:"by"`                // "human" or "machine"
}

// Item is one line of a queue.
type Item struct {
	Pledge   string
	Title    string    // of the original
	Original lang.Code // its language
	Into     lang.Code
	Lead     string
	Why      Why
	State    State
	Holder   string // person who claimed it, "" for nobody
}

// Count says how much is to be done in a language.
type Count struct{ Wanted, Stale, Missing int }

// All is how many pledges are in the queue.
func (c Count) All() int { return c.Wanted + c.Stale + c.Missing }

// Work is one translation with its original, side by side.
type Work struct {
	Original  pledge.Current
	Before    *pledge.Pledge // the original as it was when Text was made of it, where its words differ by now
	Language  lang.Code
	Version   int // of the work; what If-Match is held against, 0 before the first save
	State     State
	Base      int // version of the original that Text is of
	Text      Text
	Holder    string
	Since     time.Time
	Wanted    bool
	Approved  string // code of the party that approved Text as it stands
	Author    string // person who saved it last
	Changed   time.Time
	Why       Why
	Published *pledge.Translation // as it stands in the register; nil: none
}

// Saved is one text as it was saved.
type Saved struct {
	Version int
	At      time.Time
	Person  string
	Text    Text
}

// Claim is how long a claim keeps others from saving.
const Claim = 8 * time.Hour
