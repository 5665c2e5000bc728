package pledge

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/party"
)

// IDOf is the id of the pledge with a serial: code of the compact, hyphen, at least four digits.
func IDOf(code string, serial int64) string { return fmt.Sprintf("%s-%04d", code, serial) }

// SerialOf is the serial in an id of the compact with the code; ok is false where the string
// is not such an id. There is one way to write each id.
func SerialOf(code, id string) (serial int64, ok bool) {
	digits, found := strings.CutPrefix(id, code+"-")
	if !found || len(digits) < 4 || len(digits) > 9 {
		return 0, false
	}
	serial, err := strconv.ParseInt(digits, 10, 64)
	return serial, err == nil && serial > 0 && IDOf(code, serial) == id
}

// IDMeant is the id that a string means, whatever its case and however many zeros it has; nothing where
// it is not one of the compact with the code.
func IDMeant(code, s string) string {
	if len(s) <= len(code)+1 || !strings.EqualFold(s[:len(code)+1], code+"-") {
		return ""
	}
	digits := strings.TrimLeft(s[len(code)+1:], "0")
	serial, err := strconv.ParseUint(digits, 10, 31)
	if err != nil {
		return ""
	}
	return IDOf(code, int64(serial))
}

// The targets of the 2030 Agenda (A/RES/70/1): of each goal, how many numbered targets there
// are, and the last letter of its means of implementation. 126 and 43, 169 in all.
var targets = [...]struct {
	numbers int
	letter  byte
}{
	1: {5, 'b'}, 2: {5, 'c'}, 3: {9, 'd'}, 4: {7, 'c'}, 5: {6, 'c'}, 6: {6, 'b'}, 7: {3, 'b'}, 8: {10, 'b'}, 9: {5, 'c'},
	10: {7, 'c'}, 11: {7, 'c'}, 12: {8, 'c'}, 13: {3, 'b'}, 14: {7, 'c'}, 15: {9, 'c'}, 16: {10, 'b'}, 17: {19, 0},
}

// ValidTarget reports whether s names a target of the 2030 Agenda: "10.7" or "10.c".
func ValidTarget(s string) bool {
	goal, target, ok := strings.Cut(s, ".")
	g, err := strconv.Atoi(goal)
	if !ok || err != nil || g < 1 || g >= len(targets) || strconv.Itoa(g) != goal {
		return false
	}
	if len(target) == 1 && target[0] >= 'a' {
		return target[0] <= targets[g].letter
	}
	n, err := strconv.Atoi(target)
	return err == nil && n >= 1 && n <= targets[g].numbers && strconv.Itoa(n) == target
}

// Report says everything that is wrong with a progress report on the pledge.
func (r Rules) Report(p Pledge, rep Report) []errs.Field {
	var f findings
	if rep.Schema != Schema {
		f.add("schema", strconv.Itoa(rep.Schema), "must be %d", Schema)
	}
	if rep.Pledge != p.ID {
		f.add("pledge", rep.Pledge, "must be %s", p.ID)
	}
	date(&f, "on", rep.On)
	if r.Mode == ByForm && rep.On == "" {
		f.add("on", "", "is needed: the day that the report speaks of")
	}
	if !slices.Contains(Stages[1:], rep.Stage) {
		f.add("stage", string(rep.Stage), "must be one of %s", join(Stages[1:]))
	}
	f.words(blockWords, "narrative", rep.Narrative)
	f.words(blockWords, "barriers", rep.Barriers)
	f.words(blockWords, "support", rep.Support)
	written := rep.Narrative != "" || rep.Barriers != "" || rep.Support != ""
	if rep.Language != "" && !lang.Known(string(rep.Language)) || written && rep.Language == "" {
		f.add("language", string(rep.Language), "must be the language of the report: ar, en, es, fr, ru or zh")
	}
	few(&f, "values", len(rep.Values))
	for i, v := range rep.Values {
		at := fmt.Sprintf("values[%d].", i)
		if !slices.ContainsFunc(p.Indicators, func(in Indicator) bool { return in.Name == v.Indicator }) {
			f.add(at+"indicator", v.Indicator, "must be the name of an indicator of the pledge")
		}
		if v.Value == "" {
			f.add(at+"value", "", "is needed")
		}
		decimal(&f, at+"value", v.Value)
	}
	r.money(&f, "spent.", rep.Spent)
	links(&f, "evidence", rep.Evidence)
	r.notAhead(&f, "evidence", rep.Evidence, "report", rep.On)
	if rep.ReportedBy != "" && !p.names(rep.ReportedBy) {
		f.add("reported_by", rep.ReportedBy, "must be a party of the pledge: %s", strings.Join(p.Parties, ", "))
	}
	return f
}

// notAhead refuses evidence of a day after what rests on it: nobody has it yet. What does not say of
// which day it is, as a report in an import, is of the day of its publication at the latest.
func (r Rules) notAhead(f *findings, field string, evidence []Link, what, on string) {
	on = cmp.Or(on, r.Today)
	last, ok := ParseDate(on)
	if r.Today == "" || !ok {
		return
	}
	for i, l := range evidence {
		if d, ok := ParseDate(l.On); ok && !d.MayPrecede(last) {
			f.add(fmt.Sprintf("%s[%d].on", field, i), l.On, "must not be later than the %s, %s", what, on)
		}
	}
}

