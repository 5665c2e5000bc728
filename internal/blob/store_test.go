package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"stocktake/internal/db"
	"stocktake/internal/db/dbtest"
	"stocktake/internal/errs"
)

func openStore(t testing.TB, scanner Scanner) (*Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "files")
	s, err := Open(Options{Dir: dir, Scanner: scanner})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, dir
}

func filesIn(t testing.TB, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestAFileIsStoredUnderTheHashOfItsCleanedContent(t *testing.T) {
	s, dir := openStore(t, nil)
	f, err := s.Put(t.Context(), `C:\Users\Jane\Plan 2030.PDF.jpeg`, bytes.NewReader(jpegWith(t, 6)))
	if err != nil {
		t.Fatal(err)
	}
	_, cleaned, err := Clean(jpegWith(t, 6))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(cleaned)
	if want := (File{hex.EncodeToString(sum[:]), "Plan 2030.PDF.jpg", JPEG, int64(len(cleaned))}); f != want {
		t.Errorf("%+v, want %+v", f, want)
	}
	r, err := s.Open(t.Context(), f.Hash)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, cleaned) {
		t.Errorf("reads %d bytes, %v", len(got), err)
	}
	if again, err := s.Put(t.Context(), "other.png", bytes.NewReader(cleaned)); err != nil || again.Hash != f.Hash || again.Name != "other.png.jpg" {
		t.Errorf("again: %+v, %v", again, err)
	}
	if names := filesIn(t, dir); len(names) != 1 {
		t.Errorf("the folder holds %q", names)
	}
}

