package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/png"
	"strings"
	"testing"

	"stocktake/internal/web/work/kittest"
)

// A file goes with its pledge from the form to the public page, and whoever has the page can
// check it against the register.
func TestAFileOfAPublicPledge(t *testing.T) {
	s := open(t)
	focal := s.As(kittest.Focal)
	p := focal.Get("/pledges/new").Fill("Title", "Train 300 officials").Fill("Text of the pledge", prose).Press("Save and continue").Press("Save and continue")
	p = p.Choose("1. Data").Choose("Process").Choose("National").Press("Save and continue")
	p = p.Fill("Indicator 1", "Officials trained").Fill("Indicator 1: today", "0").Fill("Indicator 1: target", "300").Press("Save and continue")
	p = p.Fill("Contact: name", "Jane Doe").Fill("Contact: e-mail", "jane@example.org")
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	p = p.Choose("To be published with the pledge, name and content, for good").Attach("File to attach", "plan.png", picture.Bytes()).Press("Save and continue").Says("The file was attached.")
	p = focal.Get(strings.TrimPrefix(p.Follow("Check and submit").Path, "/en")).Says("Nothing is missing.")
	ref := strings.TrimSuffix(strings.TrimPrefix(p.Path, "/en/my/"), "/check")
	p.Press("Submit to the secretariat").Says("The secretariat is reading it")
	s.As(kittest.Reviewer).Get("/desk/" + ref).Press("Publish").Says("Published.")
	sub, err := s.rooms.intake.Get(t.Context(), s.People[kittest.Focal], ref)
	if err != nil || len(sub.Pledge.Attachments) != 1 {
		t.Fatalf("%+v, %v", sub.Pledge.Attachments, err)
	}
	s.refresh()
	hash := sub.Pledge.Attachments[0].SHA256
	page := s.As(kittest.Nobody).Get("/pledges/"+sub.Published).Is(200).Says("plan.png", "PNG, 1 KB", hash)
	content, salt := page.Follow("plan.png").Is(200).Body, page.Follow("Salt").Is(200).Body
	salted, err := hex.DecodeString(strings.TrimSpace(salt))
	if sum := sha256.Sum256(append(salted, content...)); err != nil || hex.EncodeToString(sum[:]) != hash {
		t.Errorf("salt %q and content of %d bytes give %x, the register has %s; %v", salt, len(content), sum, hash, err)
	}
}
