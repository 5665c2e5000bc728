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
