package place

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"stocktake/internal/lang"
)

// count counts the Member States and observers of which is true.
func count(status Status, is func(Country) bool) (n int) {
	for _, c := range Countries() {
		if c.Status == status && is(c) {
			n++
		}
	}
	return n
}

func every(Country) bool { return true }

// The numbers are those of the sources in tools/place/README.md. A change here is a change in
// the world: a new Member State, a graduation from the list of least developed countries.
func TestCounts(t *testing.T) {
	in := func(slug string) func(Country) bool {
		return func(c Country) bool { return slices.Contains(c.Commissions, slug) }
	}
	group := func(slug string) func(Country) bool { return func(c Country) bool { return c.Group == slug } }
	for _, tc := range []struct {
		what                    string
		is                      func(Country) bool
		members, observers, all int
	}{
		{"countries and areas", every, 193, 2, 250},
		{"least developed countries", func(c Country) bool { return c.LDC }, 44, 0, 44},
		{"landlocked developing countries", func(c Country) bool { return c.LLDC }, 32, 0, 32},
		{"small island developing States", func(c Country) bool { return c.SIDS }, 37, 0, 39},
		{"eca", in("eca"), 54, 0, 54},
		{"ece", in("ece"), 56, 0, 56},
		{"eclac", in("eclac"), 46, 0, 46},
		{"escap", in("escap"), 53, 0, 53},
		{"escwa", in("escwa"), 20, 1, 21},
		{"african", group("african"), 54, 0, 54},
		{"asia-pacific", group("asia-pacific"), 54, 1, 55},
		{"eastern-european", group("eastern-european"), 23, 0, 23},
		{"grulac", group("grulac"), 33, 0, 33},
		{"weog", group("weog"), 29, 0, 29},
	} {
		t.Run(tc.what, func(t *testing.T) {
			members, observers := count(Member, tc.is), count(Observer, tc.is)
			all := members + observers + count(Area, tc.is)
			if members != tc.members || observers != tc.observers || all != tc.all {
				t.Errorf("got %d members, %d observers, %d in all; want %d, %d, %d", members, observers, all, tc.members, tc.observers, tc.all)
			}
		})
	}
}

func TestCodes(t *testing.T) {
	digits, two, three := regexp.MustCompile(`^[0-9]{3}$`), regexp.MustCompile(`^[A-Z]{2}$`), regexp.MustCompile(`^[A-Z]{3}$`)
	seen := map[string]string{}
	for _, c := range Countries() {
		if !two.MatchString(c.Alpha2) || !three.MatchString(c.Alpha3) || !digits.MatchString(c.M49) {
			t.Errorf("%s: codes %q %q %q", c.Alpha3, c.Alpha2, c.Alpha3, c.M49)
		}
		for _, code := range []string{c.Alpha2, c.Alpha3, c.M49} {
			if other, ok := seen[code]; ok {
				t.Errorf("%s is the code of %s and of %s", code, other, c.Alpha3)
			}
			seen[code] = c.Alpha3
		}
		for _, get := range []func() (Country, bool){
			func() (Country, bool) { return ByAlpha2(strings.ToLower(c.Alpha2)) },
			func() (Country, bool) { return ByAlpha3(strings.ToLower(c.Alpha3)) },
			func() (Country, bool) { return ByAlpha3(c.Alpha3) },
			func() (Country, bool) { return ByM49(c.M49) },
		} {
			if got, ok := get(); !ok || got.Alpha3 != c.Alpha3 {
				t.Errorf("%s: found %q, %t by its own code", c.Alpha3, got.Alpha3, ok)
			}
		}
	}
	for _, r := range Regions() {
		if other, ok := seen[r.Code]; ok || !digits.MatchString(r.Code) {
			t.Errorf("region %q: not three digits, or the code of %s", r.Code, other)
		}
	}
	if !slices.IsSortedFunc(Countries(), func(a, b Country) int { return strings.Compare(a.Alpha3, b.Alpha3) }) {
		t.Error("countries are not sorted by alpha-3")
	}
}

func TestCodesThatAreNone(t *testing.T) {
	for _, tc := range []struct {
		what string
		get  func(string) (Country, bool)
		code string
	}{
		{"alpha-3 asked as alpha-2", ByAlpha2, "KEN"},
		{"alpha-2 asked as alpha-3", ByAlpha3, "KE"},
		{"M49 without its zero", ByM49, "12"},
		{"a region is no country", ByM49, "002"},
		{"user-assigned", ByAlpha2, "ZZ"},
		{"empty", ByAlpha3, ""},
	} {
		t.Run(tc.what, func(t *testing.T) {
			if c, ok := tc.get(tc.code); ok {
				t.Errorf("%q found %s", tc.code, c.Alpha3)
			}
		})
	}
}

