package intake

import (
	"context"
	"slices"

	"stocktake/internal/access"
	"stocktake/internal/errs"
)

// KeepChecklist notes which lines of Checklist are ticked; the others are not. It moves no version.
func (d *Desk) KeepChecklist(ctx context.Context, by access.Person, ref string, ticked []string) (Submission, error) {
	for _, line := range ticked {
		if !slices.Contains(Checklist, line) {
			return Submission{}, errs.New(errs.Invalid, "%q is no line of the checklist", line)
		}
	}
	lines := slices.DeleteFunc(slices.Clone(Checklist), func(line string) bool { return !slices.Contains(ticked, line) })
	return d.mark(ctx, by, ref, access.WriteNotes, lines, func(t *turn) { t.x.Ticked = lines })
}
