package exchange

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"stocktake/internal/compact"
	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
)

// With these set the test binary is a process that imports a file, says how far it is, and can
// be killed.
const (
	envChildFile = "STOCKTAKE_TEST_IMPORT_FILE"
	envChildURL  = "STOCKTAKE_TEST_IMPORT_URL"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(envChildFile); path != "" {
		if err := importAsChild(path, os.Getenv(envChildURL)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func importAsChild(path, url string) error {
	ctx := context.Background()
	d, err := db.Open(ctx, url)
	if err != nil {
		return err
	}
	defer d.Close()
	pack, err := compact.Embedded(compact.DefaultPack)
	if err != nil {
		return err
	}
	h, err := openAt(d, pack)
	if err != nil {
		return err
	}
	_, err = h.try(Import{Path: path, Report: func(phase Phase, done, total int64) { fmt.Println(phase, 100*done/total) }})
	if err == nil {
		fmt.Println("done 100")
	}
	return err
}

// A process that is killed in the middle of an import leaves all of it or nothing, a register
// that verifies, and a database in which the next import works.
func TestKilledImports(t *testing.T) {
	path, rows := crowd(t, 700, 0, 20)
	for _, engine := range dbtest.Engines {
		for _, moment := range []string{"reading 50", "writing 50", "writing 100", "done 100"} {
			t.Run(string(engine)+"/"+moment, func(t *testing.T) {
				ctx := context.Background()
				url := dbtest.URL(t, engine)
				d := dbtest.Open(t, url)
				if err := db.Migrate(ctx, d); err != nil {
					t.Fatal(err)
				}
				h := open(t, d)
				h.take(Import{Path: write(t, "first.csv", "id,title,text,parties,objectives\nGCM-9999,First of all,X,ken,7\n")})
				before := h.size()

				killAt(t, moment, path, url)

				h = open(t, dbtest.Open(t, url))
				if report, err := h.log.VerifyDatabase(ctx); err != nil {
					t.Fatalf("the register does not verify: %v %v", report, err)
				}
				pledges := h.view().Totals.Pledges
				switch size := h.size(); {
				case size == before && pledges == 1 && moment != "done 100":
				case size > before+int64(rows) && pledges == 1+rows && !strings.HasPrefix(moment, "reading"):
				default:
					t.Fatalf("%d pledges, a register of %d (before: %d)", pledges, size, before)
				}
				sum := h.take(Import{Path: path})
				if sum.New+sum.Unchanged != rows || h.view().Totals.Pledges != 1+rows {
					t.Errorf("the next import: %v", sum)
				}
				h.again(Import{Path: path})
				if _, err := h.log.VerifyDatabase(ctx); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// killAt imports in another process and kills it when it says that it has come to the moment.
func killAt(t *testing.T, moment, path, url string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envChildFile+"="+path, envChildURL+"="+url)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var wantPhase, phase string
	var want, percent int
	if _, err := fmt.Sscan(moment, &wantPhase, &want); err != nil {
		t.Fatal(err)
	}
	reached := false
	lines := bufio.NewScanner(out)
	for !reached && lines.Scan() {
		if _, err := fmt.Sscan(lines.Text(), &phase, &percent); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		reached = phase == wantPhase && percent >= want
	}
	if err := cmd.Process.Kill(); err != nil && phase != "done" {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed: that is what it says
	if !reached {
		t.Fatalf("the process ended at %s %d%%, before %s", phase, percent, moment)
	}
}
