// Package voice has the pages on which others than its parties speak of a pledge: a party
// comments and the one in the lead replies; the desk screens, enters assessments and publishes.
// Where the pack cites no mandate, no menu leads here and every page says why.
package voice

import (
	"bytes"
	"context"
	"embed"
	"strconv"
	"strings"

	"stocktake/internal/access"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/comment"
	"stocktake/internal/web/page"
	"stocktake/internal/web/work/kit"
)

//go:embed *.html
var templates embed.FS

//go:embed messages/*.json
var messages embed.FS

const (
	minePath    = "/my/comments"
	aboutPath   = "/my/{id}/comments"
	replyPath   = "/my/{id}/comments/{case}"
	deskPath    = "/desk/voices"
	enterPath   = "/desk/voices/new"
	casePath    = "/desk/voices/{case}"
	receiptPath = "/pledges/{id}/voices/{position}/receipt"
)

type area struct{ office *comment.Office }

// New is the area of what others say.
func New(office *comment.Office) kit.Area {
	a := area{office}
	area := kit.Area{
		Name: "voice", Templates: templates, Messages: messages,
		Pages: map[string]any{"mine": &minePage{}, "about": &aboutPage{}, "reply": &replyPage{}, "desk": &deskPage{}, "case": &casePage{}, "enter": &enterPage{}},
		Routes: []kit.Route{
			{Method: "GET", Path: minePath, Action: access.ContestPledge, Serve: a.mine},
			{Method: "GET", Path: aboutPath, Action: access.ContestPledge, Serve: a.about},
			{Method: "POST", Path: aboutPath, Action: access.ContestPledge, Serve: a.write},
			{Method: "GET", Path: replyPath, Action: access.AnswerContest, Serve: a.reply},
			{Method: "POST", Path: replyPath, Action: access.AnswerContest, Serve: a.answer},
			{Method: "GET", Path: deskPath, Action: access.PublishContest, Serve: a.desk},
			{Method: "GET", Path: enterPath, Action: access.AssessPledge, Serve: a.enter},
			{Method: "POST", Path: enterPath, Action: access.AssessPledge, Serve: a.entered},
			{Method: "GET", Path: casePath, Action: access.PublishContest, Serve: a.one},
			{Method: "POST", Path: casePath, Action: access.PublishContest, Serve: a.decide},
			{Method: "GET", Path: receiptPath, Serve: a.receipt},
		},
	}
	if office == nil || office.Mandated(pledge.CommentKind) == nil {
		area.Menu = append(area.Menu, kit.Entry{Path: minePath, Key: "voice.menu", Order: 15})
	}
	if office == nil || office.Mandated(pledge.VoiceKinds...) == nil {
		area.Menu = append(area.Menu, kit.Entry{Path: deskPath, Key: "voice.desk.menu", Order: 26})
	}
	return area
}

// Head is which pledge a page speaks of.
type Head struct {
	ID    string
	Party string
	Title page.Said
	Page  string
}

func head(r *kit.Request, p pledge.Current) Head {
	return Head{ID: p.ID, Party: r.PartyName(p.Lead()), Title: page.Say(p.Title, p.Language), Page: r.Link("/pledges/" + p.ID)}
}

// names gives the names of parties as the public pages have them.
type names struct{ r *kit.Request }

func (n names) Party(code string) (party.Party, bool) {
	if n.r.Kit.Index == nil {
		return party.Party{}, false
	}
	p, err := n.r.Kit.Index.Snapshot().Party(code, explore.Query{}, n.r.Today)
	return p, err == nil
}

// shown is a case as the public page would have it.
func shown(r *kit.Request, c comment.Case) page.Voice {
	if c.Kind == pledge.AssessmentKind {
		return r.Reader().Assessed(names{r}, c.Assessment)
	}
	return r.Reader().Commented(names{r}, c.Comment)
}

// row is a case in a list.
type row struct {
	Pledge, Href string
	Who          string
	Assessment   bool
	State, Tone  string
	Changed      kit.Moment
	Until        string // the last day for a reply
}

var tones = map[comment.State]string{comment.Published: "good", comment.Declined: "bad"}

func rowOf(r *kit.Request, c comment.Case, href string) row {
	x := row{Pledge: c.Pledge, Href: r.Link(href), Who: shown(r, c).Who.Text, Assessment: c.Kind == pledge.AssessmentKind,
		State: r.T("voice.state." + string(c.State)), Tone: tones[c.State], Changed: r.Moment(c.Changed)}
	if c.State == comment.Asked {
		x.Until = r.P.Date(c.Comment.ReplyBy)
	}
	return x
}

// languages are those in which a text may be written.
func languages(f *kit.Form, r *kit.Request, written lang.Code) {
	var options []kit.Option
	for _, c := range lang.All {
		options = append(options, kit.Option{Value: string(c), Text: c.Autonym()})
	}
	if written == "" {
		written = r.Lang
	}
	f.Select("language", "voice.field.language", string(written), options).Must()
}

// reports are what a comment or an assessment can speak of: the pledge, or one of its reports.
func reports(f *kit.Form, r *kit.Request, n, chosen int) {
	options := kit.Options("0", r.T("voice.field.report.pledge"))
	for i := range n {
		options = append(options, kit.Option{Value: strconv.Itoa(i + 1), Text: r.T("pledge.report", "number", i+1)})
	}
	f.Select("report", "voice.field.report", strconv.Itoa(chosen), options)
}

const mostEvidence = 3 // links that the forms take

func evidence(f *kit.Form, r *kit.Request, links []pledge.Link) {
	for i := range mostEvidence {
		var l pledge.Link
		if i < len(links) {
			l = links[i]
		}
		at := "evidence_" + strconv.Itoa(i)
		f.URL(at, "voice.field.evidence", l.URL).Label = r.T("voice.field.evidence", "n", i+1)
		f.Text(at+"_title", "voice.field.evidence_title", l.Title).Upto(300).Label = r.T("voice.field.evidence_title", "n", i+1)
	}
}

func readEvidence(f *kit.Form) (links []pledge.Link) {
	for i := range mostEvidence {
		at := "evidence_" + strconv.Itoa(i)
		if url := f.Value(at); url != "" {
			links = append(links, pledge.Link{URL: url, Title: f.Value(at + "_title")})
		}
	}
	return links
}

// receipt is the proof that an entry in which others speak is in the register, for everybody.
func (a area) receipt(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	position, err := strconv.ParseInt(r.PathValue("position"), 10, 64)
	if err != nil {
		return nil, errs.New(errs.NotFound, "%q is no position", r.PathValue("position"))
	}
	id := r.PathValue("id")
	ours, err := a.published(r.Context(), id, position)
	if err != nil {
		return nil, err
	}
	if !ours {
		return nil, errs.New(errs.NotFound, "entry %d does not speak of %s", position, id)
	}
	receipt, err := a.office.Book.Log.Receipt(r.Context(), position)
	if err != nil {
		return nil, err
	}
	b, err := receipt.JSON()
	if err != nil {
		return nil, err
	}
	return kit.File{Name: id + "-" + strconv.FormatInt(position, 10) + ".receipt.json", Type: "application/json", Content: bytes.NewReader(b)}, nil
}

// published reports whether somebody else speaks of the pledge at the position.
func (a area) published(ctx context.Context, id string, position int64) (bool, error) {
	e, err := a.office.Book.Log.Entry(ctx, position)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil || e.WithheldBy >= 0 {
		return false, err
	}
	return pledge.Mandated(a.office.Pack, e.Header.Kind) && strings.HasPrefix(e.Header.Subject, e.Header.Kind+":"+id+"/"), nil
}
