package desk

import (
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/pledge"
	"stocktake/internal/web/page"
	"stocktake/internal/web/work/kit"
)

const pledgePath = "/desk/pledge/"

// pledgePage is a public pledge that the desk has no submission of, as one that came by an import:
// what can be done about it from here.
type pledgePage struct {
	ID, Tone         string
	State            string
	Title            page.Said
	Party, PartyHref string
	Kind             string
	Public, FollowUp string
	Ask              string // whom a letter that asks for a report goes to, or why none does
	CanAsk, CanTake  bool
	Form             *kit.Form
}

// find leads to what somebody typed: a reference, or the number of a public pledge. "" is nothing.
func (a *area) find(r *kit.Request, typed string) (path string, err error) {
	typed = strings.ToUpper(strings.TrimSpace(typed))
	if strings.HasPrefix(typed, "S-") {
		_, err := a.desk.Get(r.Context(), r.Person, typed)
		return "/desk/" + typed, err
	}
	id := pledge.IDMeant(a.desk.Book.Pack.Code, typed)
	if id == "" {
		return "", errs.New(errs.NotFound, "%q is no reference and no number", typed)
	}
	ref, err := a.desk.RefOf(r.Context(), r.Person, id)
	if ref != "" {
		return "/desk/" + ref, err
	}
	return pledgePath + id, err
}

func (a *area) pledge(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	return a.pledgePage(r, r.NewForm(nil))
}

func (a *area) pledgePage(r *kit.Request, f *kit.Form) (kit.Answer, error) {
	id := r.PathValue("id")
	ref, err := a.desk.RefOf(r.Context(), r.Person, id)
	if err != nil {
		return nil, err
	}
	if ref != "" {
		return kit.Redirect("/desk/" + ref), nil
	}
	var p pledge.Current
	err = a.desk.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		p, err = pledge.Get(r.Context(), tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	state := pledge.State(p.Status)
	subject := access.Subject{State: string(state), Lead: p.Lead()}
	v := &pledgePage{
		ID: p.ID, State: stateName(r, state, false), Tone: tone(state), Title: page.Say(p.Title, p.Language), Party: a.names(r).party(p.Lead()),
		PartyHref: r.Link(partiesPath + "/" + p.Lead()), Public: r.Link("/pledges/" + p.ID), CanTake: r.May(access.EnterPledge, subject), Form: f,
	}
	if lead, err := a.desk.Party(r.Context(), p.Lead()); err == nil {
		v.Kind = r.Reader().Kind(lead.Kind)
	}
	if r.May(access.ReadReport, subject) {
		v.FollowUp = r.Link("/my/" + p.ID + "/report")
	}
	if a.asks != nil && r.May(access.RequestReport, subject) {
		if v.Ask, v.CanAsk, err = a.askable(r, p.ID); err != nil {
			return nil, err
		}
	}
	return kit.Page{Name: "pledge", Title: "desk.pledge", TitleArgs: []any{"id", p.ID}, Data: v, Form: f}, nil
}

// take asks about the pledge, or takes it into the desk's work.
func (a *area) take(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	id, f := r.PathValue("id"), r.NewForm(nil)
	if f.Value("do") == "ask" && a.asks != nil {
		if _, err := a.asks.AskNow(r.Context(), r.Person, id); refused(r, f, err) {
			return kit.Done(pledgePath+id, doneKey["ask"]), err
		}
		return a.pledgePage(r, f)
	}
	s, err := a.desk.Adopt(r.Context(), r.Person, id)
	return kit.Redirect("/desk/" + s.Ref), err
}
