// Package problem is the page of an error: what happened, in the reader's language, and where
// to go on from here.
package problem

import (
	_ "embed"
	"html/template"

	"stocktake/internal/web/page"
)

//go:embed problem.html
var Template string

// Page is what the template shows.
type Page struct {
	page.Frame
	Status int
	Head   string
	Text   string
	Why    template.HTML // when and why it is gone
	Faults []Fault
	Links  []page.Item
}

// Fault is one wrong value of the address.
type Fault struct {
	Name, Value string
	Says        string
	Without     string // the page without it
}
