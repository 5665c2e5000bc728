package voice

import (
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/comment"
	"stocktake/internal/web/page"
	"stocktake/internal/web/work/kit"
)

// minePage lists what somebody wrote, and what their parties are asked about.
type minePage struct {
	Own, Asked []row
}

func (a area) mine(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	own, asked, err := a.office.Mine(r.Context(), r.Person)
	if err != nil {
		return nil, err
	}
	v := &minePage{}
	for _, c := range own {
		v.Own = append(v.Own, rowOf(r, c, "/my/"+c.Pledge+"/comments"))
	}
	for _, c := range asked {
		v.Asked = append(v.Asked, rowOf(r, c, "/my/"+c.Pledge+"/comments/"+c.ID))
	}
	return kit.Page{Name: "mine", Title: "voice.mine.title", Data: v}, nil
}

// aboutPage is where a party comments on a pledge.
type aboutPage struct {
	Head
	Own   []ownCase
	Asked []row
	Form  *kit.Form // nil: the person may not comment, or has a comment under way
}

type ownCase struct {
	row
	Why   string // it was declined
	Words page.Voice
}

func (a area) about(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	about, err := a.office.About(r.Context(), r.Person, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return a.showAbout(r, about, nil), nil
}

func (a area) showAbout(r *kit.Request, about comment.About, f *kit.Form) kit.Answer {
	v := &aboutPage{Head: head(r, about.Pledge), Form: f}
	draft := draftOf(about)
	if f == nil && len(about.Speaks) > 0 && (draft.ID != "" || !about.Open()) {
		v.Form = commentForm(r, about, draft)
	}
	for _, c := range about.Own {
		if c.State == comment.Draft && (f == nil || f.Version == strconv.Itoa(c.Version)) {
			continue // it is in the form, unless another window has changed it
		}
		own := ownCase{row: rowOf(r, c, "/my/"+c.Pledge+"/comments"), Words: shown(r, c)}
		if c.State == comment.SetAside { // nothing was decided
			own.State = r.T("voice.state.submitted")
		}
		if c.State == comment.Declined {
			own.Why = c.Reason.In(r.Lang)
		}
		v.Own = append(v.Own, own)
	}
	if f != nil && draft.ID != "" { // once seen, what another window has saved may be replaced
		f.Version = strconv.Itoa(draft.Version)
	}
	for _, c := range about.Asked {
		v.Asked = append(v.Asked, rowOf(r, c, "/my/"+c.Pledge+"/comments/"+c.ID))
	}
	return kit.Page{Name: "about", Title: "voice.about.title", TitleArgs: []any{"id", v.ID}, Data: v, Form: f}
}

func draftOf(about comment.About) comment.Case {
	if i := slices.IndexFunc(about.Own, func(c comment.Case) bool { return c.State == comment.Draft }); i >= 0 {
		return about.Own[i]
	}
	return comment.Case{}
}

func commentForm(r *kit.Request, about comment.About, draft comment.Case) *kit.Form {
	f := r.NewForm(draft.Version)
	var parties []kit.Option
	for _, code := range about.Speaks {
		parties = append(parties, kit.Option{Value: code, Text: r.PartyName(code)})
	}
	c := draft.Comment
	f.Select("by", "voice.field.by", c.By, parties).Must()
	reports(f, r, about.Reports, c.Report)
	f.Text("contests", "voice.field.contests", c.Contests).Must().Upto(300)
	f.Long("text", "voice.field.text", c.Text, 8).Must().Upto(pledge.CommentWords)
	languages(f, r, c.Language)
	evidence(f, r, c.Evidence)
	return f
}

// write saves a comment, or hands it in.
func (a area) write(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	id := r.PathValue("id")
	about, err := a.office.About(r.Context(), r.Person, id)
	if err != nil {
		return nil, err
	}
	draft := draftOf(about)
	f := commentForm(r, about, draft)
	send := r.Form.Get("do") == "send"
	if send && !f.Valid() {
		return a.showAbout(r, about, f), nil
	}
	number, err := strconv.Atoi(f.Value("report"))
	if err != nil {
		return nil, errs.New(errs.Invalid, "%q is no report", f.Value("report"))
	}
	words := pledge.Comment{By: f.Value("by"), Report: number, Contests: f.Value("contests"), Text: lines(f.Value("text")), Language: lang.Code(f.Value("language")), Evidence: readEvidence(f)}
	twice := func(c comment.Case) bool {
		return c.State == comment.Submitted && c.Comment.By == words.By && c.Comment.Contests == words.Contests && c.Comment.Text == words.Text
	}
	if draft.ID == "" && slices.ContainsFunc(about.Own, twice) { // the form was sent twice
		return kit.Done("/my/"+id+"/comments", "voice.done.sent"), nil
	}
	var c comment.Case
	if draft.ID == "" {
		c, err = a.office.Begin(r.Context(), r.Person, id, words)
	} else {
		c, err = a.office.Save(r.Context(), r.Person, draft.ID, f.IfVersion(), words)
	}
	saved, done := err == nil, "voice.done.saved"
	if saved && send {
		done = "voice.done.sent"
		_, err = a.office.Submit(r.Context(), r.Person, c.ID, c.Version)
	}
	if f.Refused(named(err)) {
		return kit.Done("/my/"+id+"/comments", done), err
	}
	if saved { // the words were saved, and not handed in
		f.Version = strconv.Itoa(c.Version)
	}
	if about, err = a.office.About(r.Context(), r.Person, id); err != nil {
		return nil, err
	}
	return a.showAbout(r, about, f), nil
}

// replyPage is where the party in the lead replies to a comment.
type replyPage struct {
	Head
	Voice page.Voice
	Until string
	Late  bool
	Form  *kit.Form // nil: there is a published reply
}

func (a area) reply(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	about, c, err := a.asked(r)
	if err != nil {
		return nil, err
	}
	return a.showReply(r, about, c, nil), nil
}

// asked is the comment that the page speaks of, if the person's party was asked about it.
func (a area) asked(r *kit.Request) (about comment.About, c comment.Case, err error) {
	if about, err = a.office.About(r.Context(), r.Person, r.PathValue("id")); err != nil {
		return about, c, err
	}
	i := slices.IndexFunc(about.Asked, func(c comment.Case) bool { return c.ID == r.PathValue("case") })
	if i < 0 {
		return about, c, errs.New(errs.NotFound, "there is no comment %q to reply to", r.PathValue("case"))
	}
	return about, about.Asked[i], nil
}

func (a area) showReply(r *kit.Request, about comment.About, c comment.Case, f *kit.Form) kit.Answer {
	v := &replyPage{Head: head(r, about.Pledge), Voice: shown(r, c), Until: r.P.Date(c.Comment.ReplyBy), Late: c.State != comment.Asked, Form: f}
	if f == nil && (c.State != comment.Published || c.Comment.Reply == nil) {
		v.Form = replyForm(r, c)
	}
	return kit.Page{Name: "reply", Title: "voice.reply.title", TitleArgs: []any{"id", v.ID}, Data: v, Form: f}
}

func replyForm(r *kit.Request, c comment.Case) *kit.Form {
	f := r.NewForm(c.Version)
	var said pledge.Reply
	if c.Comment.Reply != nil {
		said = *c.Comment.Reply
	}
	f.Long("text", "voice.field.reply", said.Text, 8).Must().Upto(pledge.CommentWords)
	languages(f, r, said.Language)
	evidence(f, r, said.Evidence)
	return f
}

func (a area) answer(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	about, c, err := a.asked(r)
	if err != nil {
		return nil, err
	}
	f := replyForm(r, c)
	if f.Valid() {
		_, err := a.office.Reply(r.Context(), r.Person, c.ID, f.IfVersion(), pledge.Reply{Text: lines(f.Value("text")), Language: lang.Code(f.Value("language")), Evidence: readEvidence(f)})
		if f.Refused(named(err)) {
			return kit.Done("/my/"+about.Pledge.ID+"/comments/"+c.ID, "voice.done.replied"), err
		}
		f.Version = strconv.Itoa(c.Version) // the page shows what is stored; once seen, it may be replaced
	}
	return a.showReply(r, about, c, f), nil
}

func lines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// named gives the findings of the rules the names of the forms' fields.
func named(err error) error {
	found := errs.FieldsOf(err)
	if !errs.Is(err, errs.Invalid) || len(found) == 0 {
		return err
	}
	out := slices.Clone(found)
	for i, x := range out {
		field := strings.TrimPrefix(x.Field, "reply.")
		list, rest, inList := strings.Cut(field, "[")
		if n, member, _ := strings.Cut(rest, "]."); inList && list == "evidence" {
			out[i].Message = "voice.fault.evidence"
			if field = "evidence_" + n; member != "url" {
				field += "_title"
				out[i].Message = "voice.fault.text"
			}
		}
		out[i].Field = field
	}
	return errs.InvalidFields(out...)
}
