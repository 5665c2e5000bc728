package desk

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/place"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/page/history"
	"stocktake/internal/web/work/kit"
)

// correct publishes a correction of what is public. How a pledge is filed is the desk's to
// correct; the party's words and money only as the party asked for, and how it did is said.
func (a *area) correct(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	s, err := a.desk.Get(r.Context(), r.Person, r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	if s.State != pledge.StatePublished {
		return nil, errs.New(errs.NotFound, "%s is not public as it stands", s.Ref)
	}
	current, err := a.current(r, s.Published)
	if err != nil {
		return nil, err
	}
	f := r.NewForm(s.Version)
	f.Long("notice", "desk.correct.why", "", 2).Must().Upto(2000)
	f.Select("notice_in", "desk.language_of_words", string(r.Lang), languages())
	ways := []kit.Option{}
	for _, how := range intake.Ways {
		ways = append(ways, kit.Option{Value: how, Text: r.T(wayKey[how])})
	}
	f.Select("how", "desk.correct.how", "", ways).Empty(r.T("desk.correct.how.none"))
	f.Date("on", "desk.field.on", "")
	f.Text("reference", "desk.field.reference", "").Upto(200)
	a.filingFields(r, f, current)
	a.pledgeFields(r, f, current)
	var stored []history.Change
	if f.Valid() {
		p, ok := a.filedAs(f, corrected(f, current))
		if ok {
			_, err := a.desk.Correct(intake.WithKey(r.Context(), f.Key), r.Person, s.Ref, f.IfVersion(), p,
				pledge.Notice{Reason: f.Value("notice"), Language: lang.Code(f.Value("notice_in"))}, asked(f))
			if done := a.refusedCorrection(r, f, err); done {
				r.Leaves(s.Ref)
				return kit.Done("/desk/"+s.Ref, "desk.done.correct"), err
			}
			stored = a.meanwhile(r, f, s, current, p, err)
		}
	}
	v := &textPage{
		Head: r.T("desk.correct", "ref", s.Published), Lede: r.T("desk.correct.lede"), Back: r.Link("/desk/" + s.Ref), Form: f, Save: r.T("desk.correct.save"),
		Party: a.names(r).party(s.Lead), Stored: stored,
	}
	if v.Opened, err = a.openedBy(r, s, true); err != nil {
		return nil, err
	}
	return kit.Page{Name: "text", Title: "desk.correct", TitleArgs: []any{"ref", s.Published}, Data: v, Form: f}, nil
}

// refusedCorrection is refused, with the party's own fields told as what is missing: how the
// party asked for the change.
func (a *area) refusedCorrection(r *kit.Request, f *kit.Form, err error) bool {
	if errs.Is(err, errs.Invalid) && f.Value("how") == "" && slices.ContainsFunc(errs.FieldsOf(err), func(x errs.Field) bool { return intake.PartysOwn(x.Field) }) {
		f.Fault("how", "desk.fault.partys_own", "field", fieldName(r, errs.FieldsOf(err)[0].Field))
		return false
	}
	return refused(r, f, err)
}

// current is a pledge as the register has it now.
func (a *area) current(r *kit.Request, id string) (p pledge.Pledge, err error) {
	err = a.desk.DB.Read(r.Context(), func(tx *db.Tx) error {
		found, err := pledge.Get(r.Context(), tx, id)
		p = found.Pledge
		return err
	})
	return p, err
}

// asked is how the party asked for a correction; nil where it did not.
func asked(f *kit.Form) *intake.Received {
	if f.Value("how") == "" {
		return nil
	}
	on, _ := f.DateValue("on") // the form has checked it
	return &intake.Received{How: f.Value("how"), On: on, Reference: f.Value("reference")}
}

// filingFields are those by which a pledge is filed, beside its objectives.
func (a *area) filingFields(r *kit.Request, f *kit.Form, p pledge.Pledge) {
	var principles, levels []kit.Option
	for _, x := range a.desk.Book.Pack.Principles {
		principles = append(principles, kit.Option{Value: x.Slug, Text: x.Name.In(r.Lang)})
	}
	for _, l := range pledge.Levels {
		levels = append(levels, kit.Option{Value: string(l), Text: r.Reader().Word("level", string(l))})
	}
	f.Checks("principles", "desk.field.principles", p.Principles, principles)
	f.Checks("levels", "desk.field.levels", texts(p.Levels, func(l pledge.Level) string { return string(l) }), levels)
	f.Text("countries", "desk.field.countries", strings.Join(p.Countries, ", ")).Upto(2000)
	f.Text("source", "desk.field.source", p.Source).Upto(300)
}

// filedAs is the pledge as the form files it; false where a country is none.
func (a *area) filedAs(f *kit.Form, p pledge.Pledge) (pledge.Pledge, bool) {
	var levels []pledge.Level
	for _, l := range f.Values("levels") {
		levels = append(levels, pledge.Level(l))
	}
	p.Principles, p.Levels, p.Countries = asBefore(f.Values("principles"), p.Principles), asBefore(levels, p.Levels), nil
	for name := range strings.FieldsFuncSeq(f.Value("countries"), func(c rune) bool { return c == ',' || c == '،' || c == '，' || c == '、' || c == ';' }) {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		c, ok := place.ByAlpha2(name)
		if !ok {
			c, ok = place.Lookup(name)
		}
		if !ok {
			f.Fault("countries", "desk.fault.countries", "name", name)
			return p, false
		}
		p.Countries = append(p.Countries, c.Alpha2)
	}
	p.Source = f.Value("source")
	return p, true
}

// corrected is pledgeOf without what the form fills in by itself: a correction changes only what
// somebody has changed.
func corrected(f *kit.Form, p pledge.Pledge) pledge.Pledge {
	out := pledgeOf(f, p)
	out.TextBy, out.ObjectivesBy, out.Nature = p.TextBy, p.ObjectivesBy, asBefore(out.Nature, p.Nature)
	if p.Form == "" && out.Form == pledge.Individual {
		out.Form = ""
	}
	if !slices.Equal(out.Objectives, p.Objectives) {
		out.ObjectivesBy = pledge.BySecretariat
	}
	return out
}

// asBefore is now in the order of before where it holds the same: forms send values in theirs.
func asBefore[T cmp.Ordered](now, before []T) []T {
	if slices.Equal(slices.Sorted(slices.Values(now)), slices.Sorted(slices.Values(before))) {
		return before
	}
	return now
}

// historyPage has the texts of a submission that the desk was given, the newest first.
type historyPage struct {
	Ref, Back, Party string
	Versions         []version
}

type version struct {
	Name    string
	At      kit.Moment
	Title   string
	Text    []string
	Lang    lang.Code
	Dir     string
	Facts   []history.Change
	Changes []history.Change // against the version before
	First   bool
}

func (a *area) history(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	s, err := a.desk.Get(r.Context(), r.Person, r.PathValue("ref"))
	if err != nil {
		return nil, err
	}
	all, err := a.desk.History(r.Context(), r.Person, s.Ref)
	if err != nil {
		return nil, err
	}
	who := a.names(r)
	v := &historyPage{Ref: s.Ref, Back: r.Link("/desk/" + s.Ref), Party: who.party(s.Lead)}
	for i, d := range all {
		out := version{
			Name: r.T("desk.history.version", "n", strconv.Itoa(d.Version)), At: r.Moment(d.At), Title: d.Pledge.Title, Text: paragraphs(d.Pledge.Text),
			Lang: d.Pledge.Language, Dir: d.Pledge.Language.Dir(), Facts: facts(r, who, d.Pledge), First: i == len(all)-1,
		}
		if !out.First {
			out.Changes = history.Differences(r.Reader(), who, given(all[i+1].Pledge), given(d.Pledge))
		}
		v.Versions = append(v.Versions, out)
	}
	return kit.Page{Name: "history", Title: "desk.history", TitleArgs: []any{"ref", s.Ref}, Data: v}, nil
}

// replace marks a published pledge as replaced by another one.
func (a *area) replace(r *kit.Request, s intake.Submission, f *kit.Form) error {
	with := strings.ToUpper(f.Value("instead"))
	if with == "" || with == s.Published {
		f.Fault("instead", "desk.fault.instead")
		return nil
	}
	_, err := a.desk.Supersede(intake.WithKey(r.Context(), f.Key+"supersede"), r.Person, s.Ref, f.IfVersion(), with,
		pledge.Notice{Reason: f.Value("instead_why"), Language: lang.Code(f.Value("instead_in"))})
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Gone) {
		f.Fault("instead", "desk.fault.instead")
		return nil
	}
	return renamed(renamed(err, "notice.reason", "instead_why"), "superseded_by", "instead")
}

// mayCorrect reports whether the page of corrections is open.
func mayCorrect(r *kit.Request, s intake.Submission) bool {
	return s.State == pledge.StatePublished && r.May(access.EnterPledge, access.Subject{State: string(s.State), Lead: s.Lead})
}
