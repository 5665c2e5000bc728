package rehearse_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
	"stocktake/internal/rehearse"
)

func embedded(t testing.TB) *compact.Pack {
	t.Helper()
	p, err := compact.Embedded(compact.DefaultPack)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func ocean(t testing.TB) *compact.Pack {
	t.Helper()
	p, err := compact.Load(os.DirFS("../compact/testdata/packs"), "ocean")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func book(t testing.TB, d *db.DB, pack *compact.Pack, seed uint64) pledge.Book {
	t.Helper()
	s := rehearse.Setup(seed)
	d.SetClock(s.Clock)
	log, err := register.Open(context.Background(), d, register.Options{Origin: s.Origin, Key: s.Key, Rand: s.Rand})
	if err != nil {
		t.Fatal(err)
	}
	return pledge.Book{Pack: pack, Log: log}
}

func fill(t testing.TB, d *db.DB, pack *compact.Pack, plan rehearse.Plan) (pledge.Book, rehearse.Summary) {
	t.Helper()
	b := book(t, d, pack, plan.Seed)
	sum, err := rehearse.Fill(context.Background(), d, b, plan)
	if err != nil {
		t.Fatal(err)
	}
	return b, sum
}

func export(t testing.TB, b pledge.Book) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := b.Log.Export(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var update = flag.Bool("update", false, "write the golden files")

// golden holds a line of testdata/roots.golden to what was made. The bytes of a rehearsal are
// something that outsiders rely on: when words, shares, places or a rule change them, say so in
// the commit that updates the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	const file = "testdata/roots.golden"
	text, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, name+": ") })
	if i >= 0 && lines[i] == name+": "+got {
		return
	}
	if !*update {
		t.Errorf("%s: got %s; %s has it otherwise (go test -update, and say why)", name, got, file)
		return
	}
	if i >= 0 {
		lines = slices.Delete(lines, i, i+1)
	}
	lines = append(lines, name+": "+got)
	slices.Sort(lines)
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.TrimSpace(strings.Join(lines, "\n"))+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestSameSeedSameBytes: one root and one export, on both engines, today and tomorrow.
func TestSameSeedSameBytes(t *testing.T) {
	for _, c := range []struct {
		name    string
		pack    *compact.Pack
		pledges int
	}{{"embedded", embedded(t), 1000}, {"ocean", ocean(t), 100}} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			b, sum := fill(t, d, c.pack, rehearse.Plan{Pledges: c.pledges, Seed: 1})
			text := export(t, b)
			golden(t, fmt.Sprintf("%s, %d pledges, seed 1", c.name, c.pledges), fmt.Sprintf("root %x, export %x", sum.Root, sha256.Sum256(text)))
			key, err := rehearse.Setup(1).Key.Verifier(rehearse.Origin)
			if err != nil {
				t.Fatal(err)
			}
			rep, err := register.VerifyExport(bytes.NewReader(text), key)
			if err != nil {
				t.Fatal(err)
			}
			if !rep.KeyKnown || rep.Size != sum.Size {
				t.Errorf("the export has %d entries (key known: %v), want %d", rep.Size, rep.KeyKnown, sum.Size)
			}
		})
	}
}

func TestOtherSeedOtherBytes(t *testing.T) {
	pack := embedded(t)
	_, a := fill(t, dbtest.New(t, db.SQLite), pack, rehearse.Plan{Pledges: 20, Seed: 1})
	_, b := fill(t, dbtest.New(t, db.SQLite), pack, rehearse.Plan{Pledges: 20, Seed: 2})
	if a.Root == b.Root {
		t.Error("two seeds gave the same root")
	}
}

// TestFill: n pledges are n pledges with the serials 1 to n, in any pack; nothing became public
// after the last day; the rules find nothing wrong.
func TestFill(t *testing.T) {
	for name, pack := range map[string]*compact.Pack{"embedded": embedded(t), "ocean": ocean(t)} {
		for _, c := range []struct {
			n    int
			seed uint64
		}{{1, 0}, {1, 1}, {2, 17}, {3, math.MaxUint64}, {11, 5}, {40, 6}, {150, 1 << 40}} {
			t.Run(fmt.Sprintf("%s %d of seed %d", name, c.n, c.seed), func(t *testing.T) {
				b, sum := fill(t, dbtest.New(t, db.SQLite), pack, rehearse.Plan{Pledges: c.n, Seed: c.seed})
				r := read(t, b)
				for i := range c.n {
					if id := pledge.IDOf(pack.Code, int64(i+1)); len(r.pledges[id]) == 0 {
						t.Errorf("no pledge %s", id)
					}
				}
				if sum.Pledges != c.n || len(r.pledges) != c.n || len(r.parties) != sum.Parties {
					t.Errorf("the register has %d pledges of %d parties, the summary %d of %d, want %d", len(r.pledges), len(r.parties), sum.Pledges, sum.Parties, c.n)
				}
				if r.lastDay > rehearse.Today || r.lastRecorded[:10] > rehearse.Today {
					t.Errorf("something is of %s, recorded %s", r.lastDay, r.lastRecorded)
				}
			})
		}
	}
}

