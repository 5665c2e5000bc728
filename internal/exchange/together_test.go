package exchange

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
)

// What the rules refuse and what the register refuses is said at once, each with its row; what
// only follows from another bad row is not said.
func TestAllFindingsComeTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.take(Import{Path: write(t, "a.csv", "id,title,text,parties,party_kinds,objectives\n"+
			"GCM-0001,T,X,ken,,7\nGCM-0002,T2,X,ken,,7\nGCM-0003,T3,X,Gone Club,civil_society,7\n")})
		h.withdraw("GCM-0001")
		h.erase(pledge.Subject("GCM-0002"))
		h.erase(party.Subject("gone-club"))
		before := h.size()
		path := write(t, "b.csv", "id,title,text,parties,party_kinds,objectives,form,matches,amount,currency,recipient\n"+
			"GCM-0001,Other,X,ken,,7,,,,,\n"+ // withdrawn
			"GCM-0002,Other,X,ken,,7,,,,,\n"+ // erased
			"GCM-0010,T,X,ken,,99,,,,,\n"+ // no such objective
			"GCM-0011,T,X,gone-club,civil_society,7,,,,,\n"+
			"GCM-0012,T,X,Gone Club;ken,civil_society;,7,,,,,\n"+
			"GCM-0013,T,X,ken,,7,matching,GCM-0077,,,\n"+ // answers nothing
			"GCM-0014,T,X,ken,,7,matching,GCM-0010,,,\n"+ // answers a bad row: fine once that is mended
			"GCM-0015,T,X,New Club,civil_society,99,,,,,\n"+
			"GCM-0016,T,X,ken,,7,,,5,USD,new-club\n"+ // gives to a party that a bad row brings
			"GCM-0017,T,X,ken,,7,,,5,USD,nobody\n")
		var all bytes.Buffer
		sum, err := h.try(Import{Path: path, Errors: &all})
		var got strings.Builder
		for _, f := range sum.First {
			fmt.Fprintln(&got, f)
		}
		want := `row 2, column id: "GCM-0001" cannot be published: pledge GCM-0001 was withdrawn; it stays as it is
row 3, column id: "GCM-0002" cannot be published: pledge "GCM-0002" was erased
row 4, column objectives: "99" must be the number of an objective, from 1 to 23; several are separated by semicolons
row 5, column parties: "gone-club" was erased from the register, and its code is never given again; name another party
row 6, column parties: "gone-club" was erased from the register, and its code is never given again; name another party
row 7, column matches: "GCM-0077" must be the id of a pledge in the register or in this file
row 9, column objectives: "99" must be the number of an objective, from 1 to 23; several are separated by semicolons
row 11, column recipient: "nobody" must be a fund (fund: and its code) or the code of a party in the register
`
		if got.String() != want {
			t.Errorf("got\n%swant\n%s", &got, want)
		}
		if err == nil || !strings.Contains(err.Error(), "8 rows are bad; nothing was written") || sum.BadRows != 8 || sum.Rows != 10 || h.size() != before {
			t.Errorf("%v; %v; register %d → %d", sum, err, before, h.size())
		}
		if n := strings.Count(all.String(), "\n"); n != 9 {
			t.Errorf("the file of errors has %d lines, want a header and 8 findings", n)
		}
		// The good rows can be had all the same; what gives to or answers a bad row is bad then.
		sum, err = h.try(Import{Path: path, Partial: true})
		if err != nil || sum.New != 0 || sum.BadRows != 10 {
			t.Errorf("%v, %v", sum, err)
		}
	})
}

// A row without id and key whose text has changed is told from a new pledge by a person only.
func TestRowsThatLookLikeAnother(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		read := func(rows string) Summary {
			t.Helper()
			return h.take(Import{Path: write(t, "a.csv", "id,title,text,parties,objectives\n"+rows)})
		}
		check := func(sum Summary, want ...string) {
			t.Helper()
			if sum.Warnings != len(want) {
				t.Errorf("%d warnings, want %d: %v", sum.Warnings, len(want), sum.FirstWarnings)
			}
			for _, w := range want {
				if !strings.Contains(sum.String(), "\nwarning: "+w) {
					t.Errorf("%q is not said in %q", w, sum)
				}
			}
		}
		check(read(",First,A,ken;deu,7\n,Second,A,ken,7\nGCM-0009,Third,A,ken,7\n"))
		check(read(",First,A,ken;deu,7\n,Second,A,ken,7\n")) // the same again
		check(read(",First,A,ken,7\n"))                      // by others
		check(read("GCM-0001,First,B,ken;deu,7\n"))          // by its id
		sum := read(",first,C,deu;ken,7\n,Second,A,ken,7\n,Third,A,ken,7\n,New,A,ken,7\n,New,B,ken,7\n")
		check(sum, "row 2: looks like GCM-0001 with another text; give its id to revise it",
			"row 4: says what GCM-0009 says; give its id if it is that pledge",
			"row 6: looks like row 5 with another text; give each an id if they are two pledges")
		if sum.New != 4 || sum.Unchanged != 1 {
			t.Errorf("a warning is no error: %v", sum)
		}
		h.withdraw("GCM-0002")
		check(read(",Second,B,ken,7\n")) // instead of one that was withdrawn
		m := &ColumnMap{Source: "elsewhere", Key: "id", Columns: map[string]Origin{"title": {From: []string{"title"}},
			"text": {From: []string{"text"}}, "parties": {From: []string{"parties"}}, "objectives": {From: []string{"objectives"}}}}
		check(h.take(Import{Map: m, Path: write(t, "a.csv", "id,title,text,parties,objectives\n1,First,D,ken;deu,7\n")})) // its key tells
		dry := h.take(Import{DryRun: true, Path: write(t, "a.csv", "title,text,parties,objectives\nFirst,E,ken;deu,7\n")})
		check(dry, "row 2: looks like GCM-0001")
	})
}

func TestMostYearsAreYearsOfPledges(t *testing.T) {
	for year, good := range map[string]bool{"1944": false, "1945": true, "2199": true, "2200": false} {
		_, found, err := stageFile(t, write(t, "a.csv", "id,title,text,parties,objectives,ends_on\nGCM-0001,T,X,ken,7,"+year+"\n"), nil)
		if err != nil || (found.total == 0) != good {
			t.Errorf("%s: %v, %v", year, found.first, err)
		}
	}
}
