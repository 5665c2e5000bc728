package compact

import (
	"slices"

	"stocktake/internal/lang"
)

// phrases is what one file of texts says: key → phrase, each with the line that it stands on.
type phrases map[string]placed

type placed struct {
	Phrase
	node node
}

// readTexts reads texts/<language>.yaml:
//
//	language: fr
//	blocks:
//	  - source: own          # where the texts of this block come from
//	    verified: false      # whether somebody compared them with it
//	    texts:
//	      objectives.1.label: Données
//	      objectives.2.label: {text: …, source: …, verified: …}   # says otherwise for one
func readTexts(root node, language lang.Code) phrases {
	out := phrases{}
	o := root.object()
	if n := o.need("language"); n.kind != broken && n.text() != string(language) {
		n.report("%q stands in the file of %s", n.text(), language)
	}
	for _, item := range o.need("blocks").list() {
		b := item.object()
		source, verified := b.need("source").text(), b.get("verified").bool()
		texts := b.need("texts")
		if texts.kind != mapping {
			if texts.kind != broken {
				texts.report("keys with values are expected, not %s", kindNames[texts.kind])
			}
			b.done()
			continue
		}
		for _, key := range texts.keys {
			n := texts.values[key]
			n.key = key
			p := Phrase{Source: source, Verified: verified}
			if n.kind == mapping {
				e := n.object()
				p.Text = e.need("text").text()
				if s := e.get("source"); s.kind != absent {
					p.Source = s.text()
				}
				if v := e.get("verified"); v.kind != absent {
					p.Verified = v.bool()
				}
				e.done()
			} else if n.kind == absent {
				n.report("is empty")
			} else {
				p.Text = n.text()
			}
			if first, twice := out[key]; twice {
				n.report("stands twice; first on line %d", first.node.line)
				continue
			}
			out[key] = placed{p, n}
		}
		b.done()
	}
	o.done()
	return out
}

// fill puts the phrases of one language into the places that want them.
func (r *reader) fill(language lang.Code, ps phrases, root node) {
	wanted := map[string]bool{}
	for _, w := range r.wants {
		if wanted[w.key] {
			continue // a slug that stands twice, which is reported
		}
		wanted[w.key] = true
		p, ok := ps[w.key]
		if !ok {
			if language == lang.EN && !w.optional {
				root.doc.report(1, w.key, "is missing; %s:%d asks for it", w.node.doc.file, w.node.line)
			}
			continue
		}
		if p.Source != "" {
			if _, ok := r.pack.Source(p.Source); !ok {
				p.node.report("source %q is not one of the sources of pack.yaml", p.Source)
			}
		}
		(*w.into)[language] = p.Phrase
	}
	for key, p := range ps {
		if !wanted[key] {
			p.node.report("the pack has no place for this text")
		}
	}
}

// Missing lists the texts that a language does not have, by key; readers of that language see
// English in their place.
func (p *Pack) Missing(c lang.Code) []string {
	var out []string
	for _, w := range p.texts {
		if _, english := (*w.into)[lang.EN]; !english && w.optional {
			continue
		}
		if (*w.into)[c].Text == "" {
			out = append(out, w.key)
		}
	}
	slices.Sort(out)
	return out
}

// Texts calls f for every text of the pack, in the order of pack.yaml.
func (p *Pack) Texts(f func(key string, t Text)) {
	for _, w := range p.texts {
		f(w.key, *w.into)
	}
}
