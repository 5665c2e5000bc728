package desk

import (
	"maps"
	"slices"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/page/history"
	"stocktake/internal/web/work/kit"
)

// scheduledPage previews what will be published, and when.
type scheduledPage struct {
	Rows  []scheduledRow
	Empty kit.Empty
	Form  *kit.Form
}

type scheduledRow struct {
	row
	At      kit.Moment
	Text    []string
	Lang    lang.Code
	Dir     string
	Blocked []string
	Facts   []history.Change
}

func (a *area) scheduled(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	return a.scheduledPage(r, r.NewForm(nil))
}

func (a *area) scheduledPage(r *kit.Request, f *kit.Form) (kit.Answer, error) {
	rows, _, err := a.desk.List(r.Context(), r.Person, intake.Filter{States: []pledge.State{pledge.StateScheduled}}, 0, 500)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(rows, func(x, y intake.Row) int { return x.PublishAt.Compare(y.PublishAt) })
	who := a.names(r)
	v := &scheduledPage{Empty: kit.Empty{Text: r.T("desk.scheduled.none"), Href: r.Link(queuePath), Link: r.T("desk.queue")}, Form: f}
	for _, x := range rows {
		s, err := a.desk.Get(r.Context(), r.Person, x.Ref)
		if err != nil {
			return nil, err
		}
		out := scheduledRow{
			row: a.row(r, who, x), At: r.Moment(x.PublishAt), Text: paragraphs(s.Pledge.Text), Lang: s.Pledge.Language, Dir: s.Pledge.Language.Dir(), Facts: facts(r, who, s.Pledge),
		}
		for _, key := range s.Blocked {
			out.Blocked = append(out.Blocked, r.T(key))
		}
		v.Rows = append(v.Rows, out)
	}
	return kit.Page{Name: "scheduled", Title: "desk.scheduled", Data: v, Form: f}, nil
}

// recall takes one submission, or all of them, back into the queue.
func (a *area) recall(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	f := r.NewForm(nil)
	rows, _, err := a.desk.List(r.Context(), r.Person, intake.Filter{States: []pledge.State{pledge.StateScheduled}}, 0, 500)
	if err != nil {
		return nil, err
	}
	for _, x := range rows {
		if f.Value("do") != "all" && f.Value("do") != x.Ref {
			continue
		}
		_, err := a.desk.Unschedule(intake.WithKey(r.Context(), f.Key+x.Ref), r.Person, x.Ref, x.Version)
		if !refused(r, f, err) {
			return a.scheduledPage(r, f)
		}
		if err != nil {
			return nil, err
		}
	}
	return kit.Done(scheduledPath, "desk.done.unschedule"), nil
}

// partiesPage lists how parties stand with the desk, and introduces one.
type partiesPage struct {
	Find string // where a party is looked up
	Rows []holdingRow
	Form *kit.Form
}

type holdingRow struct {
	Href, Name, Code string
	Held             bool
	Note             string
	Basis, Until     string
	Expired, Known   bool
}

func (a *area) parties(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	if typed := r.Query("find"); typed != "" && !r.Posted() {
		if code := a.partyMeant(r, typed); code != "" {
			return kit.Redirect(partiesPath + "/" + code), nil
		}
	}
	f := r.NewForm(nil)
	var kinds []kit.Option
	for _, k := range a.desk.Book.Pack.Kinds {
		kinds = append(kinds, kit.Option{Value: k.Slug, Text: k.One.In(r.Lang)})
	}
	f.Text("name", "desk.party.name", "").Must().Upto(300)
	f.Select("name_in", "desk.party.name_in", string(r.Lang), languages())
	f.Text("code", "desk.party.code", "").Must().Upto(80)
	f.Select("kind", "desk.party.kind", "", kinds).Empty("–").Must()
	var countries []kit.Option
	for _, c := range place.Countries() {
		countries = append(countries, kit.Option{Value: c.Alpha2, Text: r.Reader().CountryName(c.Alpha2)})
	}
	slices.SortFunc(countries, func(x, y kit.Option) int { return lang.Collate(r.Lang)(x.Text, y.Text) })
	f.Select("country", "desk.party.country", "", countries).Empty("–")
	if f.Valid() {
		code := strings.ToLower(f.Value("code"))
		err := a.desk.Introduce(r.Context(), r.Person, party.Party{
			Schema: party.Schema, Code: code, Kind: f.Value("kind"), Names: map[lang.Code]string{lang.Code(f.Value("name_in")): f.Value("name")},
			Country: f.Value("country"), Parent: party.ParentOf(code),
		})
		if refused(r, f, renamed(err, "names", "name")) {
			return kit.Done(partiesPath+"/"+code, "desk.done.introduced"), err
		}
	}
	all, err := a.desk.Holdings(r.Context(), r.Person)
	if err != nil {
		return nil, err
	}
	v := &partiesPage{Find: r.Query("find"), Form: f}
	who := a.names(r)
	for _, h := range all {
		v.Rows = append(v.Rows, holdingRow{
			Href: r.Link(partiesPath + "/" + h.Party), Name: who.party(h.Party), Code: h.Party, Held: h.Held, Note: h.HeldNote, Basis: h.Basis,
			Until: r.P.Date(h.ClearedUntil), Expired: h.ClearedUntil != "" && h.ClearedUntil < r.Today, Known: h.Known,
		})
	}
	return kit.Page{Name: "parties", Title: "desk.parties", Data: v, Form: f}, nil
}

