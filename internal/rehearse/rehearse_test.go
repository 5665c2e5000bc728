package rehearse_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

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

func root(sum rehearse.Summary) string { return hex.EncodeToString(sum.Root[:]) }

// The bytes of a rehearsal are part of what outsiders rely on. When the words or the shares
// change, so does this root; change it knowingly.
const (
	goldenPledges = 1000
	goldenRoot    = "?"
	goldenExport  = "?"
)

func TestSameSeedSameBytes(t *testing.T) {
	pack := embedded(t)
	for _, e := range dbtest.Engines {
		t.Run(string(e), func(t *testing.T) {
			b, sum := fill(t, dbtest.New(t, e), pack, rehearse.Plan{Pledges: goldenPledges, Seed: 1})
			if got := root(sum); got != goldenRoot {
				t.Errorf("root %s, want %s", got, goldenRoot)
			}
			text := export(t, b)
			if sha := sha256.Sum256(text); hex.EncodeToString(sha[:]) != goldenExport {
				t.Errorf("SHA-256 of the export %x, want %s", sha, goldenExport)
			}
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
	packs := map[string]*compact.Pack{"embedded": embedded(t), "ocean": ocean(t)}
	for name, pack := range packs {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				n := rapid.IntRange(1, 60).Draw(rt, "pledges")
				seed := rapid.Uint64().Draw(rt, "seed")
				d := dbtest.New(t, db.SQLite)
				defer d.Close()
				b, sum := fill(t, d, pack, rehearse.Plan{Pledges: n, Seed: seed})
				if sum.Pledges != n {
					rt.Fatalf("made %d pledges, want %d", sum.Pledges, n)
				}
				r := read(t, b)
				for i := range n {
					if id := pledge.IDOf(pack.Code, int64(i+1)); len(r.pledges[id]) == 0 {
						rt.Fatalf("no pledge %s", id)
					}
				}
				if len(r.pledges) != n || len(r.parties) != sum.Parties {
					rt.Fatalf("the register has %d pledges of %d parties, the summary %d of %d", len(r.pledges), len(r.parties), n, sum.Parties)
				}
				if r.lastDay > rehearse.Today || r.lastRecorded[:10] > rehearse.Today {
					rt.Fatalf("something is of %s, recorded %s", r.lastDay, r.lastRecorded)
				}
			})
		})
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
	const n = 3000
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
			b, _ := fill(t, dbtest.New(t, db.SQLite), pack, rehearse.Plan{Pledges: 400, Seed: 3})
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
		if got := root(sum); got != forumRoot {
			t.Errorf("root %s, want %s", got, forumRoot)
		}
		checkForum(t, pack, b, sum)
	})
	for _, seed := range []uint64{2, 3, 99} {
		b, sum := fill(t, dbtest.New(t, db.SQLite), pack, rehearse.Plan{Seed: seed, Scenario: s})
		checkForum(t, pack, b, sum)
	}
}

const forumRoot = "?"

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
