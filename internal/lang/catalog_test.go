package lang

import (
	"encoding/json"
	"html/template"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"
)

// sample is a small complete catalogue.
var sample = map[Code]string{
	EN: `{
	"hello": "Hello, {name} & co",
	"pledges": {"one": "{n} pledge", "other": "{n} pledges"},
	"parties": {"one": "{n} party", "other": "{n} parties"},
	"sentence": "{pledges} by {parties}."
}`,
	FR: `{"hello": "Bonjour, {name} & cie", "pledges": {"one": "{n} annonce", "many": "{n} d’annonces", "other": "{n} annonces"},
	"parties": {"one": "{n} partie", "other": "{n} parties"}, "sentence": "{pledges} de {parties}."}`,
	ES: `{"hello": "Hola, {name} y cía", "pledges": {"one": "{n} promesa", "many": "{n} de promesas", "other": "{n} promesas"},
	"parties": {"one": "una parte", "other": "{n} partes"}, "sentence": "{pledges} de {parties}."}`,
	RU: `{"hello": "Здравствуйте, {name} и др.", "pledges": {"one": "{n} обязательство", "few": "{n} обязательства", "many": "{n} обязательств", "other": "{n} обязательства"},
	"parties": {"one": "{n} участник", "few": "{n} участника", "many": "{n} участников", "other": "{n} участника"}, "sentence": "{pledges}: {parties}."}`,
	ZH: `{"hello": "你好，{name}等", "pledges": {"other": "{n}项认捐"}, "parties": {"other": "{n}个缔约方"}, "sentence": "{parties}作出{pledges}。"}`,
	AR: `{"hello": "مرحبا {name} وآخرون", "pledges": {"zero": "لا تعهدات", "one": "تعهد واحد", "two": "تعهدان", "few": "{n} تعهدات", "many": "{n} تعهدا", "other": "{n} تعهد"},
	"parties": {"zero": "لا أطراف", "one": "طرف واحد", "two": "طرفان", "few": "{n} أطراف", "many": "{n} طرفا", "other": "{n} طرف"}, "sentence": "{pledges} من {parties}."}`,
}

