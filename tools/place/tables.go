package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// langs are the six languages in the order of lang.All; every table and the output keep it.
var langs = []string{"ar", "zh", "en", "fr", "ru", "es"}

// never marks the row of aliases.csv that lists names which must not match anything.
const never = "-"

type names [6]string

type country struct {
	alpha3, alpha2, m49, status, region, group string
	commissions                                []string
	ldc, lldc, sids                            bool
	lat, lon                                   float64
	names                                      names
	aliases                                    []string
}

type named struct {
	key, parent string
	names       names
}

type tables struct {
	cldrVersion                  string
	countries                    []country
	regions, commissions, groups []named
	ambiguous                    []string
}

// readCSV reads a table whose first line (after comment lines) names its columns, as rows of
// column to value. Errors name file and line.
func readCSV(path string) (rows []map[string]string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r := csv.NewReader(f)
	r.Comment = '#'
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	records, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, rec := range records {
		row := map[string]string{}
		for i, col := range head {
			if rec[i] != strings.TrimSpace(rec[i]) {
				return nil, fmt.Errorf("%s: %s: %q has space around it", path, rec[0], rec[i])
			}
			row[col] = rec[i]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// cldr holds the names of CLDR by territory and form: "" for the plain name, "alt-short" and
// the like for the variants.
type cldr map[string]map[string]names

func readCLDR(path string) (cldr, string, error) {
	head, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	first, _, _ := strings.Cut(string(head), "\n")
	words := strings.Fields(first)
	if len(words) < 3 || words[1] != cldrPackage {
		return nil, "", fmt.Errorf("%s: the first line must say %q and its version", path, cldrPackage)
	}
	rows, err := readCSV(path)
	if err != nil {
		return nil, "", err
	}
	c := cldr{}
	for _, row := range rows {
		if c[row["territory"]] == nil {
			c[row["territory"]] = map[string]names{}
		}
		c[row["territory"]][row["form"]] = namesOf(row)
	}
	return c, strings.TrimSuffix(words[2], ","), nil
}

func namesOf(row map[string]string) (n names) {
	for i, l := range langs {
		n[i] = row[l]
	}
	return n
}

func readNamed(path, key string) ([]named, error) {
	rows, err := readCSV(path)
	if err != nil {
		return nil, err
	}
	var out []named
	for _, row := range rows {
		n := named{row[key], row["parent"], namesOf(row)}
		if i := slices.Index(n.names[:], ""); i >= 0 {
			return nil, fmt.Errorf("%s: %s has no name in %s", path, n.key, langs[i])
		}
		if has(out, n.key) {
			return nil, fmt.Errorf("%s: %s is there twice", path, n.key)
		}
		if n.parent != "" && !has(out, n.parent) {
			return nil, fmt.Errorf("%s: %s: its parent %s must stand above it", path, n.key, n.parent)
		}
		out = append(out, n)
	}
	return out, nil
}

func has(list []named, key string) bool {
	return slices.ContainsFunc(list, func(n named) bool { return n.key == key })
}

// readTables reads everything and refuses what does not fit together.
func readTables(dir string) (*tables, error) {
	t := &tables{}
	var err error
	if t.regions, err = readNamed(filepath.Join(dir, "regions.csv"), "code"); err != nil {
		return nil, err
	}
	if t.commissions, err = readNamed(filepath.Join(dir, "commissions.csv"), "slug"); err != nil {
		return nil, err
	}
	if t.groups, err = readNamed(filepath.Join(dir, "groups.csv"), "slug"); err != nil {
		return nil, err
	}
	if err := t.readCountries(filepath.Join(dir, "countries.csv")); err != nil {
		return nil, err
	}
	if err := t.readNames(dir); err != nil {
		return nil, err
	}
	return t, t.readAliases(filepath.Join(dir, "aliases.csv"))
}

func (t *tables) readCountries(path string) error {
	rows, err := readCSV(path)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, row := range rows {
		c := country{
			alpha3: row["alpha3"], alpha2: row["alpha2"], m49: row["m49"], status: row["status"],
			region: row["region"], group: row["group"], commissions: strings.Fields(row["commissions"]),
			ldc: row["ldc"] == "x", lldc: row["lldc"] == "x", sids: row["sids"] == "x",
		}
		bad := func(format string, args ...any) error {
			return fmt.Errorf("%s: %s: %s", path, c.alpha3, fmt.Sprintf(format, args...))
		}
		for _, code := range []string{c.alpha2, c.alpha3, c.m49} {
			if seen[code] {
				return bad("code %s is there twice", code)
			}
			seen[code] = true
		}
		if len(c.alpha2) != 2 || len(c.alpha3) != 3 || len(c.m49) != 3 {
			return bad("codes must have two letters, three letters, three digits")
		}
		if _, ok := statusNames[c.status]; !ok {
			return bad("status %q is none of member, observer, area", c.status)
		}
		if !has(t.regions, c.region) {
			return bad("region %q is not in regions.csv", c.region)
		}
		if c.group != "" && !has(t.groups, c.group) {
			return bad("group %q is not in groups.csv", c.group)
		}
		for _, slug := range c.commissions {
			if !has(t.commissions, slug) {
				return bad("commission %q is not in commissions.csv", slug)
			}
		}
		if c.lat, err = strconv.ParseFloat(row["lat"], 64); err != nil || c.lat < -90 || c.lat > 90 {
			return bad("lat %q is no latitude", row["lat"])
		}
		if c.lon, err = strconv.ParseFloat(row["lon"], 64); err != nil || c.lon < -180 || c.lon > 180 {
			return bad("lon %q is no longitude", row["lon"])
		}
		t.countries = append(t.countries, c)
	}
	if !slices.IsSortedFunc(t.countries, func(a, b country) int { return strings.Compare(a.alpha3, b.alpha3) }) {
		return fmt.Errorf("%s: rows must be sorted by alpha3", path)
	}
	return nil
}

// readNames gives every country its six names: those of names/<language>.csv (usage of the
// United Nations) where there is one, else those of CLDR. What CLDR says otherwise is kept as an alias.
func (t *tables) readNames(dir string) error {
	c, version, err := readCLDR(filepath.Join(dir, "cldr", "territories.csv"))
	if err != nil {
		return err
	}
	t.cldrVersion = version
	curated := map[string]names{}
	for i, l := range langs {
		path := filepath.Join(dir, "names", l+".csv")
		rows, err := readCSV(path)
		if err != nil {
			return err
		}
		for _, row := range rows {
			n := curated[row["alpha3"]]
			if n[i] != "" {
				return fmt.Errorf("%s: %s is there twice", path, row["alpha3"])
			}
			n[i] = row["name"]
			curated[row["alpha3"]] = n
		}
	}
	for i := range t.countries {
		p := &t.countries[i]
		for j := range langs {
			p.names[j] = c[p.alpha2][""][j]
			if n := curated[p.alpha3][j]; n != "" {
				p.names[j] = n
			}
			if p.names[j] == "" {
				return fmt.Errorf("%s has no name in %s", p.alpha3, langs[j])
			}
		}
		for _, form := range slices.Sorted(maps.Keys(c[p.alpha2])) {
			for _, n := range c[p.alpha2][form] {
				p.alias(n)
			}
		}
		delete(curated, p.alpha3)
	}
	for code := range curated {
		return fmt.Errorf("names/*.csv: %s is not in countries.csv", code)
	}
	return nil
}

// alias adds a further name, unless the country has it already.
func (c *country) alias(name string) {
	if name != "" && !slices.Contains(c.names[:], name) && !slices.Contains(c.aliases, name) {
		c.aliases = append(c.aliases, name)
	}
}

func (t *tables) readAliases(path string) error {
	rows, err := readCSV(path)
	if err != nil {
		return err
	}
	for _, row := range rows {
		list := strings.Split(row["aliases"], ";")
		if row["alpha3"] == never {
			t.ambiguous = append(t.ambiguous, list...)
			continue
		}
		i := slices.IndexFunc(t.countries, func(c country) bool { return c.alpha3 == row["alpha3"] })
		if i < 0 {
			return fmt.Errorf("%s: %s is not in countries.csv", path, row["alpha3"])
		}
		for _, a := range list {
			t.countries[i].alias(a)
		}
	}
	return nil
}