// names reports whether the party, its whole or a part of it is one of the pledge's.
func (p Pledge) names(code string) bool {
	return slices.ContainsFunc(p.Parties, func(c string) bool { return party.Root(c) == party.Root(code) })
}

// Translation says everything that is wrong with a translation of the pledge.
func (r Rules) Translation(p Pledge, tr Translation) []errs.Field {
	var f findings
	if tr.Schema != Schema {
		f.add("schema", strconv.Itoa(tr.Schema), "must be %d", Schema)
	}
	if tr.Pledge != p.ID {
		f.add("pledge", tr.Pledge, "must be %s", p.ID)
	}
	switch {
	case !lang.Known(string(tr.Language)):
		f.add("language", string(tr.Language), "must be ar, en, es, fr, ru or zh")
	case tr.Language == p.Language:
		f.add("language", string(tr.Language), "is the language of the original")
	}
	f.words(titleWords, "title", tr.Title)
	f.words(party.Words{Max: 1_000}, "summary", tr.Summary)
	if n := len(strings.Fields(tr.Summary)); n > SummaryWords {
		f.add("summary", tr.Summary, "has %d words; at most %d are allowed", n, SummaryWords)
	}
	f.words(party.Words{Max: 30_000, Lines: true}, "text", tr.Text)
	if tr.ApprovedBy != "" && !p.names(tr.ApprovedBy) {
		f.add("approved_by", tr.ApprovedBy, "must be a party of the pledge: %s", strings.Join(p.Parties, ", "))
	}
	if tr.By != "human" && tr.By != "machine" {
		f.add("by", tr.By, "must be human or machine")
	}
	return f
}

func (r Rules) file(f *findings, at string, a File) {
	f.words(party.Words{Min: 1, Max: 200}, at+"name", a.Name)
	if strings.ContainsAny(a.Name, `/\`) {
		f.add(at+"name", a.Name, "must be a file name without folders")
	}
	most := int64(r.Pack.Rules.AttachmentMB) << 20
	if a.Bytes < 1 || most > 0 && a.Bytes > most {
		f.add(at+"bytes", strconv.FormatInt(a.Bytes, 10), "must be from 1 byte to %d MB", r.Pack.Rules.AttachmentMB)
	}
	if len(a.SHA256) != 64 || strings.Trim(a.SHA256, "0123456789abcdef") != "" {
		f.add(at+"sha256", a.SHA256, "must be 64 hexadecimal digits in lower case")
	}
}

func links(f *findings, field string, all []Link) {
	few(f, field, len(all))
	for i, l := range all {
		at := fmt.Sprintf("%s[%d].", field, i)
		webAddress(f, at+"url", l.URL)
		f.words(party.Words{Max: 300}, at+"title", l.Title)
		date(f, at+"on", l.On)
		f.words(party.Words{Max: 300}, at+"source", l.Source)
	}
}

// webAddress: http or https, a host, no user name in front of it.
func webAddress(f *findings, field, s string) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || strings.ContainsAny(s, " \"<>\\^`{|}") {
		f.add(field, s, "must be the address of a public page, beginning with https:// or http://")
		return
	}
	f.words(party.Words{Min: 1, Max: 2_000}, field, s)
}

func date(f *findings, field, s string) (Date, bool) {
	d, ok := ParseDate(s)
	if s != "" && !ok {
		f.add(field, s, dateWanted)
	}
	return d, ok
}

func decimal(f *findings, field, s string) {
	if _, _, ok := splitDecimal(strings.TrimPrefix(s, "-")); s != "" && !ok {
		f.add(field, s, "must be a number in digits, with a point before decimals: 1500 or 0.5")
	}
}

// splitDecimal takes "1500000" or "0.5" apart; there is one way to write the whole part.
func splitDecimal(s string) (whole, fraction string, ok bool) {
	whole, fraction, point := strings.Cut(s, ".")
	ok = whole != "" && len(whole) <= 15 && (whole == "0" || whole[0] != '0') && point == (fraction != "") &&
		len(fraction) <= 4 && strings.Trim(whole+fraction, "0123456789") == ""
	return whole, fraction, ok
}

// distinct says which values are named twice, and gives each once, for further checks; none
// where there are too many to go on.
func distinct[S ~string](f *findings, field string, list []S) []S {
	if len(list) > mostItems {
		few(f, field, len(list))
		return nil
	}
	var once []S
	for _, s := range list {
		if slices.Contains(once, s) {
			f.add(field, string(s), "is named twice")
			continue
		}
		once = append(once, s)
	}
	return once
}

func oneOf[S ~string](f *findings, field string, list, allowed []S) {
	for _, s := range distinct(f, field, list) {
		if !slices.Contains(allowed, s) {
			f.add(field, string(s), "must be one of %s", join(allowed))
		}
	}
}

func few(f *findings, field string, n int) {
	if n > mostItems {
		f.add(field, strconv.Itoa(n), "has %d values; at most %d are allowed", n, mostItems)
	}
}

func join[S ~string](list []S) string { return slugs(list, func(s S) string { return string(s) }) }

func slugs[T any](list []T, slug func(T) string) string {
	all := make([]string, len(list))
	for i, x := range list {
		all[i] = slug(x)
	}
	return strings.Join(all, ", ")
}

func numbers(list []int) string { return slugs(list, strconv.Itoa) }