// record is a register read naively.
type record struct {
	entries      int
	pledges      map[string][]version // by id
	reports      map[string][]pledge.Report
	parties      map[string]party.Party
	born         map[string]string // party → effective
	lastDay      string
	lastRecorded string
	late         int
	translations int
}

type version struct {
	pledge.Pledge
	effective string
}

func read(t testing.TB, b pledge.Book) record {
	t.Helper()
	r := record{pledges: map[string][]version{}, reports: map[string][]pledge.Report{}, parties: map[string]party.Party{}, born: map[string]string{}}
	head, err := b.Log.Head(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	decode := func(e register.Entry, into any) {
		if err := json.Unmarshal(e.Payload, into); err != nil {
			t.Fatal(err)
		}
	}
	err = b.Log.Range(context.Background(), 0, head.Size, func(e register.Entry) error {
		h := e.Header
		r.entries++
		r.lastDay, r.lastRecorded = max(r.lastDay, h.Effective), max(r.lastRecorded, h.Recorded)
		switch h.Kind {
		case party.EntryKind:
			var p party.Party
			decode(e, &p)
			r.parties[p.Code], r.born[p.Code] = p, h.Effective
		case pledge.EntryKind:
			v := version{effective: h.Effective}
			decode(e, &v.Pledge)
			if h.Version == 1 && h.Effective < h.Recorded[:10] {
				r.late++
			}
			for _, code := range v.Parties {
				if born, ok := r.born[code]; !ok || born > h.Effective {
					t.Errorf("%s of %s names %s, which is public from %q", v.ID, h.Effective, code, born)
				}
			}
			r.pledges[v.ID] = append(r.pledges[v.ID], v)
		case pledge.ReportKind:
			var rep pledge.Report
			decode(e, &rep)
			r.reports[rep.Pledge] = append(r.reports[rep.Pledge], rep)
		case pledge.TranslationKind:
			r.translations++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSkew holds the shares to what they are meant to be, within reason.
func TestSkew(t *testing.T) {
	const n = 2500
	b, sum := fill(t, dbtest.New(t, db.SQLite), embedded(t), rehearse.Plan{Pledges: n, Seed: 7})
	r := read(t, b)
	count := map[string]int{}
	objectives, countries, years := map[int]int{}, map[string]int{}, map[string]int{}
	for _, versions := range r.pledges {
		p := versions[0]
		lead := r.parties[p.Parties[0]]
		count["kind "+lead.Kind]++
		count["language "+string(p.Language)]++
		count["form "+string(p.Form)]++
		count["by "+p.ObjectivesBy]++
		years[versions[0].effective[:4]]++
		if p.Mirror {
			count["mirror"]++
		}
		if p.Money != nil {
			count["money"]++
			count["currency "+p.Money.Currency]++
			if strings.HasPrefix(p.Money.Recipient, "fund:") {
				count["to the fund"]++
			}
		}
		if party.Root(p.Parties[0]) != p.Parties[0] {
			count["ministry"]++
		}
		if lead.Kind == party.MemberState {
			countries[lead.Country]++
		}
		for _, o := range p.Objectives {
			objectives[o]++
		}
		if last := versions[len(versions)-1]; last.Status != pledge.Published {
			count[string(last.Status)]++
			if last.Notice == nil || last.Notice.Reason == "" {
				t.Errorf("%s was %s without a reason", last.ID, last.Status)
			}
		}
	}
	for _, reports := range r.reports {
		count["reported"]++
		count["stage "+string(reports[len(reports)-1].Stage)]++
	}
	count["late"], count["revised"], count["translated"] = r.late, sum.Revisions, r.translations
	for _, c := range []struct {
		what      string
		low, high int // of a thousand
	}{
		{"kind member_state", 400, 520}, {"kind local_authority", 190, 290}, {"kind un_entity", 30, 100}, {"kind civil_society", 40, 110},
		{"language en", 480, 640}, {"language fr", 90, 190}, {"language es", 90, 190}, {"language ar", 40, 110}, {"language ru", 10, 70}, {"language zh", 2, 70},
		{"form individual", 750, 860}, {"form common", 40, 110}, {"form partnership", 40, 110}, {"form matching", 20, 80},
		{"by inferred", 80, 140}, {"mirror", 40, 100}, {"money", 150, 400}, {"currency USD", 50, 200}, {"to the fund", 20, 150},
		{"ministry", 80, 200}, {"reported", 180, 240}, {"stage fulfilled", 20, 150}, {"stage discontinued", 1, 40},
		{"late", 50, 110}, {"revised", 15, 60}, {"translated", 30, 80}, {"withdrawn", 2, 20}, {"superseded", 1, 12},
	} {
		if got := count[c.what] * 1000 / n; got < c.low || got > c.high {
			t.Errorf("%s: %d of a thousand, want %d to %d", c.what, got, c.low, c.high)
		}
	}
	if len(objectives) != 23 || slices.Max(values(objectives)) < 3*slices.Min(values(objectives)) {
		t.Errorf("the objectives are not skewed, or not all there: %v", objectives)
	}
	if len(countries) < 80 || slices.Max(values(countries)) < 30 {
		t.Errorf("%d States, at most %d pledges each", len(countries), slices.Max(values(countries)))
	}
	for _, peak := range []string{"2022", "2026"} {
		if years[peak] < 2*years["2019"] {
			t.Errorf("no peak in %s: %v", peak, years)
		}
	}
}

func values[K comparable](m map[K]int) []int {
	var out []int
	for _, n := range m {
		out = append(out, n)
	}
	return out
}

// TestPlausible reads the texts: nothing is left in braces, invented parties have numbers,
// cities have places, networks members.
func TestPlausible(t *testing.T) {
	for name, pack := range map[string]*compact.Pack{"embedded": embedded(t), "ocean": ocean(t)} {
		t.Run(name, func(t *testing.T) {
			b, _ := fill(t, dbtest.New(t, db.SQLite), pack, rehearse.Plan{Pledges: 250, Seed: 3})
			r := read(t, b)
			for id, versions := range r.pledges {
				for _, p := range versions {
					if text := p.Title + p.Text; strings.ContainsAny(text, "{}") || strings.Contains(text, "  ") || strings.Contains(text, "()") {
						t.Errorf("%s: %q", id, text)
					}
					if n := len([]rune(p.Text)); n < 300 && p.Language != lang.ZH || n < 80 || n > 3000 {
						t.Errorf("%s has %d characters: %q", id, n, p.Text)
					}
				}
			}
			for code, p := range r.parties {
				for l, n := range p.Names {
					if strings.ContainsAny(n, "{}") {
						t.Errorf("%s is called %q (%s)", code, n, l)
					}
				}
				if !party.State(p.Kind) && !strings.ContainsAny(p.Name(lang.EN), "0123456789") {
					t.Errorf("%s has a name that could be real: %q", code, p.Name(lang.EN))
				}
				if p.Kind == "local_authority" && p.At == "" {
					t.Errorf("the city %s is nowhere", code)
				}
				if (p.Kind == party.Network || p.Kind == party.InterAgency) && len(p.Members) < 3 {
					t.Errorf("the group %s has the members %v", code, p.Members)
				}
			}
		})
	}
}

// TestMany: a rehearsal of many is written as imports once a quarter; what became public
// between is recorded late, never early, and ids follow the days.
func TestMany(t *testing.T) {
	b, sum := fill(t, dbtest.New(t, db.SQLite), embedded(t), rehearse.Plan{Pledges: 5001, Seed: 4})
	r := read(t, b)
	if len(r.pledges) != 5001 || sum.Pledges != 5001 {
		t.Errorf("%d pledges, want 5001", len(r.pledges))
	}
	if r.late < 2500 {
		t.Errorf("%d recorded after they became public, want most", r.late)
	}
	days := map[string]bool{}
	for _, v := range r.pledges {
		days[v[0].effective] = true
	}
	if len(days) < 500 {
		t.Errorf("they became public on %d days only", len(days))
	}
}

func TestRefusals(t *testing.T) {
	pack := embedded(t)
	s := scenario(t, pack)
	for _, c := range []struct {
		name string
		plan rehearse.Plan
		kind errs.Kind
	}{
		{"no pledges", rehearse.Plan{}, errs.Invalid},
		{"far too many", rehearse.Plan{Pledges: 1 << 30}, errs.Invalid},
		{"another number than the scenario's", rehearse.Plan{Pledges: 5, Scenario: s}, errs.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := dbtest.New(t, db.SQLite)
			if _, err := rehearse.Fill(context.Background(), d, book(t, d, pack, 0), c.plan); !errs.Is(err, c.kind) {
				t.Errorf("got %v, want %v", err, c.kind)
			}
		})
	}
	t.Run("a database in use", func(t *testing.T) {
		d := dbtest.New(t, db.SQLite)
		b, _ := fill(t, d, pack, rehearse.Plan{Pledges: 2, Seed: 1})
		if _, err := rehearse.Fill(context.Background(), d, b, rehearse.Plan{Pledges: 2, Seed: 1}); !errs.Is(err, errs.Conflict) {
			t.Errorf("got %v, want a conflict", err)
		}
	})
}

func TestProgress(t *testing.T) {
	var last, total int
	fill(t, dbtest.New(t, db.SQLite), embedded(t), rehearse.Plan{Pledges: 30, Seed: 1, Report: func(done, of int) {
		if done < last {
			t.Errorf("went back from %d to %d", last, done)
		}
		last, total = done, of
	}})
	if last != 30 || total != 30 {
		t.Errorf("ended at %d of %d", last, total)
	}
}

func scenario(t testing.TB, pack *compact.Pack) *rehearse.Scenario {
	t.Helper()
	s, err := rehearse.ReadScenario(pack, "imrf-2022")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestForum: the scenario gives the published facts of the first forum, with any seed, on both
// engines, as the dashboard would show them.
func TestForum(t *testing.T) {
	pack := embedded(t)
	s := scenario(t, pack)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b, sum := fill(t, d, pack, rehearse.Plan{Seed: 1, Scenario: s})
		golden(t, "imrf-2022, seed 1", fmt.Sprintf("root %x", sum.Root))
		checkForum(t, pack, b, sum)
	})
	for _, seed := range []uint64{2, 99} {
		b, sum := fill(t, dbtest.New(t, db.SQLite), pack, rehearse.Plan{Seed: seed, Scenario: s})
		checkForum(t, pack, b, sum)
	}
}

func checkForum(t *testing.T, pack *compact.Pack, b pledge.Book, sum rehearse.Summary) {
	t.Helper()
	today, err := time.Parse(time.DateOnly, sum.Today)
	if err != nil {
		t.Fatal(err)
	}
	index, err := explore.Open(context.Background(), b.Log, pack, func() time.Time { return today })
	if err != nil {
		t.Fatal(err)
	}
	view := func(q explore.Query) *explore.View {
		v, err := index.Snapshot().View(q, "")
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	then := explore.Query{}.WithAsOf("2022-05-20")
	at, now := view(then), view(explore.Query{})
	if at.Totals.Pledges != 158 || at.Totals.States != 25 || now.Totals.Pledges != 214 || now.Totals.States <= 25 {
		t.Errorf("%d pledges with %d States, later %d with %d; want 158 with 25, later 214 with more", at.Totals.Pledges, at.Totals.States, now.Totals.Pledges, now.Totals.States)
	}
	if led := view(then.With("lead_kind", "member_state")).Totals; led.Pledges <= 100 || led.Pledges != 104 {
		t.Errorf("States lead %d pledges, want 104", led.Pledges)
	}
	kinds := at.Facet("lead_kind")
	slices.SortStableFunc(kinds, func(a, b explore.Bucket) int { return b.Count - a.Count })
	if kinds[0].Value != "member_state" || kinds[1].Value != "local_authority" || kinds[1].Count == kinds[2].Count {
		t.Errorf("the largest groups are %v", kinds[:3])
	}
	for name, q := range map[string]struct {
		q    explore.Query
		want int
	}{
		"money for the trust fund":         {then.With("nature", "financial").With("objective", "23").With("lead_kind", "member_state"), 6},
		"detention of children":            {then.With("nature", "policy").With("objective", "13").With("lead_kind", "member_state"), 6},
		"climate":                          {then.With("nature", "policy").With("objective", "2").With("lead_kind", "member_state"), 8},
		"with undp":                        {then.With("party", "undp"), 1},
		"through the pledging initiative":  {then.With("channel", "pledging_initiative"), 158},
		"of the body of 16 members":        {then.With("party", "inter-agency-016"), 1},
		"of networks with ilo, iom, ohchr": {then.With("party", "ilo", "iom", "ohchr"), 1},
	} {
		if got := view(q.q).Totals.Pledges; got < q.want {
			t.Errorf("%s: %d, want at least %d", name, got, q.want)
		}
	}
	r := read(t, b)
	if p := r.parties["inter-agency-016"]; len(p.Members) != 16 {
		t.Errorf("the body has %d members", len(p.Members))
	}
	networks := 0
	for _, v := range r.pledges {
		if p := v[0]; slices.Contains(p.Parties, "undp") {
			for _, code := range p.Parties {
				if r.parties[code].Kind == party.Network {
					networks++
				}
			}
			if p.Form != pledge.Common {
				t.Errorf("the networks' pledge is %s", p.Form)
			}
		}
		if m := v[0].Money; strings.HasPrefix(v[0].Title, "Contribution to") && (m == nil || m.Recipient != "fund:mig00") {
			t.Errorf("%s says it is for the fund: %+v", v[0].ID, m)
		}
	}
	if networks != 5 {
		t.Errorf("%d networks pledge together, want 5", networks)
	}
}
