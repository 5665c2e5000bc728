package house_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// asvs has the requirements of OWASP ASVS 5.0.0, levels 1 and 2: the section, and which of its
// numbers those levels ask for.
var asvs = map[string]string{
	"1.1": "1-2", "1.2": "1-9", "1.3": "1-11", "1.4": "1-3", "1.5": "1-2",
	"2.1": "1-3", "2.2": "1-3", "2.3": "1-4", "2.4": "1",
	"3.2": "1-2", "3.3": "1-4", "3.4": "1-6", "3.5": "1-5", "3.7": "1-2",
	"4.1": "1-3", "4.2": "1", "4.3": "1-2", "4.4": "1-4",
	"5.1": "1", "5.2": "1-3", "5.3": "1-2", "5.4": "1-3",
	"6.1": "1-3", "6.2": "1-12", "6.3": "1-4", "6.4": "1-4", "6.5": "1-5", "6.6": "1-3", "6.8": "1-4",
	"7.1": "1-3", "7.2": "1-4", "7.3": "1-2", "7.4": "1-5", "7.5": "1-2", "7.6": "1-2",
	"8.1": "1-2", "8.2": "1-3", "8.3": "1", "8.4": "1",
	"9.1": "1-3", "9.2": "1-4",
	"10.1": "1-2", "10.2": "1-2", "10.3": "1-4", "10.4": "1-11", "10.5": "1-5", "10.6": "1-2", "10.7": "1-3",
	"11.1": "1-2", "11.2": "1-3", "11.3": "1-3", "11.4": "1-4", "11.5": "1", "11.6": "1",
	"12.1": "1-3", "12.2": "1-2", "12.3": "1-4",
	"13.1": "1", "13.2": "1-5", "13.3": "1-2", "13.4": "1-5",
	"14.1": "1-2", "14.2": "1-4", "14.3": "1-3",
	"15.1": "1-3", "15.2": "1-3", "15.3": "1-7",
	"16.1": "1", "16.2": "1-5", "16.3": "1-4", "16.4": "1-3", "16.5": "1-3",
	"17.1": "1", "17.2": "1-4", "17.3": "1-2",
}

var (
	requirement = regexp.MustCompile(`^- \[([ x])\] \*\*(\d+\.\d+\.\d+)\*\* .+ \*\*(Held by|By design:|Does not apply:|Open:|Operator:)\*\* .+\.$`)
	namedTest   = regexp.MustCompile("`([a-z0-9/]+)\\.((?:Test|Fuzz)[A-Za-z0-9]+)`")
)

// docs/security.md has every requirement once, in order, ticked if and only if it is not open,
// and every test that it names exists.
func TestTheSecurityListIsWhole(t *testing.T) {
	text, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	seen, ways := map[string]bool{}, map[string]int{}
	last := []int{0, 0, 0}
	for i, line := range strings.Split(string(text), "\n") {
		if !strings.HasPrefix(line, "- [") {
			continue
		}
		m := requirement.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("line %d is no requirement: %s", i+1, line)
			continue
		}
		mark, number, how := m[1], m[2], m[3]
		if open := how == "Open:" || how == "Operator:"; open == (mark == "x") {
			t.Errorf("%s is ticked %q and says %q", number, mark, how)
		}
		if how == "Held by" && !namedTest.MatchString(line) {
			t.Errorf("%s names no test", number)
		}
		var at []int
		for part := range strings.SplitSeq(number, ".") {
			n, err := strconv.Atoi(part)
			if err != nil {
				t.Fatal(err)
			}
			at = append(at, n)
		}
		if slices.Compare(at, last) <= 0 {
			t.Errorf("%s is out of order, or here twice", number)
		}
		last, seen[number] = at, true
		ways[how]++
	}
	wanted := 0
	for section, span := range asvs {
		first, end, many := strings.Cut(span, "-")
		if !many {
			end = first
		}
		to, err := strconv.Atoi(end)
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= to; n++ {
			wanted++
			if number := section + "." + strconv.Itoa(n); !seen[number] {
				t.Errorf("%s is missing", number)
			}
		}
	}
	if wanted != 253 || len(seen) != wanted {
		t.Errorf("%d requirements of %d; levels 1 and 2 have 253", len(seen), wanted)
	}
	sum := "As it stands: " + strconv.Itoa(ways["Held by"]+ways["By design:"]) + " hold, " + strconv.Itoa(ways["Does not apply:"]) + " do not apply, " +
		strconv.Itoa(ways["Open:"]) + " are open, " + strconv.Itoa(ways["Operator:"]) + " lie with the operator."
	if !strings.Contains(string(text), sum) {
		t.Errorf("the list does not say %q", sum)
	}
	for _, m := range namedTest.FindAllStringSubmatch(string(text), -1) {
		if !testExists(t, m[1], m[2]) {
			t.Errorf("there is no test %s in %s", m[2], m[1])
		}
	}
}

func testExists(t *testing.T, room, name string) bool {
	t.Helper()
	folder := filepath.Join("..", filepath.FromSlash(room))
	if room == "stocktake" {
		folder = "../../cmd/stocktake"
	}
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}
