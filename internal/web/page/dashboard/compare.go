package dashboard

import (
	_ "embed"

	"stocktake/internal/web/page"
)

//go:embed compare.html
var compareTemplate string

// compare adds what changed since the day that the reader compares with.
func (p *Page) compare(r *page.Reader) error {
	p.Compare = r.Compare("/")
	day, err := r.SinceDay()
	if err != nil || day == "" {
		return err
	}
	p.Since, err = r.Since(day)
	return err
}
