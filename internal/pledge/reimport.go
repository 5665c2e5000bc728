package pledge

import (
	"encoding/json"
	"slices"

	"stocktake/internal/errs"
)

// What a file says may be in the register already, in other words than the file has for it. The
// calls below publish what is new, and nothing where the same file comes again, even for a pledge
// that has ended since; something new for that one is a conflict.

// Progress publishes what two columns say of a pledge: a stage, and the day that it is of, which
// may be missing. Where the latest report has that stage and was of that day, or became public on
// it, nothing is published, although the report may say more. effective is for a report that is
// published.
func (b *Batch) Progress(effective string, id string, stage Stage, on string) (Outcome, error) {
	rep := Report{Schema: Schema, Pledge: id, Stage: stage, On: on}.Tidied()
	s, err := b.standingOrGone(id)
	if err != nil {
		return Outcome{}, err
	}
	if n := len(s.reports); n > 0 {
		last := s.reports[n-1]
		sum, err := reportDigest(rep)
		if err != nil {
			return Outcome{}, err
		}
		same := last.digest == sum // word for word, as it mostly is
		if !same {
			latest, err := b.report(id, n)
			if err != nil {
				return Outcome{}, err
			}
			same = latest.Stage == stage && (on == "" || on == latest.On || on == last.effective)
		}
		if same {
			return Outcome{What: Unchanged, ID: id, Number: n, Version: last.version, Position: -1, Effective: last.effective}, nil
		}
	}
	return b.Report(effective, rep)
}

// Reports publishes the progress reports of a pledge as a file has them: all of them, in their
// order. One that the pledge has already is passed over, wherever it stands; one with the number
// of another is a correction of it, public today; the others are new, each public on the day that
// the function effective gives. It returns how many were published.
func (b *Batch) Reports(id string, reports []Report, effective func(i int) string) (published int, err error) {
	s, err := b.standingOrGone(id)
	if err != nil {
		return 0, err
	}
	had := len(s.reports)
	used := make([]bool, had)
	same := make([]bool, len(reports)) // as one that the pledge has
	for _, byNumber := range []bool{true, false} {
		for i, rep := range reports {
			if same[i] {
				continue
			}
			sum, err := reportDigest(rep.Tidied())
			if err != nil {
				return 0, err
			}
			at := rep.Number - 1
			if !byNumber {
				at = slices.IndexFunc(s.reports[:had], func(r reported) bool { return r.digest == sum })
			}
			if at >= 0 && at < had && !used[at] && s.reports[at].digest == sum {
				used[at], same[i] = true, true
			}
		}
	}
	for i, rep := range reports {
		if same[i] {
			continue
		}
		day := ""
		if n := rep.Number; n < 1 || n > had || used[n-1] {
			rep.Number, day = 0, effective(i)
		} else {
			used[n-1] = true
		}
		out, err := b.Report(day, rep)
		if err != nil {
			return published, err
		}
		if out.What != Unchanged {
			published++
		}
	}
	return published, nil
}

// Translated is Translate for a translation out of a file, which does not know of which version
// it is one: the same words again are passed over, although the pledge may have changed since.
func (b *Batch) Translated(effective string, tr Translation) (Outcome, error) {
	tr = tr.Tidied()
	if _, err := b.standingOrGone(tr.Pledge); err != nil {
		return Outcome{}, err
	}
	known := false
	err := b.query(`SELECT doc FROM translations WHERE pledge = $1 AND language = $2 AND doc <> ''`, func(scan func(...any) error) error {
		var doc string
		if err := scan(&doc); err != nil {
			return err
		}
		var old Translation
		if err := json.Unmarshal([]byte(doc), &old); err != nil {
			return err
		}
		known = old.Title == tr.Title && old.Text == tr.Text && old.By == tr.By && (tr.Summary == "" || old.Summary == tr.Summary) &&
			(tr.ApprovedBy == "" || old.ApprovedBy == tr.ApprovedBy)
		return nil
	}, tr.Pledge, string(tr.Language))
	if err != nil || known {
		return Outcome{What: Unchanged, ID: tr.Pledge, Position: -1}, err
	}
	return b.Translate(effective, tr)
}

// standingOrGone finds a pledge that exists, ended or not.
func (b *Batch) standingOrGone(id string) (*standing, error) {
	s, err := b.standing(id)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return nil, errs.New(errs.NotFound, "there is no pledge %q", id)
	case s.status == erased:
		return nil, gone(id)
	}
	return s, nil
}

// report is the latest version of a report that exists, written already or waiting.
func (b *Batch) report(id string, number int) (rep Report, err error) {
	for _, r := range slices.Backward(b.newReports) {
		if r.id == id && r.number == number {
			return rep, json.Unmarshal([]byte(r.doc), &rep)
		}
	}
	err = b.query(`SELECT doc FROM reports WHERE pledge = $1 AND number = $2`, func(scan func(...any) error) error {
		var doc string
		if err := scan(&doc); err != nil || doc == "" { // erased: it says nothing
			return err
		}
		return json.Unmarshal([]byte(doc), &rep)
	}, id, number)
	return rep, err
}
