package kit

import (
	"cmp"
	"time"

	"stocktake/internal/access"
)

// Opener is who else has a page open, and since when.
type Opener struct {
	Name  string
	Since Moment
}

// Opener is for the template "opened"; a person without a name is somebody else.
func (r *Request) Opener(name string, since time.Time) *Opener {
	return &Opener{cmp.Or(name, r.T("work.open_by.other")), r.Moment(since)}
}

// Opens notes for others that the reader has something open. No page fails for want of that.
func (r *Request) Opens(kind access.Opening, what string) {
	if err := r.Kit.Access.Open(r.Context(), kind, what, r.Person.ID); err != nil {
		r.Kit.Logger.Warn("not noted as open", "err", err)
	}
}

// Leaves notes that the reader has done with it; what is not noted runs out by itself.
func (r *Request) Leaves(what string) {
	if err := r.Kit.Access.Leave(r.Context(), what, r.Person.ID); err != nil {
		r.Kit.Logger.Warn("not noted as left", "err", err)
	}
}