// partyPage is one party: on hold or not, its clearance, its contacts.
type partyPage struct {
	Name, Code, Kind string
	Held             bool
	Needs            bool // a clearance
	Cleared          string
	Form             *kit.Form
	Contacts         []contact
	Queue            string
}

type contact struct {
	Name, Email string
	Deputy      bool
}

func (a *area) party(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	p, err := a.desk.Party(r.Context(), r.PathValue("code"))
	if err != nil {
		return nil, err
	}
	all, err := a.desk.Holdings(r.Context(), r.Person)
	if err != nil {
		return nil, err
	}
	h := intake.Holding{Party: p.Code}
	if i := slices.IndexFunc(all, func(x intake.Holding) bool { return x.Party == p.Code }); i >= 0 {
		h = all[i]
	}
	f := r.NewForm(nil)
	f.Text("held_note", "desk.party.held_note", h.HeldNote).Upto(500)
	f.Text("basis", "desk.party.basis", h.Basis).Upto(300)
	f.Date("until", "desk.party.until", h.ClearedUntil)
	if f.Valid() {
		done := ""
		switch f.Value("do") {
		case "hold", "lift":
			done = "desk.done.hold"
			err = a.desk.Hold(r.Context(), r.Person, p.Code, f.Value("do") == "hold", f.Value("held_note"))
		case "clear":
			done = "desk.done.clear"
			until, _ := f.DateValue("until") // the form has checked it
			err = a.desk.ClearParty(r.Context(), r.Person, p.Code, f.Value("basis"), until)
		default:
			return nil, errs.New(errs.Invalid, "do what?")
		}
		if refused(r, f, err) {
			return kit.Done(partiesPath+"/"+p.Code, done), err
		}
	}
	v := &partyPage{
		Name: r.Reader().PartyName(p), Code: p.Code, Kind: r.Reader().Kind(p.Kind), Held: h.Held, Needs: !party.State(p.Kind), Form: f,
		Queue: r.Link(queuePath) + "?party=" + p.Code,
	}
	if h.ClearedUntil >= r.Today {
		v.Cleared = r.P.Date(h.ClearedUntil)
	}
	if err := a.contacts(r, p.Code, v); err != nil {
		return nil, err
	}
	return kit.Page{Name: "party", Title: "desk.party", TitleArgs: []any{"party", v.Name}, Data: v, Form: f}, nil
}

// contacts reads whom the desk can write to; that it was read is written down.
func (a *area) contacts(r *kit.Request, code string, v *partyPage) error {
	if !r.May(access.ReadContacts, access.Subject{Lead: code}) {
		return nil
	}
	return a.desk.DB.Write(r.Context(), func(tx *db.Tx) error {
		people, err := a.desk.People.ContactsOf(r.Context(), tx, code, r.Today)
		if err != nil {
			return err
		}
		v.Contacts = nil
		for _, p := range people {
			g, _ := p.FocalPoint(code, r.Today)
			v.Contacts = append(v.Contacts, contact{p.Name, p.Email, g.Deputy})
		}
		return r.Kit.Access.Audit(r.Context(), tx, r.Person, access.ReadContacts, "party:"+code)
	})
}

// figuresPage counts submissions for a day.
type figuresPage struct {
	On      string
	Day     string
	Rows    []figure
	Wait    string
	Form    *kit.Form // publishes them
	Publish bool
	ByState []figure
}

type figure struct {
	Text string
	N    int
}

func (a *area) figures(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	f := r.NewForm(nil)
	on := r.Today
	if x := r.Query("on"); x != "" {
		on = x
	}
	if r.Posted() {
		on = f.Value("on")
		_, _, err := a.desk.PublishFigures(r.Context(), r.Person, on)
		if refused(r, f, err) {
			return kit.Done(figuresPath+"?on="+on, "desk.done.figures"), err
		}
		on = r.Today
	}
	n, err := a.desk.Figures(r.Context(), r.Person, on)
	if errs.Is(err, errs.Invalid) {
		f.Fault("on", "desk.fault.on")
		on = r.Today
		n, err = a.desk.Figures(r.Context(), r.Person, on)
	}
	if err != nil {
		return nil, err
	}
	wait, err := a.desk.Response(r.Context(), r.Person, r.Now.AddDate(0, 0, -90))
	if err != nil {
		return nil, err
	}
	v := &figuresPage{
		On: on, Day: r.P.Date(on), Form: f, Publish: r.Could(access.PublishFigures), Wait: waitText(r, wait),
		Rows: []figure{
			{r.T("desk.figures.received"), n.Received}, {r.T("desk.figures.in_review"), n.InReview}, {r.T("desk.figures.returned"), n.Returned},
			{r.T("desk.figures.published"), n.Published}, {r.T("desk.figures.set_aside"), *n.SetAside},
		},
	}
	if reads(r) {
		counts, err := a.desk.Counts(r.Context(), r.Person, intake.Filter{})
		if err != nil {
			return nil, err
		}
		for _, s := range slices.Sorted(maps.Keys(counts)) {
			v.ByState = append(v.ByState, figure{stateName(r, s, false), counts[s]})
		}
	}
	return kit.Page{Name: "figures", Title: "desk.figures", Data: v, Form: f}, nil
}
