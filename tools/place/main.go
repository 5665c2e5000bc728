// Command place generates internal/place/places_gen.go from the tables under tools/place/data.
//
//	go run ./place          writes the generated file
//	go run ./place -check   exits 1 when the file in the tree is not what the tables give
//	go run ./place -fetch   first renews data/cldr from the npm package cldr-localenames-full
//
// Run it in the folder tools. Only -fetch needs the network (and npm).
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

func main() {
	root := flag.String("root", "..", "root of the repository")
	check := flag.Bool("check", false, "write nothing; fail when the generated file differs")
	fetch := flag.Bool("fetch", false, "renew data/cldr from npm first")
	version := flag.String("cldr", "latest", "version of cldr-localenames-full to fetch")
	flag.Parse()
	if err := run(*root, *check, *fetch, *version, time.Now()); err != nil {
		fmt.Fprintln(os.Stderr, "place:", err)
		os.Exit(1)
	}
}

func run(root string, check, fetch bool, version string, now time.Time) error {
	data := filepath.Join(root, "tools", "place", "data")
	out := filepath.Join(root, "internal", "place", "places_gen.go")
	if fetch {
		if err := fetchCLDR(data, version, now); err != nil {
			return err
		}
	}
	t, err := readTables(data)
	if err != nil {
		return err
	}
	src, err := t.generate()
	if err != nil {
		return err
	}
	if !check {
		return os.WriteFile(out, src, 0o644)
	}
	have, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	if !bytes.Equal(have, src) {
		return fmt.Errorf("%s is not what tools/place/data gives; run `cd tools && go run ./place`", filepath.ToSlash(out))
	}
	return nil
}
