package my

import (
	"bytes"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/page"
	"stocktake/internal/web/page/history"
	pledgepage "stocktake/internal/web/page/pledge"
	"stocktake/internal/web/work/kit"
)

// Preview is a pledge exactly as its public page would show it.
type Preview struct {
	Ref, Back string
	Proposal  int // of the secretariat; 0: the draft itself
	Page      template.HTML
	Form      *kit.Form // answers the proposal
	Note      string
	Says      string // what the page is
	Changes   []history.Change
}

func (a *area) preview(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	s, err := a.desk.Get(r.Context(), r.Person, r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	return a.previewPage(r, s, r.Query("proposal"), nil)
}

func (a *area) previewPage(r *kit.Request, s intake.Submission, number string, f *kit.Form) (kit.Answer, error) {
	d := &Preview{Ref: s.Ref, Back: r.Link("/my/" + s.Ref)}
	p := s.Pledge
	title := "my.preview"
	d.Says = r.T("my.preview.note")
	switch {
	case number != "":
	case s.State == pledge.StatePublished && !s.Revised:
		d.Says = r.T("my.preview.public")
	case s.State == pledge.StateWithdrawn || s.State == pledge.StateSuperseded || s.State == pledge.StateAbandoned:
		d.Says = r.T("my.next." + string(s.State))
	}
	if number != "" {
		n, err := strconv.Atoi(number)
		prop := proposal(s, n)
		if err != nil || prop == nil {
			return nil, errs.New(errs.NotFound, "%s has no proposal %q", s.Ref, number)
		}
		title, p, d.Note = "my.proposal", prop.Pledge, prop.Note
		if prop.State != intake.Open {
			d.Says = r.T("my.preview." + string(prop.State))
		}
		d.Changes = a.differences(r, s.Pledge, prop.Pledge)
		if prop.State == intake.Open && r.May(access.ApproveProposal, subject(s)) {
			d.Proposal = n
			if d.Form = f; f == nil {
				d.Form = a.small(r, s)
				d.Form.Long("note", "my.proposal.answer", "", 3).Upto(2000)
			}
		}
	}
	if len(p.Parties) == 0 && p.Title == "" {
		return nil, errs.New(errs.NotFound, "%s may not read %s", r.Person.ID, s.Ref)
	}
	p = s.Payload(p)
	if p.ID == "" {
		p.ID = s.Ref
	}
	var err error
	if d.Page, err = a.asPublic(r, s.Ref, p); err != nil {
		return nil, err
	}
	return kit.Page{Name: "preview", Title: title, Data: d, Form: d.Form, Wide: true}, nil
}

func proposal(s intake.Submission, n int) *intake.Proposal {
	for i := range s.Proposals {
		if s.Proposals[i].Number == n {
			return &s.Proposals[i]
		}
	}
	return nil
}

// endOfWords is where the part of a public page begins that speaks of the register, which a
// draft is not in.
const endOfWords = `<section class="held part"`

// asPublic renders the public page of a pledge up to that part: what the register has beside the
// words, as translations and reports, stays what it is when a revision is published.
func (a *area) asPublic(r *kit.Request, ref string, p pledge.Pledge) (template.HTML, error) {
	rd, v, err := a.public(r)
	if err != nil {
		return "", err
	}
	p.Status = pledge.Published
	it := explore.Item{Pledge: p, Stage: pledge.Unreported, Published: r.Today}
	find := func(id string) *explore.Item {
		if found, err := rd.Snap.Pledge(id, explore.Query{}, r.Today); err == nil {
			return found
		}
		return nil // not public, or not any more
	}
	if now := find(p.ID); now != nil {
		it = *now
		it.Pledge = p
	}
	var answers []*explore.Item
	for _, id := range v.Answers(p.ID) {
		if found := find(id); found != nil {
			answers = append(answers, found)
		}
	}
	data := pledgepage.Build(rd, r.Parties(a.desk.Party), &it, answers, find(p.Matches), pledgepage.Entry{Size: v.Size})
	for i, f := range p.Attachments {
		data.Attachments[i].Href = r.Link("/my/" + ref + "/files/" + f.SHA256)
	}
	t, err := page.Parse("pledge", pledgepage.Template, r.P)
	if err != nil {
		return "", fmt.Errorf("preview: %w", err)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "main", data); err != nil {
		return "", fmt.Errorf("preview: %w", err)
	}
	html, _, cut := strings.Cut(b.String(), endOfWords)
	if !cut {
		return "", fmt.Errorf("preview: the public page has no part %q any more", endOfWords)
	}
	// One main heading a page: that of the preview.
	html = strings.Replace(strings.Replace(html, "<h1 ", "<h2 ", 1), "</h1>", "</h2>", 1)
	return template.HTML(html + "</div>"), nil
}