// files is the sample with some files replaced.
func files(replaced map[Code]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for code, text := range sample {
		if other, ok := replaced[code]; ok {
			text = other
		}
		fsys[string(code)+".json"] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func load(t testing.TB, replaced map[Code]string) *Catalog {
	t.Helper()
	c, err := Load(files(replaced))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPrinterT(t *testing.T) {
	c := load(t, nil)
	type pledgeID string
	for _, test := range []struct {
		name string
		p    *Printer
		key  string
		args []any
		want string
	}{
		{"a text", c.Printer(EN), "hello", []any{"name", "Ada <b>"}, "Hello, Ada <b> & co"},
		{"one", c.Printer(EN), "pledges", []any{"n", 1}, "1 pledge"},
		{"other, grouped", c.Printer(EN), "pledges", []any{"n", 1234}, "1,234 pledges"},
		{"int64", c.Printer(EN), "pledges", []any{"n", int64(1)}, "1 pledge"},
		{"uint8", c.Printer(EN), "pledges", []any{"n", uint8(1)}, "1 pledge"},
		{"French zero is one", c.Printer(FR), "pledges", []any{"n", 0}, "0 annonce"},
		{"French million", c.Printer(FR), "pledges", []any{"n", 1_000_000}, "1\u202f000\u202f000 d’annonces"},
		{"French million without its form", c.Printer(FR), "parties", []any{"n", 1_000_000}, "1\u202f000\u202f000 parties"},
		{"Russian 21", c.Printer(RU), "pledges", []any{"n", 21}, "21 обязательство"},
		{"Russian 3", c.Printer(RU), "pledges", []any{"n", 3}, "3 обязательства"},
		{"Russian 12", c.Printer(RU), "pledges", []any{"n", 12}, "12 обязательств"},
		{"Arabic 0", c.Printer(AR), "pledges", []any{"n", 0}, "لا تعهدات"},
		{"Arabic 2", c.Printer(AR), "pledges", []any{"n", 2}, "تعهدان"},
		{"Arabic 7", c.Printer(AR), "pledges", []any{"n", 7}, "7 تعهدات"},
		{"Arabic 7 in Arabic digits", c.Printer(AR).WithDigits(Arabic), "pledges", []any{"n", 7}, "٧ تعهدات"},
		{"Arabic 158", c.Printer(AR), "pledges", []any{"n", 158}, "158 تعهدا"},
		{"Arabic 100", c.Printer(AR), "pledges", []any{"n", 100}, "100 تعهد"},
		{"Chinese", c.Printer(ZH), "pledges", []any{"n", 158}, "158项认捐"},
		{"numbers under any name", c.Printer(EN), "hello", []any{"name", 1234}, "Hello, 1,234 & co"},
		{"a named string", c.Printer(EN), "hello", []any{"name", pledgeID("GCM-0158")}, "Hello, GCM-0158 & co"},
		{"a fraction", c.Printer(FR), "hello", []any{"name", 1234.5}, "Bonjour, 1\u202f234,5 & cie"},
		{"no such key", c.Printer(EN), "nothing", nil, "⟦nothing⟧"},
		{"no value", c.Printer(EN), "hello", nil, "Hello, ⟦name⟧ & co"},
		{"a name without a value", c.Printer(EN), "hello", []any{"name"}, "Hello, ⟦name⟧ & co"},
		{"a value of no known type", c.Printer(EN), "hello", []any{"name", []int{1}}, "Hello, ⟦name⟧ & co"},
		{"nil", c.Printer(EN), "hello", []any{"name", nil}, "Hello, ⟦name⟧ & co"},
		{"a count that is none", c.Printer(EN), "pledges", []any{"n", "many"}, "many pledges"},
		{"an unknown language", c.Printer("xx"), "pledges", []any{"n", 1}, "1 pledge"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.p.T(test.key, test.args...); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestPrinterHTML(t *testing.T) {
	p := load(t, nil).Printer(EN)
	for _, test := range []struct {
		name string
		got  template.HTML
		want template.HTML
	}{
		{"message and value are escaped", p.HTML("hello", "name", `<b>"A"</b>`), "Hello, &lt;b&gt;&#34;A&#34;&lt;/b&gt; &amp; co"},
		{"HTML is kept", p.HTML("hello", "name", template.HTML("<bdi>A</bdi>")), "Hello, <bdi>A</bdi> &amp; co"},
		{"several plurals", p.HTML("sentence", "pledges", p.HTML("pledges", "n", 158), "parties", p.HTML("parties", "n", 1)), "158 pledges by 1 party."},
		{"a number in a link", p.HTML("pledges", "n", Counted{1, "<a>1</a>"}), "<a>1</a> pledge"},
		{"a missing key is escaped", p.HTML("<script>"), "⟦&lt;script&gt;⟧"},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, test.got, test.want)
		}
	}
}

// Whatever a person wrote, the page shows those characters and no more.
func TestHTMLEscapesAsTheStandardLibrary(t *testing.T) {
	p := load(t, map[Code]string{EN: `{"x": "{name}"}`}).Printer(EN)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "value")
		if got, want := string(p.HTML("x", "name", s)), template.HTMLEscapeString(s); got != want {
			t.Fatalf("HTML of %q is %q, want %q", s, got, want)
		}
		if got := p.T("x", "name", s); got != s {
			t.Fatalf("T of %q is %q", s, got)
		}
	})
}

func TestPrinterSays(t *testing.T) {
	p := load(t, nil).Printer(AR)
	a := p.WithDigits(Arabic)
	for _, test := range []struct{ got, want string }{
		{p.Dir(), "rtl"},
		{string(p.Code()), "ar"},
		{p.Number(1234), "1,234"},
		{a.Number(-1234), "\u061c-١٬٢٣٤"},
		{a.Decimal("1234.50"), "١٬٢٣٤٫٥٠"},
		{a.Percent(0.5, 0), "٥٠٪\u061c"},
		{a.Date("2022-05-20"), "٢٠ أيار/مايو ٢٠٢٢"},
		{a.Date("2022"), "٢٠٢٢"},
		{a.Date("in 2022"), "in 2022"},
		{p.Date("2022-05-20"), "20 أيار/مايو 2022"},
		{p.List("كينيا", "مصر"), "كينيا ومصر"},
	} {
		if test.got != test.want {
			t.Errorf("got %+q, want %+q", test.got, test.want)
		}
	}
	if !p.Has("hello") || p.Has("nothing") {
		t.Error("Has is wrong")
	}
	if a.WithDigits(Latin).Number(5) != "5" || a.Digits() != Arabic {
		t.Error("the digits do not change back")
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, test := range []struct{ name, en, want string }{
		{"broken JSON", "{\n\"a\": \"b\",\n\"c\" \"d\"}", "en.json:3: invalid character"},
		{"cut off", `{"a": "b"`, "en.json:1: unexpected EOF"},
		{"empty", ``, "en.json:1: unexpected EOF"},
		{"a list", `[]`, "en.json:1: the file is not an object of messages"},
		{"something after it", "{}\n{}", "en.json:2: something stands after"},
		{"a key twice", "{\"a\": \"b\",\n\"c\": \"d\",\n\"a\": \"e\"}", "en.json:3: a: the key stands already on line 1"},
		{"a form twice", `{"a": {"other": "b", "other": "c"}}`, `en.json:1: a: the form "other" is given twice`},
		{"a number", "{\n\"a\": 5}", "en.json:2: a: neither a text nor an object"},
		{"nested too deep", `{"a": {"other": {"x": "y"}}}`, `en.json:1: a: the form "other" is no text`},
		{"no such category", `{"a": {"plenty": "x", "other": "y"}}`, `en.json:1: a: "plenty" is no plural category`},
		{"no other", "{\n\n\"a\": {\"one\": \"x\"}}", `en.json:3: a: the form "other" is missing`},
		{"open brace", `{"a": "x {n"}`, "en.json:1: a: a { without its }"},
		{"closing brace", `{"a": "x n}"}`, "en.json:1: a: a } without its {"},
		{"no name", `{"a": "x {}"}`, `en.json:1: a: "" is no name`},
		{"a name with a space", `{"a": "x { n }"}`, `en.json:1: a: " n " is no name`},
		{"not UTF-8", "{\"a\": \"\xff\"}", "en.json: not UTF-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load(files(map[Code]string{EN: test.en}))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
	fsys := files(nil)
	delete(fsys, "ru.json")
	if _, err := Load(fsys); err == nil || !strings.Contains(err.Error(), "ru.json") {
		t.Errorf("a missing file: %v", err)
	}
}

// Folders of several rooms are one catalogue, in which every key stands once.
func TestLoadJoinsFolders(t *testing.T) {
	more := fstest.MapFS{}
	for _, code := range All {
		more[string(code)+".json"] = &fstest.MapFile{Data: []byte(`{"more.key": "more"}`)}
	}
	c, err := Load(files(nil), more)
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range All {
		if p := c.Printer(code); !p.Has("hello") || p.T("more.key") != "more" {
			t.Errorf("%s has not the messages of both folders", code)
		}
	}
	more["fr.json"] = &fstest.MapFile{Data: []byte("{\n\"hello\": \"Salut\"}")}
	delete(more, "zh.json")
	_, err = Load(files(nil), more)
	for _, want := range []string{"2/fr.json:2: hello: the key stands already in fr.json:1", "2/zh.json"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load: %v; want %q", err, want)
		}
	}
}

func TestLoadReportsEverythingAtOnce(t *testing.T) {
	_, err := Load(files(map[Code]string{EN: "{\"a\": \"{\",\n\"b\": \"}\"}", FR: "{"}))
	for _, want := range []string{"en.json:1: a:", "en.json:2: b:", "fr.json:1:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func TestCheckAcceptsTheSample(t *testing.T) {
	c := load(t, nil)
	for _, err := range c.Check() {
		t.Error(err)
	}
	if want := []string{"hello", "parties", "pledges", "sentence"}; !slices.Equal(c.Keys(), want) {
		t.Errorf("keys %q, want %q", c.Keys(), want)
	}
}

func TestCheckFinds(t *testing.T) {
	for _, test := range []struct {
		name     string
		code     Code
		old, new string
		want     string
	}{
		{"a missing key", FR, `"hello":`, `"hullo":`, "fr.json: hello: missing"},
		{"a key too many", FR, `"hello":`, `"hullo":`, "fr.json:1: hullo: not in en.json"},
		{"a missing category", RU, `"few": "{n} участника", `, ``, `ru.json:2: parties: the plural form "few" is missing`},
		{"a category too many", ZH, `"pledges": {`, `"pledges": {"one": "{n}", `, `zh.json:1: pledges: the language has no plural form "one"`},
		{"all six in Arabic", AR, `"zero": "لا أطراف", `, ``, `ar.json:2: parties: the plural form "zero" is missing`},
		{"a number left out where one form is many numbers", FR, `"{n} partie"`, `"une partie"`, "fr.json:2: parties: {n} is missing"},
		{"another placeholder", ES, `Hola, {name}`, `Hola, {nombre}`, "es.json:1: hello: {nombre} is not in en.json"},
		{"a placeholder left out", ES, `Hola, {name}`, `Hola`, "es.json:1: hello: {name} is missing"},
		{"a text for a plural", ZH, `{"other": "{n}项认捐"}`, `"{n}项认捐"`, "zh.json:1: pledges: a plain text here, plural forms in en.json"},
		{"markup", EN, `Hello,`, `<b>Hello</b>,`, "en.json:2: hello: markup in"},
		{"a character reference", FR, `& cie`, `&amp; cie`, "fr.json:1: hello: markup in"},
		{"space in front", FR, `"Bonjour`, `" Bonjour`, "fr.json:1: hello: space at the beginning"},
		{"no-break space at the end", FR, `cie"`, `cie\u00a0"`, "fr.json:1: hello: space at the beginning or the end"},
		{"doubled space", FR, `& cie`, `&  cie`, "fr.json:1: hello: line break, tab or doubled space"},
		{"empty", EN, `"Hello, {name} & co"`, `""`, "en.json:2: hello: empty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(sample[test.code], test.old, test.new, 1)
			if text == sample[test.code] {
				t.Fatalf("%q is not in the sample", test.old)
			}
			var found []string
			for _, err := range load(t, map[Code]string{test.code: text}).Check() {
				found = append(found, err.Error())
			}
			if !strings.Contains(strings.Join(found, "\n"), test.want) {
				t.Errorf("got %q, want %q", found, test.want)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	for _, text := range sample {
		f.Add(text)
	}
	f.Add(`{"a": {"one": "}", "other": null}}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Load(files(map[Code]string{EN: text}))
		if err != nil {
			return
		}
		// What Load accepts, the standard decoder accepts with the same keys, and no key breaks a printer.
		var plain map[string]any
		if err := json.Unmarshal([]byte(text), &plain); err != nil {
			t.Fatalf("%q was accepted: %v", text, err)
		}
		if len(plain) != len(c.Keys()) {
			t.Fatalf("%d keys, want %d", len(c.Keys()), len(plain))
		}
		for _, key := range c.Keys() {
			c.Printer(EN).T(key, "n", 3)
			c.Printer(EN).HTML(key, "n", 3)
		}
		c.Check()
	})
}

// sink keeps results alive.
var sink string

func BenchmarkT(b *testing.B) {
	p := load(b, nil).Printer(RU)
	name := "Ada"
	b.ReportAllocs()
	for i := range b.N {
		sink = p.T("pledges", "n", i)
		sink = p.T("hello", "name", name)
	}
}

func BenchmarkHTML(b *testing.B) {
	p := load(b, nil).Printer(FR)
	b.ReportAllocs()
	for i := range b.N {
		sink = string(p.HTML("pledges", "n", i))
	}
}

// A message costs one allocation: its result.
func TestTAllocatesItsResultOnly(t *testing.T) {
	p := load(t, nil).Printer(FR)
	n, name := 123456, strings.Repeat("n", 40)
	if got := testing.AllocsPerRun(100, func() { p.T("pledges", "n", n) }); got > 1 {
		t.Errorf("T with a number: %v allocations", got)
	}
	if got := testing.AllocsPerRun(100, func() { p.HTML("hello", "name", name) }); got > 1 {
		t.Errorf("HTML with a string: %v allocations", got)
	}
}