func TestRegions(t *testing.T) {
	tree := map[string]string{}
	for _, r := range Regions() {
		if _, known := tree[r.Parent]; !known && r.Code != World {
			t.Errorf("region %s stands before its parent %q", r.Code, r.Parent)
		}
		tree[r.Code] = r.Parent
		if got, ok := RegionByCode(r.Code); !ok || got != r {
			t.Errorf("RegionByCode(%s) = %v, %t", r.Code, got, ok)
		}
	}
	used := map[string]bool{}
	for _, c := range Countries() {
		for i, code := range c.Regions {
			used[code] = true
			next := ""
			if i+1 < len(c.Regions) {
				next = c.Regions[i+1]
			}
			if parent, known := tree[code]; !known || parent != next {
				t.Errorf("%s: after region %s stands %q, want its parent %q", c.Alpha3, code, next, parent)
			}
		}
		if !c.In(World) {
			t.Errorf("%s: regions %v do not end with the world", c.Alpha3, c.Regions)
		}
	}
	for code := range tree {
		if !used[code] {
			t.Errorf("region %s holds no country", code)
		}
	}
	for _, tc := range []struct{ country, regions string }{
		{"KEN", "014 202 002 001"},
		{"EGY", "015 002 001"},
		{"JAM", "029 419 019 001"},
		{"USA", "021 019 001"},
		{"PSE", "145 142 001"},
		{"FRA", "155 150 001"},
		{"TUV", "061 009 001"},
		{"ATA", "001"},
	} {
		if c, _ := ByAlpha3(tc.country); strings.Join(c.Regions, " ") != tc.regions {
			t.Errorf("%s lies in %v, want %s", tc.country, c.Regions, tc.regions)
		}
	}
}

func TestMembershipsReachBeyondRegions(t *testing.T) {
	for _, tc := range []struct{ country, commissions, group string }{
		{"FRA", "ece eclac escap", "weog"},
		{"USA", "ece eclac escap", "weog"},
		{"TUR", "ece eclac escap", "weog"},
		{"JPN", "eclac escap", "asia-pacific"},
		{"EGY", "eca escwa", "african"},
		{"KAZ", "ece escap", "asia-pacific"},
		{"CYP", "ece", "asia-pacific"},
		{"ISR", "ece", "weog"},
		{"PSE", "escwa", "asia-pacific"},
		{"VAT", "", ""},
		{"PRI", "", ""},
	} {
		c, _ := ByAlpha3(tc.country)
		if got := strings.Join(c.Commissions, " "); got != tc.commissions || c.Group != tc.group {
			t.Errorf("%s: commissions %q, group %q; want %q, %q", tc.country, got, c.Group, tc.commissions, tc.group)
		}
	}
	for _, c := range Countries() {
		if _, ok := GroupBySlug(c.Group); ok != (c.Status == Member || c.Alpha3 == "PSE") {
			t.Errorf("%s (%s): group %q", c.Alpha3, c.Status, c.Group)
		}
		for _, slug := range c.Commissions {
			if _, ok := CommissionBySlug(slug); !ok {
				t.Errorf("%s: commission %q does not exist", c.Alpha3, slug)
			}
		}
		if c.LLDC && c.SIDS {
			t.Errorf("%s is both landlocked and an island", c.Alpha3)
		}
	}
	if _, ok := RegionByCode("999"); ok {
		t.Error("region 999 exists")
	}
}

// TestAt holds the markers inside a box around each region: swapped or mistyped degrees fall out.
func TestAt(t *testing.T) {
	boxes := map[string]struct{ south, north, west, east float64 }{
		"015": {14, 37, -14, 36}, "202": {-36, 23, -26, 60},
		"021": {24, 75, -125, -40}, "013": {7, 30, -115, -77}, "029": {9, 28, -85, -59}, "005": {-52, 13, -80, -50},
		"143": {36, 52, 50, 80}, "030": {20, 50, 90, 142}, "035": {-10, 25, 92, 128}, "034": {0, 38, 48, 95}, "145": {12, 43, 28, 60},
		"151": {42, 65, 14, 100}, "154": {50, 79, -21, 28}, "039": {34, 47, -10, 25}, "155": {43, 55, 1, 18},
		"053": {-45, -9, 90, 175}, "054": {-23, -5, 140, 180}, "057": {-2, 20, 130, 175}, "061": {-26, -7, -180, 180},
	}
	for _, c := range Countries() {
		for _, code := range c.Regions {
			if b, ok := boxes[code]; ok && c.Status != Area && (c.At.Lat < b.south || c.At.Lat > b.north || c.At.Lon < b.west || c.At.Lon > b.east) {
				t.Errorf("%s stands at %v, outside region %s", c.Alpha3, c.At, code)
			}
		}
		if c.At == (Point{}) {
			t.Errorf("%s has no point", c.Alpha3)
		}
	}
}

func TestZeroCountryHasNoName(t *testing.T) {
	if got := (Country{}).Name(lang.EN); got != "" {
		t.Errorf("got %q", got)
	}
}
