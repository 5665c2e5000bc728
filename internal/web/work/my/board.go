package my

import (
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/page"
	"stocktake/internal/web/work/kit"
)

// Board shows the help that parties seek and nobody has offered yet.
type Board struct {
	Needs []NeedLine
	Back  string
}

// NeedLine is one need.
type NeedLine struct {
	ID, Pledge, Href string
	Party, Nature    string
	Title            page.Said
	Text             []page.Said
	When             kit.Moment
	Answer           string // path of a new pledge that answers it; "" for one's own
}

// OfferLine is a pledge that would answer one of the party's own.
type OfferLine struct {
	Ref, Party, State string
	Open              bool
	Title             page.Said
	Text              []page.Said
	When              kit.Moment
}

func (a *area) board(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	needs, err := a.desk.Needs(r.Context(), r.Person)
	if err != nil {
		return nil, err
	}
	d := &Board{Back: r.Link("/my")}
	for _, n := range needs {
		d.Needs = append(d.Needs, a.needLine(r, n))
	}
	return kit.Page{Name: "board", Title: "my.board", Data: d}, nil
}

func (a *area) needLine(r *kit.Request, n intake.Need) NeedLine {
	out := NeedLine{
		ID: n.ID, Pledge: n.Pledge, Href: r.Link("/pledges/" + n.Pledge), Party: a.name(r, n.Party), Nature: r.Reader().Word("nature", string(n.Nature)),
		Text: said(n.Text, n), When: r.Moment(n.Stated),
	}
	if it, err := a.index.Snapshot().Pledge(n.Pledge, explore.Query{}, r.Today); err == nil {
		out.Title = page.Say(it.Pledge.Title, it.Pledge.Language)
	}
	if _, own := r.Person.FocalPoint(n.Party, r.Today); !own && len(a.leads(r)) > 0 {
		out.Answer = r.Link("/pledges/new?matches=" + n.Pledge)
	}
	return out
}

func said(text string, n intake.Need) (out []page.Said) {
	for _, p := range strings.Split(text, "\n") {
		if strings.TrimSpace(p) != "" {
			out = append(out, page.Say(p, n.Language))
		}
	}
	return out
}

// matching adds to the page of a published pledge what help it seeks and who offers it.
func (a *area) matching(r *kit.Request, s intake.Submission, sub access.Subject, d *Show) error {
	if s.Published == "" || !r.May(access.MatchPledge, sub) {
		return nil
	}
	needs, err := a.desk.Needs(r.Context(), r.Person)
	if err != nil {
		return err
	}
	for _, n := range needs {
		if n.Pledge == s.Published {
			d.Needs = append(d.Needs, a.needLine(r, n))
		}
	}
	d.Need = a.small(r, s)
	needFields(r, d.Need, d.typed("nature", "need"), d.typed("body", "need"))
	offers, err := a.desk.Offers(r.Context(), r.Person, s.Published)
	if err != nil {
		return err
	}
	for _, o := range offers {
		l := OfferLine{Ref: o.Ref, Party: a.name(r, o.Party), State: r.T("my.invitation." + string(o.State)), Open: o.State == intake.Unanswered, Title: page.Say(o.Title, o.Language), When: r.Moment(o.Offered)}
		l.Text = said(o.Text, intake.Need{Language: o.Language})
		d.Offers = append(d.Offers, l)
	}
	return nil
}

// needFields ask what is sought. The page has another field named body.
func needFields(r *kit.Request, f *kit.Form, nature, body string) {
	f.Select("nature", "my.need.nature", nature, words(r, "nature", pledge.Natures)).Empty(r.T("my.choose"))
	f.Long("body", "my.need.text", body, 3).Upto(1000).ID = "f-need-body"
}

// match does what the buttons for needs and offers say.
func (a *area) match(r *kit.Request, f *kit.Form, ref string) (done string, err error) {
	ctx, by := r.Context(), r.Person
	switch f.Value("do") {
	case "need":
		s, err := a.desk.Get(ctx, by, ref)
		if err != nil {
			return "", err
		}
		if f.Value("nature") == "" || f.Value("body") == "" {
			return "", errs.New(errs.Invalid, "a need without its words").WithKey("my.need.missing")
		}
		_, err = a.desk.StateNeed(ctx, by, intake.Need{Pledge: s.Published, Nature: pledge.Nature(f.Value("nature")), Language: r.Lang, Text: lines(f.Value("body"))})
		return "my.done.need", err
	case "close_need":
		return "my.done.need_closed", a.desk.CloseNeed(ctx, by, f.Value("need"))
	case "accept_offer", "decline_offer":
		return "my.done.offer", a.desk.AnswerOffer(ctx, by, f.Value("offer"), f.Value("do") == "accept_offer")
	}
	return "", nil
}
