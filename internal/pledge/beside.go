package pledge

import (
	"stocktake/internal/lang"
)

// The register has two kinds of entries that stand beside pledges. No total counts them.

// FiguresKind is the kind of the entries that publish figures; the subject is "figures:<day>", the
// payload Figures.
const FiguresKind = "figures"

// Figures count submissions as they stood at the end of a day. Those who were received are in
// review, returned, published, set aside, or taken back by their parties.
type Figures struct {
	Schema    int    `json:"schema"`
	On        string `json:"on"`
	Received  int    `json:"received"`            // submitted at least once by then, announcements without text not among them
	InReview  int    `json:"in_review"`           // with the secretariat: submitted, scheduled
	Returned  int    `json:"returned"`            // with the parties again
	Published int    `json:"published"`           // whatever became of them later
	SetAside  *int   `json:"set_aside,omitempty"` // where the pack lets the public know
}

// AnnouncementKind is the kind of the entries that say that a pledge was announced and its text is
// awaited; the subject is "announcement:<party>/<number>", the payload an Announcement.
const AnnouncementKind = "announcement"

// Announcement is all that is public of a pledge announced in a meeting before its party has
// given a text. It is no pledge.
type Announcement struct {
	Schema   int                `json:"schema"`
	Party    string             `json:"party"`
	On       string             `json:"on"` // day on which it was announced
	Occasion string             `json:"occasion"`
	Language lang.Code          `json:"language"` // of the occasion
	Status   AnnouncementStatus `json:"status"`
	Pledge   string             `json:"pledge,omitempty"` // what was published of it
}

// AnnouncementStatus is what became of an announcement.
type AnnouncementStatus string

const (
	Awaited  AnnouncementStatus = "awaited"
	Answered AnnouncementStatus = "published" // by the pledge
	Dropped  AnnouncementStatus = "dropped"   // the secretariat awaits no text any more
)

// AnnouncementSubject is the subject of a party's announcement, numbered from 1.
func AnnouncementSubject(id string) string { return AnnouncementKind + ":" + id }
