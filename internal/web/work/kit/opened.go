package kit

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Openings know who has something open. They are for showing alone, and block nothing: that nobody
// overwrites another unseen is for the versions of forms. So they are not stored, and end with the
// program. The zero value is ready; it is safe for concurrent use.
type Openings struct {
	mu sync.Mutex
	of map[string][]opened
}

type opened struct {
	person       string
	since, until time.Time
}

// openFor is how long somebody counts as having it open after the last sign of it.
const openFor = 5 * time.Minute

// Opener is who else has a page open, and since when.
type Opener struct {
	Name  string
	Since Moment
}

// Opener is for the template "opened"; a person without a name is somebody else.
func (r *Request) Opener(name string, since time.Time) *Opener {
	return &Opener{cmp.Or(name, r.T("work.open_by.other")), r.Moment(since)}
}

// Open notes that a person has something open.
func (o *Openings) Open(what, person string, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of == nil {
		o.of = map[string][]opened{}
	}
	for k, all := range o.of { // of what was left without a word
		if all = slices.DeleteFunc(all, func(x opened) bool { return !now.Before(x.until) }); len(all) == 0 {
			delete(o.of, k)
		} else {
			o.of[k] = all
		}
	}
	if i := slices.IndexFunc(o.of[what], func(x opened) bool { return x.person == person }); i >= 0 {
		o.of[what][i].until = now.Add(openFor)
		return
	}
	o.of[what] = append(o.of[what], opened{person, now, now.Add(openFor)})
}

// Leave says that the person has closed it.
func (o *Openings) Leave(what, person string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	left := slices.DeleteFunc(o.of[what], func(x opened) bool { return x.person == person })
	if len(left) == 0 {
		delete(o.of, what)
	} else {
		o.of[what] = left
	}
}

// Move is Open for somebody who goes from one to the next, and has only the last one open.
func (o *Openings) Move(what, person string, now time.Time) {
	o.mu.Lock()
	for k := range o.of {
		if k != what {
			o.of[k] = slices.DeleteFunc(o.of[k], func(x opened) bool { return x.person == person })
		}
	}
	o.mu.Unlock()
	o.Open(what, person, now)
}

// By is who other than the person has had it open the longest; "" for nobody.
func (o *Openings) By(what, person string, now time.Time) (other string, since time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, x := range o.of[what] {
		if x.person != person && now.Before(x.until) {
			return x.person, x.since
		}
	}
	return "", time.Time{}
}
