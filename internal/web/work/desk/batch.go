package desk

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"stocktake/internal/errs"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/page"
	"stocktake/internal/web/page/history"
	"stocktake/internal/web/work/kit"
)

const batchPath = "/desk/schedule"

// batchPage schedules several submissions for one minute: first which and when, then exactly
// what will be published, and only then, confirmed, is anything done.
type batchPage struct {
	Rows    []batchRow
	Left    []batchRow // that cannot be scheduled, each with why
	At      kit.Moment // set: a preview
	UTC     kit.Moment
	Confirm string
	Back    string
	Form    *kit.Form
}

type batchRow struct {
	Ref, Href, Pick string
	Title           page.Said
	Party           string
	Text            []string
	Facts           []history.Change
	Why             []string
}

// mostPicked is how many are scheduled together: a page of the queue.
const mostPicked = pageSize

func (a *area) batch(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	f := r.NewForm(nil)
	picked := r.URL.Query()["pick"]
	if f.Posted() {
		picked = f.Values("pick")
	}
	if len(picked) == 0 {
		return kit.Redirect(queuePath), nil
	}
	if len(picked) > mostPicked {
		return nil, errs.New(errs.Invalid, "%d at once", len(picked))
	}
	f.Date("publish_on", "desk.publish_on", r.Day()).Note("") // a whole day
	f.Text("publish_time", "desk.batch.time", "").Must().Upto(5)
	f.Text("zone", "desk.call.zone", r.Zone().String()).Must().Upto(60)
	v := &batchPage{Back: r.Link(queuePath), Form: f}
	if err := a.pick(r, v, picked); err != nil {
		return nil, err
	}
	if f.Valid() {
		at, ok := batchAt(r, f)
		switch {
		case !ok:
		case f.Value("do") == "confirm" && f.Version == at.UTC().Format(time.RFC3339): // the minute that the preview named
			return a.schedule(r, f, v, at)
		default:
			v.At = kit.Moment{ISO: at.UTC().Format(time.RFC3339), Text: r.P.DateTimeIn(at)}
			f.Version = v.At.ISO
			v.UTC = kit.Moment{ISO: v.At.ISO, Text: r.P.DateTimeIn(at.UTC())}
			v.Confirm = r.T("desk.batch.confirm", "n", len(v.Rows))
		}
	}
	return kit.Page{Name: "batch", Title: "desk.batch", Data: v, Form: f}, nil
}

// batchAt is the minute meant, in the zone named.
func batchAt(r *kit.Request, f *kit.Form) (time.Time, bool) {
	zone, err := time.LoadLocation(f.Value("zone"))
	if err != nil || strings.EqualFold(f.Value("zone"), "local") {
		f.Fault("zone", "desk.fault.zone")
		return time.Time{}, false
	}
	at, ok := momentIn(f, zone)
	if !ok || !at.After(r.Now) {
		f.Fault("publish_on", "desk.fault.publish_at")
		return time.Time{}, false
	}
	return at, true
}

// pick reads what was picked, each as the person may see it.
func (a *area) pick(r *kit.Request, v *batchPage, picked []string) error {
	who := a.names(r)
	for _, pick := range picked {
		ref, version, _ := strings.Cut(pick, ":")
		n, err := strconv.Atoi(version)
		if err != nil || n < 1 {
			return errs.New(errs.Invalid, "a line of no version")
		}
		s, err := a.desk.Get(r.Context(), r.Person, ref)
		if err != nil {
			return err
		}
		out := batchRow{
			Ref: ref, Href: r.Link("/desk/" + ref), Pick: pick, Title: page.Say(s.Pledge.Title, s.Pledge.Language), Party: who.party(s.Lead),
			Text: paragraphs(s.Pledge.Text), Facts: facts(r, who, s.Pledge),
		}
		switch {
		case s.State != pledge.StateSubmitted:
			out.Why = append(out.Why, r.T("desk.refused.not_now"))
		case s.Version != n:
			out.Why = append(out.Why, r.T("desk.refused.changed_meanwhile"))
		}
		for _, key := range s.Blocked {
			out.Why = append(out.Why, r.T(key))
		}
		for _, x := range s.Findings {
			out.Why = append(out.Why, fieldName(r, x.Field))
		}
		if len(out.Why) > 0 {
			v.Left = append(v.Left, out)
			continue
		}
		v.Rows = append(v.Rows, out)
	}
	return nil
}

// schedule schedules what the preview showed, as the preview showed it: each under the version
// that was seen. Each has its own result.
func (a *area) schedule(r *kit.Request, f *kit.Form, v *batchPage, at time.Time) (kit.Answer, error) {
	out := &bulkPage{Back: r.Link(queuePath), Title: r.T("desk.act.schedule")}
	for _, x := range v.Left {
		out.Rows = append(out.Rows, bulkRow{Ref: x.Ref, Href: x.Href, Says: strings.Join(x.Why, " ")})
	}
	for _, x := range v.Rows {
		_, version, _ := strings.Cut(x.Pick, ":")
		n, _ := strconv.Atoi(version) // pick has read it
		_, err := a.desk.Schedule(intake.WithKey(r.Context(), f.Key+x.Ref), r.Person, x.Ref, n, at)
		switch {
		case err == nil:
			out.Done++
		case errs.Is(err, errs.Internal):
			return nil, err
		default:
			why := says(r, err)
			if why == "" {
				why = r.T("desk.bulk.refused")
			}
			out.Rows = append(out.Rows, bulkRow{Ref: x.Ref, Href: x.Href, Says: why})
		}
	}
	if len(out.Rows) == 0 {
		return kit.Done(scheduledPath, "desk.done.schedule"), nil
	}
	return kit.Page{Name: "bulk", Title: "desk.bulk", Data: out}, nil
}

// batchLink leads from the queue to the page, with what was picked.
func batchLink(picked []string) string {
	return batchPath + "?" + url.Values{"pick": picked}.Encode()
}