func TestWhatIsRefusedLeavesNothing(t *testing.T) {
	s, dir := openStore(t, nil)
	for name, c := range map[string]struct {
		r   io.Reader
		key string
	}{
		"too large":   {io.LimitReader(zeros{}, MaxBytes+1), KeyTooLarge},
		"no type":     {io.LimitReader(zeros{}, MaxBytes), KeyType},
		"empty":       {strings.NewReader(""), KeyEmpty},
		"breaks off":  {io.MultiReader(bytes.NewReader(pngWith(t)), broken{}), ""},
		"bad picture": {bytes.NewReader(pngWith(t)[:99]), KeyDamaged},
	} {
		if _, err := s.Put(t.Context(), "x", c.r); err == nil || keyOf(err) != c.key {
			t.Errorf("%s: %v", name, err)
		}
	}
	if names := filesIn(t, dir); len(names) != 0 {
		t.Errorf("the folder holds %q", names)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the line is gone") }

func TestManyPutTheSameFileAtOnce(t *testing.T) {
	s, dir := openStore(t, nil)
	data := pngWith(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := s.Put(t.Context(), "a.png", bytes.NewReader(data)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if names := filesIn(t, dir); len(names) != 1 {
		t.Errorf("the folder holds %q", names)
	}
}

func TestOnlyHashesOpenFiles(t *testing.T) {
	s, dir := openStore(t, nil)
	if err := os.WriteFile(filepath.Join(filepath.Dir(dir), "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, hash := range []string{"", "../secret", "..", strings.Repeat("../", 21) + "s", strings.Repeat("A", 64), strings.Repeat("a", 64), "aa/" + strings.Repeat("a", 61)} {
		if _, err := s.Open(t.Context(), hash); !errs.Is(err, errs.NotFound) {
			t.Errorf("%q: %v", hash, err)
		}
	}
}

func TestTheFolderCannotBeLeftByALink(t *testing.T) {
	s, dir := openStore(t, nil)
	outside := t.TempDir()
	f, err := s.Put(t.Context(), "a.png", bytes.NewReader(pngWith(t)))
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, f.Hash[:2])
	if err := os.Rename(folder, filepath.Join(outside, "moved")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "moved"), folder); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context(), f.Hash); err == nil {
		t.Error("a link out of the folder was followed")
	}
}

func TestNamesAreMadeSafe(t *testing.T) {
	for _, c := range [][3]string{
		{"plan.pdf", PDF, "plan.pdf"},
		{"plan.exe", PDF, "plan.exe.pdf"},
		{"../../etc/passwd", PNG, "passwd.png"},
		{"", PDF, "file.pdf"},
		{"..", PDF, "file.pdf"},
		{"a\x00b\r\nc.pdf", PDF, "abc.pdf"},
		{"invoice\u202efdp.exe", PDF, "invoicefdp.exe.pdf"},
		{"خطة العمل.docx", DOCX, "خطة العمل.docx"},
		{"Фото.JPEG", JPEG, "Фото.jpg"},
		{`a"b;c.pdf`, PDF, "a-b-c.pdf"},
		{strings.Repeat("国", 200) + ".pdf", PDF, strings.Repeat("国", 100) + ".pdf"},
		{"\xff\xfe.pdf", PDF, "file.pdf"},
	} {
		if got := SafeName(c[0], c[1]); got != c[2] {
			t.Errorf("%q: %q, want %q", c[0], got, c[2])
		}
	}
}

func TestFilesBelongToSomethingUntilReleased(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, dir := openStore(t, nil)
		ctx := t.Context()
		draft, published := Owner{"submission", "S-1"}, Owner{"pledge", "P-1"}
		put := func(b []byte) File {
			f, err := s.Put(ctx, "plan", bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		plan, photo, stray := put(pdfWith(t, "", "")), put(pngWith(t)), put(webpWith())
		var a, b Attachment
		write := func(f func(tx *db.Tx) error) error { return d.Write(ctx, f) }
		err := write(func(tx *db.Tx) (err error) {
			if a, err = s.Attach(ctx, tx, draft, plan, "person-1", nil); err != nil {
				return err
			}
			b, err = s.Attach(ctx, tx, draft, photo, "person-1", nil)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if a.Public() || a.Salted == a.Hash || len(a.Salt) != saltBytes {
			t.Errorf("%+v", a)
		}
		err = write(func(tx *db.Tx) error {
			same, err := s.Attach(ctx, tx, draft, plan, "person-2", nil)
			if err == nil && same.Salted != a.Salted {
				t.Error("attaching it again makes another attachment")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = write(func(tx *db.Tx) error {
			if err := Copy(ctx, tx, draft, published, []string{a.Salted}); err != nil {
				return err
			}
			return Release(ctx, tx, published, []string{a.Salted})
		})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Read(ctx, func(tx *db.Tx) error {
			list, err := List(ctx, tx, published)
			if err != nil || len(list) != 1 || !list[0].Public() || list[0].Salted != a.Salted {
				t.Errorf("the published pledge has %+v, %v", list, err)
			}
			mine, err := Find(ctx, tx, draft, a.Salted)
			if err != nil || mine.Public() {
				t.Errorf("the draft's own: %+v, %v", mine, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(filepath.Join(dir, pathOf(a.Hash)))
		if err != nil || Salted(a.Salt, content) != a.Salted {
			t.Errorf("the salted hash does not fit the content (%v)", err)
		}
		if err := write(func(tx *db.Tx) error { return Detach(ctx, tx, published, a.Salted) }); !errs.Is(err, errs.Conflict) {
			t.Errorf("a public file was taken away: %v", err)
		}
		if err := write(func(tx *db.Tx) error { return Detach(ctx, tx, draft, b.Salted) }); err != nil {
			t.Error(err)
		}
		if err := write(func(tx *db.Tx) error { return Detach(ctx, tx, draft, b.Salted) }); !errs.Is(err, errs.NotFound) {
			t.Errorf("taken away twice: %v", err)
		}
		kept := func(hash string) (needed bool, err error) {
			err = d.Read(ctx, func(tx *db.Tx) error {
				needed, err = Referred(ctx, tx, hash)
				return err
			})
			return needed, err
		}
		if n, err := s.Sweep(ctx, time.Now(), kept); n != 0 || err != nil {
			t.Errorf("swept %d files that are new, %v", n, err)
		}
		if n, err := s.Sweep(ctx, time.Now().Add(2*grace), kept); n != 2 || err != nil {
			t.Errorf("swept %d files, want the photo and the stray one: %v", n, err)
		}
		for _, f := range []File{photo, stray} {
			if _, err := s.Open(ctx, f.Hash); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", f.Type, err)
			}
		}
		if _, err := s.Salted(ctx, plan.Hash, nil); err != nil {
			t.Error(err)
		}
	})
}

func TestAtMostTwentyFilesBelongToOneThing(t *testing.T) {
	d := dbtest.New(t, db.SQLite)
	s, _ := openStore(t, nil)
	ctx := t.Context()
	err := d.Write(ctx, func(tx *db.Tx) error {
		for i := range MaxPerOwner + 1 {
			f, err := s.Put(ctx, "a", bytes.NewReader(pdfWith(t, "/N/"+strings.Repeat("A", i+1), "")))
			if err != nil {
				return err
			}
			if _, err := s.Attach(ctx, tx, Owner{"submission", "S-1"}, f, "p", nil); err != nil {
				if i != MaxPerOwner || keyOf(err) != KeyTooMany {
					t.Errorf("file %d: %v", i+1, err)
				}
				return nil
			}
		}
		t.Error("there is no limit")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFileIsNeverShownInside(t *testing.T) {
	s, _ := openStore(t, nil)
	f, err := s.Put(t.Context(), "خطة.png", bytes.NewReader(pngWith(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, cache string
		released    time.Time
	}{{"private", "no-store", time.Time{}}, {"released", "public, max-age=3600", time.Unix(1, 0)}} {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.Header.Set("Range", "bytes=0-3")
			if err := s.Serve(w, r, Attachment{File: f, Salted: "abc", Released: c.released}); err != nil {
				t.Fatal(err)
			}
			for k, want := range map[string]string{
				"Content-Type": PNG, "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'",
				"Cache-Control": c.cache, "Content-Disposition": "attachment; filename*=utf-8''%D8%AE%D8%B7%D8%A9.png",
			} {
				if got := w.Header().Get(k); got != want {
					t.Errorf("%s: %q, want %q", k, got, want)
				}
			}
			if w.Code != http.StatusPartialContent || w.Body.String() != pngSignature[:4] {
				t.Errorf("answered %d, %q", w.Code, w.Body)
			}
		})
	}
	if err := s.Serve(httptest.NewRecorder(), httptest.NewRequestWithContext(context.Background(), "GET", "/", nil), Attachment{File: File{Hash: strings.Repeat("0", 64)}}); !errs.Is(err, errs.NotFound) {
		t.Errorf("a file that is not there: %v", err)
	}
}
