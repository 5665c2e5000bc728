package voice_test

import (
	"testing"

	"stocktake/internal/web/work/kittest"
	"stocktake/internal/web/work/voice"
)

func TestArea(t *testing.T) {
	kittest.Area(t, voice.New(nil),
		"voice.state.draft", "voice.state.submitted", "voice.state.set_aside", "voice.state.declined", "voice.state.asked", "voice.state.published", "voice.state.replied",
		"voice.desk.waiting", "voice.desk.ready", "voice.desk.asked", "voice.desk.public", "voice.desk.stopped",
		"voice.no_mandate", "voice.not_apart", "voice.under_way", "voice.moved", "voice.too_early", "voice.four_eyes")
}

func TestDoors(t *testing.T) { kittest.Doors(t, voice.New(nil)) }
