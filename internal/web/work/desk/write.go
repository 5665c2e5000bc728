package desk

import (
	"slices"
	"strconv"

	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/page/history"
	"stocktake/internal/web/work/kit"
)

// textPage is a form for the text of a pledge: a proposal, or what the desk enters on behalf.
type textPage struct {
	Head, Lede string
	Back       string
	Form       *kit.Form
	Save       string
	Party      string
	Opened     *kit.Opener      // somebody else of the desk who has it open
	Stored     []history.Change // what somebody else has stored meanwhile, against what was typed
}

// meanwhile readies a form that came too late to be sent once more: it is then held against what
// is stored now, and the page shows that beside what was typed.
func (a *area) meanwhile(r *kit.Request, f *kit.Form, s intake.Submission, stored, typed pledge.Pledge, err error) []history.Change {
	if !errs.Is(err, errs.Conflict) || f.IfVersion() == s.Version {
		return nil
	}
	f.Version, f.Problem = strconv.Itoa(s.Version), r.T("work.changed_meanwhile")
	return history.Differences(r.Reader(), a.names(r), given(stored), given(typed))
}

// pledgeFields declares the fields of a pledge that the desk writes.
func (a *area) pledgeFields(r *kit.Request, f *kit.Form, p pledge.Pledge) {
	language := p.Language
	if language == "" {
		language = r.Lang
	}
	f.Text("title", "desk.field.title", p.Title).In(language).Upto(300)
	f.Long("text", "desk.field.text", p.Text, 12).In(language).Upto(a.desk.Book.Pack.Rules.TextMax)
	f.Select("language", "desk.field.language", string(language), languages())
	var natures, forms, objectives []kit.Option
	for _, n := range pledge.Natures {
		natures = append(natures, kit.Option{Value: string(n), Text: r.Reader().Word("nature", string(n))})
	}
	for _, x := range pledge.Forms {
		forms = append(forms, kit.Option{Value: string(x), Text: r.Reader().Word("form", string(x))})
	}
	for _, o := range a.desk.Book.Pack.Objectives {
		objectives = append(objectives, kit.Option{Value: strconv.Itoa(o.N), Text: r.Reader().ValueName(nil, "objective", strconv.Itoa(o.N))})
	}
	form := p.Form
	if form == "" {
		form = pledge.Individual
	}
	f.Checks("objectives", "desk.field.objectives", texts(p.Objectives, strconv.Itoa), objectives)
	f.Checks("nature", "desk.field.nature", texts(p.Nature, func(n pledge.Nature) string { return string(n) }), natures)
	f.Radios("form", "desk.field.form", string(form), forms)
	f.Text("matches", "desk.field.matches", p.Matches).Upto(30)
	f.Date("starts_on", "desk.field.starts_on", p.StartsOn)
	f.Date("ends_on", "desk.field.ends_on", p.EndsOn)
	var amount, currency string
	if p.Money != nil {
		amount, currency = p.Money.Amount, p.Money.Currency
	}
	f.Money("money", "desk.field.money", amount, currency, nil)
	f.Date("announced_on", "desk.field.announced_on", p.AnnouncedOn)
	f.Text("announced_at", "desk.field.announced_at", p.AnnouncedAt).Upto(300)
}

func texts[T any](all []T, text func(T) string) (out []string) {
	for _, x := range all {
		out = append(out, text(x))
	}
	return out
}

// pledgeOf is the pledge with what the form says; fields that the form does not have stay.
func pledgeOf(f *kit.Form, p pledge.Pledge) pledge.Pledge {
	p.Title, p.Text, p.Language = f.Value("title"), f.Value("text"), lang.Code(f.Value("language"))
	p.Objectives, p.Nature = nil, nil
	for _, v := range f.Values("objectives") {
		if n, err := strconv.Atoi(v); err == nil {
			p.Objectives = append(p.Objectives, n)
		}
	}
	for _, v := range f.Values("nature") {
		p.Nature = append(p.Nature, pledge.Nature(v))
	}
	if p.ObjectivesBy == "" {
		p.ObjectivesBy = pledge.BySecretariat
	}
	if p.TextBy == "" {
		p.TextBy = pledge.TextByParty
	}
	p.Form, p.Matches = pledge.Form(f.Value("form")), f.Value("matches")
	p.StartsOn, _ = f.DateValue("starts_on") // the form has checked its dates and its money
	p.EndsOn, _ = f.DateValue("ends_on")
	p.AnnouncedOn, _ = f.DateValue("announced_on")
	p.AnnouncedAt = f.Value("announced_at")
	amount, currency, _ := f.MoneyValue("money")
	switch {
	case amount == "" && currency == "":
		p.Money = nil
	case p.Money == nil:
		p.Money = &pledge.Money{Amount: amount, Currency: currency}
	default:
		m := *p.Money
		m.Amount, m.Currency = amount, currency
		p.Money = &m
	}
	return p
}

