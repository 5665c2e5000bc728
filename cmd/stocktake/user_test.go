package main

import (
	"regexp"
	"strings"
	"testing"
)

var signInLink = regexp.MustCompile(`^https://pledges\.example\.org/fr/sign-in/[A-Za-z0-9_-]{43}\n$`)

func TestPeopleAreAddedListedAndEnded(t *testing.T) {
	eachEngine(t, func(b *bench) {
		at := []string{"--base-url", "https://pledges.example.org"}
		add := func(args ...string) (out, words string) {
			t.Helper()
			status, out, words := b.run(append(append([]string{"user", "add"}, args...), at...)...)
			if status != 0 {
				t.Fatalf("user add %v: exit %d\n%s", args, status, words)
			}
			return out, words
		}
		out, words := add("Amina@example.org", "--role", "focal_point", "--party", "ken", "--transmits", "--name", "Amina", "--language", "fr")
		if !signInLink.MatchString(out) || strings.Contains(words, "sign-in/") {
			t.Errorf("%q, %q", out, words)
		}
		add("amina@example.org", "--role", "translator", "--into", "ar")
		add("admin@example.org", "--role", "administrator", "--name", "Admin")
		b.refused(1, "a focal point, and nobody else", "user", "add", "x@example.org", "--role", "focal_point")
		// A party is one that there is, however its code is typed.
		b.refused(1, `"zzzz-nowhere": is the code of no party`, "user", "add", "amina@example.org", "--role", "focal_point", "--party", "zzzz-nowhere")
		add("kim@example.org", "--role", "focal_point", "--party", " KOR", "--name", "Kim")
		if status, out, _ := b.run("user", "list", "--party", "Kor"); status != 0 || !strings.HasSuffix(out, "\tkim@example.org\tKim\tfocal_point:kor\n") {
			t.Errorf("%d %q", status, out)
		}
		b.must("user", "end", "kim@example.org", "--role", "focal_point", "--party", "KOR")
		b.must("user", "end", "kim@example.org", "--erase")
		b.refused(1, "must be an e-mail address", "user", "add", "x", "--role", "observer")
		list := func(args ...string) string {
			t.Helper()
			status, out, words := b.run(append([]string{"user", "list"}, args...)...)
			if status != 0 {
				t.Fatalf("user list: exit %d\n%s", status, words)
			}
			return regexp.MustCompile(`(?m)^per-[a-z2-7]{16}\t`).ReplaceAllString(out, "")
		}
		const amina = "amina@example.org\tAmina\tfocal_point:ken (transmits), translator:ar\n"
		if got := list(); got != "admin@example.org\tAdmin\tadministrator\n"+amina {
			t.Errorf("%q", got)
		}
		if got := list("--party", "ken"); got != amina {
			t.Errorf("%q", got)
		}
		b.must("user", "end", "amina@example.org", "--role", "translator")
		b.refused(1, "does not hold this role", "user", "end", "amina@example.org", "--role", "translator")
		b.refused(1, "no account with this address", "user", "end", "nobody@example.org")
		b.refused(1, "do not go together", "user", "end", "amina@example.org", "--role", "focal_point", "--erase")
		if got := list("--role", "focal_point"); got != "amina@example.org\tAmina\tfocal_point:ken (transmits)\n" {
			t.Errorf("%q", got)
		}
		if words := b.must("user", "lost", "admin@example.org"); !strings.Contains(words, "begins anew by a mailed link") {
			t.Errorf("%q", words)
		}
		b.refused(1, "no account with this address", "user", "lost", "nobody@example.org")
		b.must("user", "end", "admin@example.org")
		if got := list("--closed"); got != "admin@example.org\tAdmin\t\n" {
			t.Errorf("%q", got)
		}
		b.must("user", "end", "amina@example.org", "--erase")
		if got := list() + list("--closed"); strings.Contains(got, "mina") {
			t.Errorf("%q", got)
		}
	})
}

// Where no address is stated, links lead to where the site listens; the name of the register is
// another matter, and told before it is for good.
func TestLinksWithoutAStatedAddress(t *testing.T) {
	b := &bench{t: t, dir: t.TempDir()}
	b.db = "sqlite:" + b.path("site.db")
	url, said, stop := site(t, "serve", "--db", b.db, "--log-key", b.path("log.key"), "--addr", "127.0.0.1:0")
	if want := "the first entry will name this register 127.0.0.1:8080/log, for good"; strings.Count(said.String(), want) != 1 {
		t.Errorf("it does not say once %q:\n%s", want, said)
	}
	_, link, words := b.run("user", "add", "admin@example.org", "--role", "administrator", "--name", "Admin")
	if !strings.HasPrefix(link, "http://127.0.0.1:8080/en/sign-in/") || !strings.Contains(words, "assumes the default address, http://127.0.0.1:8080") {
		t.Errorf("%q, %q", link, words)
	}
	if _, page := get(t, url+"en/sign-in"); strings.Contains(page, "127.0.0.1:8080") {
		t.Error("a page has the default address")
	}
	v := visit(t, url)
	v.enter(oneTime.FindString(link))
	if status, page := v.post("/en/desk/people/invite", map[string][]string{"email": {"two@example.org"}, "name": {"Two"}, "language": {"en"}, "role": {"reviewer"}, "place": {"first"}}); status != 200 {
		t.Fatalf("%d\n%s", status, page)
	}
	_, outbox := v.get("/en/desk/outbox")
	letter := regexp.MustCompile(`/en/desk/outbox/[^"?]+`).FindString(outbox)
	if _, page := v.get(letter); !strings.Contains(page, url+"en/sign-in/") || strings.Contains(page, "127.0.0.1:8080") {
		t.Errorf("the letter %q does not lead to %s:\n%s", letter, url, page)
	}
	stop()
	b.must("import", "pledges", b.write("more.csv", "title,text,objectives,parties\nOne,Kenya promises one thing.,7,ken\n"))
	if words := b.must("export", "register", "-o", b.path("out.jsonl")); !strings.Contains(words, "127.0.0.1:8080/log") {
		t.Errorf("the register has another name: %s", words)
	}
	if words := b.must("import", "pledges", b.write("two.csv", "title,text,objectives,parties\nTwo,Kenya promises two things.,7,ken\n")); strings.Contains(words, "will name this register") {
		t.Errorf("warned of what is done: %s", words)
	}
}
