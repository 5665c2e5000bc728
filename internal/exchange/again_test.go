package exchange

import (
	"slices"
	"strings"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

const line = `{"id":"GCM-0001","title":"T","text":"X","parties":["ken"],"objectives":[7],"published_on":"2022-05-20","links":[{"url":"https://example.org/"}],` +
	`"reports":[{"stage":"planning","on":"2022-06"},{"stage":"in_progress","narrative":"Half","language":"en"}],` +
	`"translations":[{"language":"fr","title":"Le T","by":"machine"}]}` + "\n"

func TestReportsOfJSONLines(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		read := func(old, new string) Summary {
			return h.take(Import{Path: write(t, "a.jsonl", strings.Replace(line, old, new, 1))})
		}
		if sum := read("", ""); sum.New != 1 || sum.Reports != 2 || sum.Translations != 1 {
			t.Errorf("%v", sum)
		}
		h.again(Import{Path: write(t, "a.jsonl", line)})
		if it := h.item("GCM-0001"); it.Stage != pledge.InProgress || len(it.Reports) != 2 || it.Reports[0].Number != 1 || it.Translations[lang.FR].Title != "Le T" {
			t.Errorf("%+v", it)
		}
		// A line without the earlier reports changes nothing; they stay.
		if sum := read(`{"stage":"planning","on":"2022-06"},`, ""); sum.Reports != 0 {
			t.Errorf("%v", sum)
		}
		// A report with the number of another corrects it; the next number is a new one.
		if sum := read(`"Half"`, `"More than half"`); sum.Reports != 1 || sum.Unchanged != 1 {
			t.Errorf("%v", sum)
		}
		if it := h.item("GCM-0001"); len(it.Reports) != 2 || it.LastReport.Narrative != "More than half" {
			t.Errorf("%+v", it)
		}
		if sum := read(`"narrative":"Half","language":"en"}`, `"narrative":"More than half","language":"en"},{"stage":"fulfilled","on":"2025-01-05"}`); sum.Reports != 1 {
			t.Errorf("%v", sum)
		}
		if it := h.item("GCM-0001"); it.Stage != pledge.Fulfilled || len(it.Reports) != 3 || it.ReportedOn != today { // not before the correction of the one before it
			t.Errorf("%+v", it)
		}
		// A better translation is one; a revision of the pledge makes the old one no other.
		if sum := read(`"machine"`, `"human"`); sum.Translations != 1 {
			t.Errorf("%v", sum)
		}
		if sum := read(`"text":"X"`, `"text":"Y"`); sum.Revised != 1 || sum.Translations != 1 { // by machine again, as this file says
			t.Errorf("%v", sum)
		}
		// So are a summary and the party that stands by it; a file that says nothing of them takes neither away.
		if sum := read(`"by":"machine"`, `"summary":"En bref","by":"machine","approved_by":"ken"`); sum.Translations != 1 {
			t.Errorf("%v", sum)
		}
		if tr := read(`"text":"X"`, `"text":"Y"`); tr.Translations != 0 {
			t.Errorf("%v", tr)
		}
		if tr := h.item("GCM-0001").Translations[lang.FR]; tr.Summary != "En bref" || tr.ApprovedBy != "ken" {
			t.Errorf("%+v", tr)
		}
		if sum := read(`"text":"X"`, `"text":"Z"`); sum.Revised != 1 || sum.Translations != 0 {
			t.Errorf("%v", sum)
		}
	})
}

func TestEvidenceOfADayToComeIsNotImported(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		line := func(on, evidence string) Import {
			return Import{Path: write(t, "a.jsonl", `{"id":"GCM-0001","title":"T","text":"X","parties":["ken"],"objectives":[7],"reports":[{"stage":"planning",`+on+`"evidence":[{"url":"https://example.org/a","on":"`+evidence+`"}]}]}`)}
		}
		for on, evidence := range map[string]string{`"on":"2022-05-20",`: "2022-05-21", "": "2026-07"} {
			sum, err := h.try(line(on, evidence))
			if err == nil || h.size() != 0 || len(sum.First) != 1 || sum.First[0].Column != "evidence[0].on" {
				t.Errorf("%s, evidence of %s: %v %v, %d entries", on, evidence, sum, err, h.size())
			}
		}
		h.take(line(`"on":"2022-05-20",`, "2022-05"))
	})
}