// propose writes a changed text for the party to approve.
func (a *area) propose(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	s, err := a.desk.Get(r.Context(), r.Person, r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	if err := access.Check(r.Person, access.ProposeChange, access.Subject{State: string(s.State), Lead: s.Lead}, r.Today); err != nil {
		return nil, err
	}
	f := r.NewForm(s.Version)
	a.pledgeFields(r, f, s.Pledge)
	f.Text("note", "desk.field.note", "").Upto(500)
	var stored []history.Change
	if f.Valid() {
		p := pledgeOf(f, s.Pledge)
		_, err := a.desk.Propose(intake.WithKey(r.Context(), f.Key), r.Person, s.Ref, f.IfVersion(), p, f.Value("note"))
		if refused(r, f, err) {
			r.Leaves(s.Ref)
			return kit.Done("/desk/"+s.Ref, "desk.done.propose"), err
		}
		stored = a.meanwhile(r, f, s, s.Pledge, p, err)
	}
	v := &textPage{
		Head: r.T("desk.propose", "ref", s.Ref), Lede: r.T("desk.propose.lede"), Back: r.Link("/desk/" + s.Ref), Form: f, Save: r.T("desk.propose.send"),
		Party: a.names(r).party(s.Lead), Stored: stored,
	}
	if v.Opened, err = a.openedBy(r, s, true); err != nil {
		return nil, err
	}
	return kit.Page{Name: "text", Title: "desk.propose", TitleArgs: []any{"ref", s.Ref}, Data: v, Form: f}, nil
}

// enter begins a pledge on behalf of a party.
func (a *area) enter(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	f := r.NewForm(nil)
	calls, err := a.callOptions(r)
	if err != nil {
		return nil, err
	}
	ways := []kit.Option{}
	for _, how := range intake.Ways {
		ways = append(ways, kit.Option{Value: how, Text: r.T(wayKey[how])})
	}
	f.Text("party", "desk.field.party", "").Must().Upto(200)
	f.Radios("how", "desk.field.how", "", ways).Must()
	f.Date("on", "desk.field.on", r.Today).Must()
	f.Text("reference", "desk.field.reference", "").Upto(200)
	f.Select("call", "desk.field.call", intake.Standing, calls)
	a.pledgeFields(r, f, pledge.Pledge{})
	f.Text("contact_name", "desk.field.contact_name", "").Upto(200)
	f.Email("contact_email", "desk.field.contact_email", "")
	a.scanField(f)
	if f.Valid() {
		code := a.partyMeant(r, f.Value("party"))
		scan, taken, err := a.scanned(r, f)
		if err != nil {
			return nil, err
		}
		if code == "" {
			f.Fault("party", "desk.fault.party")
		} else if taken {
			on, _ := f.DateValue("on")
			s, err := a.desk.Enter(intake.WithKey(r.Context(), f.Key), r.Person, intake.Beginning{
				Lead: code, Call: f.Value("call"), Pledge: pledgeOf(f, pledge.Pledge{}), Contact: intake.Contact{Name: f.Value("contact_name"), Email: f.Value("contact_email")},
			}, intake.Received{How: f.Value("how"), On: on, Reference: f.Value("reference"), Scan: scan.Hash})
			if err == nil {
				err = a.attachScan(r, s.Ref, scan)
			}
			if refused(r, f, err) {
				return kit.Done("/desk/"+s.Ref, "desk.done.entered"), err
			}
		}
	}
	v := &textPage{Head: r.T("desk.enter"), Lede: r.T("desk.enter.lede"), Back: r.Link(queuePath), Form: f, Save: r.T("desk.enter.save")}
	return kit.Page{Name: "text", Title: "desk.enter", Data: v, Form: f}, nil
}

// entry changes what the desk has entered, as long as the party has not taken it over.
func (a *area) entry(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	s, err := a.desk.Get(r.Context(), r.Person, r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	if s.Received == nil || s.State != pledge.StateDraft {
		return nil, errs.New(errs.NotFound, "%s is no entry of the desk", s.Ref)
	}
	f := r.NewForm(s.Version)
	a.pledgeFields(r, f, s.Pledge)
	f.Text("contact_name", "desk.field.contact_name", s.Contact.Name).Upto(200)
	f.Email("contact_email", "desk.field.contact_email", s.Contact.Email)
	var stored []history.Change
	if f.Valid() {
		c := s.Contact
		c.Name, c.Email = f.Value("contact_name"), f.Value("contact_email")
		p := pledgeOf(f, s.Pledge)
		_, err := a.desk.Save(intake.WithKey(r.Context(), f.Key), r.Person, s.Ref, f.IfVersion(), p, c)
		if refused(r, f, err) {
			r.Leaves(s.Ref)
			return kit.Done("/desk/"+s.Ref, "desk.done.entered"), err
		}
		stored = a.meanwhile(r, f, s, s.Pledge, p, err)
	}
	v := &textPage{Head: r.T("desk.entry", "ref", s.Ref), Lede: r.T("desk.enter.lede"), Back: r.Link("/desk/" + s.Ref), Form: f, Save: r.T("work.save"), Party: a.names(r).party(s.Lead), Stored: stored}
	if v.Opened, err = a.openedBy(r, s, true); err != nil {
		return nil, err
	}
	return kit.Page{Name: "text", Title: "desk.entry", TitleArgs: []any{"ref", s.Ref}, Data: v, Form: f}, nil
}

func (a *area) callOptions(r *kit.Request) (all []kit.Option, err error) {
	calls, err := a.desk.Calls(r.Context())
	if err != nil {
		return nil, err
	}
	for _, c := range calls {
		all = append(all, kit.Option{Value: c.ID, Text: c.In(r.Lang)})
	}
	slices.Reverse(all) // the standing one first
	return all, nil
}
