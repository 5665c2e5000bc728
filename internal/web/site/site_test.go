package site_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/web/site"
)

func folder(yaml string) fstest.MapFS {
	return fstest.MapFS{site.File: {Data: []byte(yaml)}, "broken.json": {Data: []byte("{")}}
}

func TestLoad(t *testing.T) {
	s, err := site.Load(folder(`
operator: {en: Ministry of Examples, fr: Ministère des Exemples}
operator_url: https://example.org/
mandate:
  en: at the request of the Assembly
footnotes:
  - en: A note.
disclaimer: {en: No boundary is final.}
names:
  countries:
    CI: {en: Ivory Coast}
  parties:
    prt.foreign-affairs: {en: Foreign Office}
map: "off"
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ got, want string }{
		{s.Operator.In(lang.FR), "Ministère des Exemples"}, {s.Operator.In(lang.RU), "Ministry of Examples"},
		{s.Mandate.In(lang.EN), "at the request of the Assembly"}, {s.Footnotes[0].In(lang.ZH), "A note."},
		{s.Names.Countries["CI"].In(lang.EN), "Ivory Coast"}, {s.Names.Parties["prt.foreign-affairs"].In(lang.EN), "Foreign Office"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if !s.MapOff || s.Map != nil {
		t.Error("the map is not off")
	}
}

func TestLoadSaysWhere(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"an unknown key", "operator: {en: A}\nlogo: x.png\n", "site.yaml:2:"},
		{"an unknown language", "mandate:\n  en: A\n  de: B\n", `site.yaml:3: "de" is none of the languages`},
		{"an unknown country", "names:\n  countries:\n    KE: {en: Kenya}\n    XQ: {en: Nowhere}\n", `site.yaml:4: "XQ" is no ISO`},
		{"an empty text", "operator:\n  en: \"\"\n", "site.yaml:2: the text is empty"},
		{"an address that is none", "\noperator_url: javascript:alert(1)\n", `site.yaml:2: "javascript:alert(1)" is no web address`},
		{"a map that is missing", "operator: {en: A}\nmap: world.json\n", `site.yaml:2: the map "world.json" cannot be read`},
		{"a map that is broken", "map: broken.json\n", "site.yaml:1: broken.json"},
		{"no YAML", "operator: [\n", "site.yaml:"},
		{"an empty note", "footnotes:\n  - en: A\n  - fr: \" \"\n", "site.yaml:3: the text is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := site.Load(folder(c.yaml))
			if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := site.Load(fstest.MapFS{}); !errs.Is(err, errs.NotFound) {
		t.Errorf("an empty folder gives %v", err)
	}
}
