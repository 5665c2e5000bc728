package webtest

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

var (
	action = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	letter = regexp.MustCompile(`\p{L}`)
)

// Words are the texts of a template, and the attributes that people read, which do not come from
// messages.
func Words(template string) (found []string) {
	z := html.NewTokenizer(strings.NewReader(action.ReplaceAllString(template, "\u2000")))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return found
		}
		tok := z.Token()
		switch kind {
		case html.TextToken:
			if letter.MatchString(tok.Data) {
				found = append(found, strconv.Quote(strings.TrimSpace(tok.Data)))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			d := Doc{Node: &html.Node{Type: html.ElementNode, Data: tok.Data, Attr: tok.Attr}}
			for _, attr := range []string{"title", "alt", "aria-label", "aria-description", "placeholder"} {
				if v := d.Get(attr); letter.MatchString(v) {
					found = append(found, strconv.Quote(v)+" in "+attr)
				}
			}
		}
	}
}
