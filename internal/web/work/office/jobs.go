package office

import (
	"maps"
	"slices"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/errs"
	"stocktake/internal/queue"
	"stocktake/internal/web/work/kit"
)

// jobsPage lists what waits in the queue.
type jobsPage struct {
	Tabs   kit.Tabs
	Action string
	State  string
	Rows   []jobRow
	Pager  kit.Pager
	Empty  kit.Empty
	May    bool // the reader may run or stop jobs
}

type jobRow struct {
	ID, Kind, Task  string // Task is the kind in words
	State, Tone     string
	Attempts, Most  int
	Due, Changed    kit.Moment
	Error           string
	Retry, Cancel   bool
	RetryL, CancelL string // the buttons' labels, which name the job
}

var jobTones = map[queue.State]string{queue.Dead: "bad", queue.Done: "good"}

func (o *office) jobs(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	state := queue.State(r.Query("state"))
	if state != "" && !slices.Contains(queue.States, state) {
		return nil, errs.New(errs.Invalid, "no state %q", state)
	}
	v := &jobsPage{
		Action: r.Link(jobsPath), State: string(state), May: r.Could(access.RetryJob),
		Tabs: kit.Tabs{Label: r.T("office.jobs.states")}, Empty: kit.Empty{Text: r.T("office.jobs.none")},
	}
	err := o.db.Read(r.Context(), func(tx *db.Tx) error {
		byKind, err := queue.Count(r.Context(), tx)
		if err != nil {
			return err
		}
		counts, total := map[queue.State]int{}, 0
		for kind := range maps.Values(byKind) {
			for s, n := range kind {
				counts[s] += n
				total += n
			}
		}
		v.Tabs.Items = []kit.Tab{{Href: r.With("state", ""), Text: r.T("office.jobs.all"), Count: total, Current: state == ""}}
		for _, s := range queue.States {
			v.Tabs.Items = append(v.Tabs.Items, kit.Tab{Href: r.With("state", string(s)), Text: r.T("office.job." + string(s)), Count: counts[s], Current: s == state})
		}
		if state != "" {
			total = counts[state]
		}
		f := queue.Filter{State: state, Limit: pageSize}
		v.Pager, f.Skip = r.Pager(total, pageSize)
		all, err := queue.List(r.Context(), tx, f)
		v.Rows = nil
		for _, j := range all {
			waits := j.State == queue.Waiting || j.State == queue.Dead
			v.Rows = append(v.Rows, jobRow{
				ID: j.ID, Kind: j.Kind, Task: task(r, j.Kind), State: r.T("office.job." + string(j.State)), Tone: jobTones[j.State],
				Attempts: j.Attempts, Most: j.Most, Due: r.Moment(j.Due), Changed: r.Moment(j.Changed), Error: j.Error,
				Retry: v.May && (waits || j.State == queue.Cancelled), Cancel: v.May && waits,
				RetryL: r.T("office.jobs.retry.of", "kind", task(r, j.Kind)), CancelL: r.T("office.jobs.cancel.of", "kind", task(r, j.Kind)),
			})
		}
		return err
	})
	return kit.Page{Name: "jobs", Title: "office.jobs", Data: v, Wide: true}, err
}

// task is a kind of job in words; one that has none yet is called by its name.
func task(r *kit.Request, kind string) string {
	if key := "office.task." + kind; r.P.Has(key) {
		return r.T(key)
	}
	return kind
}

func (o *office) jobsAct(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	id, do, done := r.Form.Get("job"), queue.Retry, "office.done.retried"
	switch r.Form.Get("do") {
	case "retry":
	case "cancel":
		do, done = queue.Cancel, "office.done.cancelled"
	default:
		return nil, errs.New(errs.Invalid, "do what?")
	}
	err := o.db.Write(r.Context(), func(tx *db.Tx) error {
		if err := do(r.Context(), tx, id); err != nil {
			return err
		}
		return o.audit.Audit(r.Context(), tx, r.Person, access.RetryJob, "job:"+id)
	})
	back := jobsPath
	if s := r.Form.Get("state"); slices.Contains(queue.States, queue.State(s)) {
		back += "?state=" + s
	}
	return kit.Done(back, done), err
}
