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
	Day         *Day   // where the value is to be a day
}

// Day asks for a day again: the field with what was written in it, the rest of the question, and the day
// that may have been meant.
type Day struct {
	Action, Field, Label string
	Hidden               []page.Pair
	First                bool // it has the focus
	Meant                page.Item
}