func TestStagesOfTables(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		read := func(stage, on string) int {
			t.Helper()
			path := write(t, "a.csv", "id,title,text,parties,objectives,published_on,stage,last_reported_on\nGCM-0001,T,X,ken,7,2022-05-20,"+stage+","+on+"\n")
			sum := h.take(Import{Path: path})
			h.again(Import{Path: path})
			return sum.Reports
		}
		for _, c := range []struct {
			stage, on    string
			published    int
			shown        pledge.Stage
			shownOn, why string
		}{
			{"unreported", "", 0, pledge.Unreported, "", "no report"},
			{"planning", "2022-06", 1, pledge.Planning, "2022-06-30", "the first"},
			{"planning", "2022-06", 0, pledge.Planning, "2022-06-30", "the same"},
			{"planning", "2022-06-30", 0, pledge.Planning, "2022-06-30", "the day on which it became public, as an export says it"},
			{"planning", "", 0, pledge.Planning, "2022-06-30", "no day is no other day"},
			{"", "", 0, pledge.Planning, "2022-06-30", "nothing is said"},
			{"in_progress", "2023", 1, pledge.InProgress, "2023-12-31", "another stage"},
			{"in_progress", "2024", 1, pledge.InProgress, "2024-12-31", "another day"},
			{"fulfilled", "", 1, pledge.Fulfilled, today, "another stage, today"},
		} {
			if n := read(c.stage, c.on); n != c.published {
				t.Errorf("%s (%s, %s): %d reports were published, want %d", c.why, c.stage, c.on, n, c.published)
			}
			if it := h.item("GCM-0001"); it.Stage != c.shown || it.ReportedOn != c.shownOn {
				t.Errorf("%s: %s on %s, want %s on %s", c.why, it.Stage, it.ReportedOn, c.shown, c.shownOn)
			}
		}
		// A latest report that says more than a table can is not repeated by the table.
		h.take(Import{Path: write(t, "a.jsonl", `{"id":"GCM-0002","title":"T","text":"X","parties":["ken"],"objectives":[7],"reports":[{"on":"2026-05-05","stage":"planning","narrative":"Much","language":"en"}]}`)})
		for _, f := range []Format{CSV, XLSX} {
			h.again(Import{Path: write(t, "b."+string(f), string(h.export(f)))})
		}
	})
}

// What a file does not speak of stays as it was; an empty value empties.
func TestRevisionsKeepWhatTheFileDoesNotSay(t *testing.T) {
	h := open(t, dbtest.New(t, db.SQLite))
	h.publish(shelf(t))
	all := h.item("GCM-0001").Pledge
	read := func(name, content string) {
		t.Helper()
		if sum := h.take(Import{Path: write(t, name, content)}); sum.Revised != 1 {
			t.Errorf("%v", sum)
		}
	}
	read("a.csv", "id,title,text,parties,objectives\nGCM-0001,New title,New text,prt.foreign-affairs;club,7;23\n")
	want := all
	want.Title, want.Text = "New title", "New text"
	same(t, h.item("GCM-0001").Pledge, want)
	read("a.csv", "id,title,text,parties,objectives,amount,currency,channel,source\nGCM-0001,New title,New text,prt.foreign-affairs;club,7;23,,,,\n")
	want.Money, want.Channel, want.Source = nil, "", ""
	same(t, h.item("GCM-0001").Pledge, want)
	read("a.jsonl", `{"id":"GCM-0001","title":"New title","text":"New text","parties":["prt.foreign-affairs","club"],"objectives":[7],"links":[],"call":null}`)
	want.Objectives, want.Links, want.Call = []int{7}, nil, ""
	same(t, h.item("GCM-0001").Pledge, want)
}

func same(t *testing.T, got, want pledge.Pledge) {
	t.Helper()
	a, _ := pledgeJSON(got)
	b, _ := pledgeJSON(want)
	if a != b {
		t.Errorf("got\n%s\nwant\n%s", a, b)
	}
}

