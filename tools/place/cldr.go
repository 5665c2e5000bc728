package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const cldrPackage = "cldr-localenames-full"

// fetchCLDR renews data/cldr: the names of the territories in countries.csv, and the licence.
func fetchCLDR(data, version string, now time.Time) (err error) {
	tmp, err := os.MkdirTemp("", "place-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	cmd := exec.Command("npm", "pack", "--silent", cldrPackage+"@"+version)
	cmd.Dir, cmd.Stderr = tmp, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("npm pack %s@%s: %w", cldrPackage, version, err)
	}
	files, err := unpack(filepath.Join(tmp, strings.TrimSpace(string(out))))
	if err != nil {
		return err
	}
	var manifest struct{ Version string }
	if err := json.Unmarshal(files["package/package.json"], &manifest); err != nil {
		return fmt.Errorf("package.json of %s: %w", cldrPackage, err)
	}
	table, err := territories(data, files)
	if err != nil {
		return err
	}
	head := fmt.Sprintf("# %s %s, taken from npm on %s; Unicode License V3, see LICENSE.txt\n", cldrPackage, manifest.Version, now.UTC().Format(time.DateOnly))
	if err := os.WriteFile(filepath.Join(data, "cldr", "territories.csv"), append([]byte(head), table...), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(data, "cldr", "LICENSE.txt"), files["package/LICENSE"], 0o644)
}

// unpack reads the files that are needed out of a package of npm.
func unpack(path string) (files map[string][]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	gz, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	files = map[string][]byte{}
	want := []string{"package/package.json", "package/LICENSE"}
	for _, l := range langs {
		want = append(want, territoriesFile(l))
	}
	r := tar.NewReader(gz)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if slices.Contains(want, h.Name) {
			if files[h.Name], err = io.ReadAll(r); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", path, h.Name, err)
			}
		}
	}
	for _, name := range want {
		if len(files[name]) == 0 {
			return nil, fmt.Errorf("%s: %s is missing", path, name)
		}
	}
	return files, nil
}

func territoriesFile(l string) string { return "package/main/" + l + "/territories.json" }

// territories is the table territory,form,<six languages> for the countries of countries.csv.
func territories(data string, files map[string][]byte) ([]byte, error) {
	rows, err := readCSV(filepath.Join(data, "countries.csv"))
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, row := range rows {
		wanted[row["alpha2"]] = true
	}
	all := map[string]names{} // by CLDR's key, e.g. "CZ" or "CZ-alt-variant"
	for i, l := range langs {
		var doc struct {
			Main map[string]struct {
				LocaleDisplayNames struct{ Territories map[string]string }
			}
		}
		if err := json.Unmarshal(files[territoriesFile(l)], &doc); err != nil {
			return nil, fmt.Errorf("%s: %w", territoriesFile(l), err)
		}
		for key, name := range doc.Main[l].LocaleDisplayNames.Territories {
			if code, _, _ := strings.Cut(key, "-"); wanted[code] {
				n := all[key]
				n[i] = name
				all[key] = n
			}
		}
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.Write(append([]string{"territory", "form"}, langs...)); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		code, form, _ := strings.Cut(key, "-")
		n := all[key]
		if err := w.Write(append([]string{code, form}, n[:]...)); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}
