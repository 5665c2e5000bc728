package kittest_test

import (
	"testing"

	"stocktake/internal/web/work/kittest"
)

func TestStory(t *testing.T) { kittest.Area(t, kittest.Story()) }