// A revised row is public today, its first version on the day that the file gave.
func TestDaysOfPublication(t *testing.T) {
	h := open(t, dbtest.New(t, db.SQLite))
	read := func(title, on string) {
		t.Helper()
		h.take(Import{Path: write(t, "a.csv", "id,title,text,parties,objectives,published_on\nGCM-0001,"+title+",X,ken,7,"+on+"\n")})
	}
	for _, c := range []struct{ title, on, published, effective string }{
		{"First", "2022-05", "2022-05-31", "2022-05-31"},
		{"First", "2021", "2022-05-31", "2022-05-31"},        // the same pledge: nothing happens
		{"Second", "2023-01-01", "2022-05-31", "2023-01-01"}, // a revision that names its day
		{"Third", "2022-05", "2022-05-31", today},            // one that does not
		{"Third", "2026-06", "2022-05-31", today},            // a month that still runs
	} {
		read(c.title, c.on)
		if it := h.item("GCM-0001"); it.Pledge.Title != c.title || it.Published != c.published || it.Effective != c.effective {
			t.Errorf("%s, %s: %s, published %s, effective %s", c.title, c.on, it.Pledge.Title, it.Published, it.Effective)
		}
	}
}

// An id that a file brings is used, and the serials go on after it; a row without one is known by its
// key or by what it says.
func TestIdentity(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.take(Import{Path: write(t, "a.csv", "id,title,text,parties,objectives\nGCM-0158,A,X,ken,7\n,B,X,ken,7\n")})
		if h.item("GCM-0159").Pledge.Title != "B" {
			t.Error("the serial did not go on after 158")
		}
		m := &ColumnMap{Source: "elsewhere", Key: "nr", Columns: map[string]Origin{
			"title": {From: []string{"name"}}, "text": {From: []string{"name"}}, "parties": {Value: "ken"}, "objectives": {Value: "7"}}}
		foreign := func(name string) Summary {
			return h.take(Import{Path: write(t, "b.csv", "nr,name\n17,"+name+"\n"), Map: m})
		}
		if sum := foreign("C"); sum.New != 1 {
			t.Errorf("%v", sum)
		}
		if sum := foreign("D"); sum.Revised != 1 || h.item("GCM-0160").Pledge.Title != "D" {
			t.Errorf("%v", sum)
		}
		other := *m
		other.Source, m = "another place", nil
		m = &other
		if sum := foreign("E"); sum.New != 1 {
			t.Errorf("another file's row 17 is another pledge: %v", sum)
		}
	})
}

func TestOurColumnsInAnyOrderAndWithAMark(t *testing.T) {
	h := open(t, dbtest.New(t, db.SQLite))
	content := "\xEF\xBB\xBFparties,url, objectives ,title,text\r\nKenya;IOM,https://x,7,T,\"a\r\nb\"\r\n,,,,\r\n"
	sum, err := h.try(Import{Path: write(t, "a.csv", content)})
	if err == nil || !slices.ContainsFunc(sum.First, func(f Finding) bool { return f.Column == "parties" && f.Value == "IOM" }) {
		t.Errorf("%v %v", sum.First, err)
	}
	h.take(Import{Path: write(t, "a.csv", strings.Replace(content, ";IOM", "", 1))})
	if p := h.item("GCM-0001").Pledge; p.Text != "a\nb" || !slices.Equal(p.Parties, []string{"ken"}) || p.Form != pledge.Individual {
		t.Errorf("%+v", p)
	}
}

