package pledge

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/register"
)

// Event is one thing that was published about a pledge: a version of it, of a report, of a
// translation, what somebody else says of it, or the announcement that it answers. Where the payload was withheld, none of them is
// there; the event stays.
type Event struct {
	Position   int64
	Kind       string // EntryKind, ReportKind, TranslationKind, AssessmentKind, CommentKind or AnnouncementKind
	Subject    string
	Version    int
	Actor      string
	Recorded   string // RFC 3339, UTC: when this register learned of it
	Effective  string // the day it became public
	Late       bool   // recorded after the day it became public, as imports of older records are
	WithheldBy int64  // position of the erasure; -1 = not withheld

	Pledge       *Pledge
	Report       *Report
	Translation  *Translation
	Assessment   *Assessment
	Comment      *Comment
	Announcement *Announcement
	Changes      []FieldChange // of a pledge, against the version before that can still be read
}

// History is everything that was published about a pledge, in the order of the register. Which
// announcements it answers ("ken/1"), the caller says: the entries of a pledge do not.
func History(ctx context.Context, log *register.Log, id string, announcements ...string) (events []Event, err error) {
	defer errs.Wrap(&err, "history of %q", id)
	own, err := log.History(ctx, Subject(id))
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	if len(own) == 0 {
		return nil, errs.New(errs.NotFound, "there is no pledge %q", id)
	}
	all := own
	for number := 1; ; number++ {
		entries, err := log.History(ctx, ReportSubject(id, number))
		if err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		if len(entries) == 0 {
			break
		}
		all = append(all, entries...)
	}
	for _, c := range lang.All {
		entries, err := log.History(ctx, TranslationSubject(id, c))
		if err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		all = append(all, entries...)
	}
	for _, kind := range VoiceKinds {
		err := eachVoice(ctx, log, kind, id, func(_ int, entries []register.Entry) error {
			all = append(all, entries...)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, announced := range announcements {
		entries, err := log.History(ctx, AnnouncementSubject(announced))
		if err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		all = append(all, entries...)
	}
	slices.SortFunc(all, func(a, b register.Entry) int { return cmp.Compare(a.Header.Position, b.Header.Position) })
	var before *Pledge
	for _, e := range all {
		event, err := eventOf(e)
		if err != nil {
			return nil, err
		}
		if event.Pledge != nil {
			if before != nil {
				event.Changes = Changes(*before, *event.Pledge)
			}
			before = event.Pledge
		}
		events = append(events, event)
	}
	return events, nil
}

func eventOf(e register.Entry) (Event, error) {
	h := e.Header
	event := Event{
		Position: h.Position, Kind: h.Kind, Subject: h.Subject, Version: h.Version, Actor: h.Actor,
		Recorded: h.Recorded, Effective: h.Effective, WithheldBy: e.WithheldBy,
		Late: len(h.Recorded) >= 10 && h.Recorded[:10] > h.Effective,
	}
	if e.WithheldBy >= 0 {
		return event, nil
	}
	var payload any
	switch h.Kind {
	case EntryKind:
		event.Pledge = new(Pledge)
		payload = event.Pledge
	case ReportKind:
		event.Report = new(Report)
		payload = event.Report
	case AssessmentKind:
		event.Assessment = new(Assessment)
		payload = event.Assessment
	case CommentKind:
		event.Comment = new(Comment)
		payload = event.Comment
	case AnnouncementKind:
		event.Announcement = new(Announcement)
		payload = event.Announcement
	default:
		event.Translation = new(Translation)
		payload = event.Translation
	}
	if err := json.Unmarshal(e.Payload, payload); err != nil {
		return event, fmt.Errorf("entry %d: %w", h.Position, err)
	}
	return event, nil
}
