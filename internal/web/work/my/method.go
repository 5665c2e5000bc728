package my

import (
	"stocktake/internal/pledge/advice"
	"stocktake/internal/web/work/kit"
)

// Method says how the advice is counted, to everybody: the rules with their weights, and the
// words that they look for in the reader's language.
type Method struct {
	Parts []MethodPart
	Lists []WordList
}

// MethodPart is one of the four qualities with its rules.
type MethodPart struct {
	Name  string
	Rules []MethodRule
}

// MethodRule is one rule and what it is worth.
type MethodRule struct {
	Says   string
	Weight int
}

// WordList is one of the lists of words.
type WordList struct {
	Name  string
	Words []string
}

func (a *area) method(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	d := &Method{}
	for _, dim := range advice.Dimensions {
		part := MethodPart{Name: r.T("my.dimension." + string(dim))}
		for _, rule := range advice.Rules {
			if rule.Dimension == dim {
				part.Rules = append(part.Rules, MethodRule{r.T("my." + rule.Key + ".rule"), rule.Weight})
			}
		}
		d.Parts = append(d.Parts, part)
	}
	w, err := advice.WordsOf(r.Lang)
	if err != nil {
		return nil, err
	}
	d.Lists = []WordList{{r.T("my.method.verbs"), w.Verbs}, {r.T("my.method.vague"), w.Vague}, {r.T("my.method.resources"), w.Resources}}
	return kit.Page{Name: "method", Title: "my.method", Data: d}, nil
}