func TestWhoIsMeant(t *testing.T) {
	h := open(t, dbtest.New(t, db.SQLite))
	m := &ColumnMap{Columns: map[string]Origin{
		"title": {From: []string{"t"}}, "text": {From: []string{"t"}}, "objectives": {Value: "7"},
		"parties": {From: []string{"p"}}, "party_names": {From: []string{"n"}}, "party_kinds": {From: []string{"k"}}, "published_on": {From: []string{"d"}}, "language": {From: []string{"l"}}},
		Parties: map[string]NamedParty{
			"The Group":  {Code: "group", Kind: "un_network", Members: []string{"member", "ken"}},
			"Its member": {Code: "member", Kind: "un_entity"},
		}}
	h.take(Import{Map: m, Path: write(t, "a.csv", "t,p,n,k,d,l\n"+
		"1,Côte d'Ivoire,,,2023-01-01,en\n"+
		"2,COTE D’IVOIRE;deu,,,2022-01-01,en\n"+
		"3,iom.data.lab,Lab,un_entity,2022-01-01,en\n"+ // of an iom that nobody has named yet
		"4,iom;iom.data.lab,IOM;Lab,un_entity,2021-01-01,en\n"+
		"5,The Group,,,2021-01-01,en\n"+
		"6,Luxembourg,,local_authority,2021-01-01,en\n"+ // the city
		"7,Luxembourg,,,2021-01-01,en\n"+ // now the city, for it is the only one that is known
		"8,lux,,,2021-01-01,en\n"+
		"9,city-of-tyre,بلدية صور,local_authority,2021-01-01,en\n"+
		"10,Ville de Nulle Part,,local_authority,2021-01-01,fr\n"+
		"11,cok,,other_state,2021-01-01,en\n")})
	v := h.view()
	for code, want := range map[string]party.Party{
		"iom":                 {Names: map[lang.Code]string{lang.EN: "IOM"}, Kind: "un_entity"},
		"iom.data":            {Names: map[lang.Code]string{lang.EN: "iom.data"}, Kind: "un_entity", Parent: "iom"},
		"iom.data.lab":        {Names: map[lang.Code]string{lang.EN: "Lab"}, Kind: "un_entity", Parent: "iom.data"},
		"group":               {Names: map[lang.Code]string{lang.EN: "The Group"}, Kind: "un_network", Members: []string{"ken", "member"}},
		"luxembourg":          {Names: map[lang.Code]string{lang.EN: "Luxembourg"}, Kind: "local_authority"},
		"city-of-tyre":        {Names: map[lang.Code]string{lang.AR: "بلدية صور"}, Kind: "local_authority"},
		"ville-de-nulle-part": {Names: map[lang.Code]string{lang.FR: "Ville de Nulle Part"}, Kind: "local_authority"},
	} {
		got, ok := v.Party(code)
		if !ok || got.Kind != want.Kind || got.Parent != want.Parent || !slices.Equal(got.Members, want.Members) || len(got.Names) != 1 {
			t.Errorf("%s: %+v, want %+v", code, got, want)
		}
		for c, name := range want.Names {
			if got.Names[c] != name {
				t.Errorf("%s: %+v, want %+v", code, got.Names, want.Names)
			}
		}
	}
	for code, day := range map[string]string{"civ": "2022-01-01", "iom": "2021-01-01", "member": "2021-01-01"} {
		history, err := h.log.History(t.Context(), party.Subject(code))
		if err != nil || len(history) != 1 || history[0].Header.Effective != day {
			t.Errorf("%s: %d versions, %v; want one of %s", code, len(history), err, day)
		}
	}
	if got, _ := v.Party("civ"); len(got.Names) != 6 || got.Kind != party.MemberState {
		t.Errorf("%+v", got)
	}
	if got, _ := v.Party("cok"); got.Kind != party.OtherState {
		t.Errorf("%+v", got)
	}
}

// A file that was imported changes nothing either when one of its pledges was withdrawn since.
func TestAFileOfAPledgeThatHasEnded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		table := write(t, "a.csv", head+"GCM-0002,T,X,ken,,7,,,,,planning,2023\n")
		lines := write(t, "a.jsonl", line)
		h.take(Import{Path: table})
		h.take(Import{Path: lines})
		h.withdraw("GCM-0001")
		h.withdraw("GCM-0002")
		h.again(Import{Path: table})
		h.again(Import{Path: lines})
		for _, path := range []string{
			write(t, "b.csv", head+"GCM-0002,T,X,ken,,7,,,,,fulfilled,2024\n"),
			write(t, "b.jsonl", strings.Replace(line, "Half", "More", 1)),
			write(t, "c.jsonl", strings.Replace(line, "Le T", "La T", 1)),
		} {
			sum, err := h.try(Import{Path: path})
			if err == nil || sum.BadRows != 1 || !strings.Contains(sum.First[0].String(), "was withdrawn; it stays as it is") {
				t.Errorf("%v, %v", sum.First, err)
			}
		}
	})
}
