package party

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/compact"
	"stocktake/internal/errs"
	"stocktake/internal/lang"
	"stocktake/internal/place"
)

// Kinds of the public contract that the rules below speak of. The pack says which kinds there
// are and what they are called; these have rules of their own.
const (
	MemberState   = "member_state"
	ObserverState = "observer_state"
	OtherState    = "other_state"
	Network       = "un_network"
	InterAgency   = "inter_agency"
)

var (
	nameWords = Words{Min: 1, Max: 200}
	longest   = 100 // characters of a code
)

// Lookup finds a party by its code.
type Lookup func(code string) (Party, bool)

// Root is the party that acts when the one with this code does: the ministry
// "prt.foreign-affairs" acts for "prt", the department "iom.data" for "iom". A party without
// a dot acts for itself.
//
// This is sound because Validate lets a party be part of another of its own kind only. A city
// is no part of its State: its code is "city-of-nairobi", not "ken.nairobi".
func Root(code string) string {
	root, _, _ := strings.Cut(code, ".")
	return root
}

// ParentOf is the code in front of the last dot, "" where there is none.
func ParentOf(code string) string {
	if i := strings.LastIndexByte(code, '.'); i >= 0 {
		return code[:i]
	}
	return ""
}

// State reports whether the kind is one of a State (member, observer or other).
func State(kind string) bool {
	return kind == MemberState || kind == ObserverState || kind == OtherState
}

// Group reports whether the party stands for several: it has members, or is a network or an
// inter-agency body. Such a party can make a common pledge alone. What it pledges is not the
// pledge of its members.
func (p Party) Group() bool {
	return len(p.Members) > 0 || p.Kind == Network || p.Kind == InterAgency
}

// FromCountry is the party of a State, with its official names. An area that is neither a
// Member State nor an observer gets no kind: whether it acts as a State is for people to say.
func FromCountry(c place.Country) Party {
	p := Party{
		Schema:  Schema,
		Code:    strings.ToLower(c.Alpha3),
		Names:   map[lang.Code]string{},
		Country: c.Alpha2,
	}
	switch c.Status {
	case place.Member:
		p.Kind = MemberState
	case place.Observer:
		p.Kind = ObserverState
	}
	for _, code := range lang.All {
		if name := c.Name(code); name != "" {
			p.Names[code] = name
		}
	}
	return p
}

// Tidied is the party with its names in the form in which they are recorded and its lists in
// order: members by code. Doors call it before Validate.
func (p Party) Tidied() Party {
	p.Schema = Schema
	names := make(map[lang.Code]string, len(p.Names))
	for c, name := range p.Names {
		if name = Tidy(name); name != "" {
			names[c] = name
		}
	}
	p.Names = names
	p.Members = slices.Compact(slices.Sorted(slices.Values(p.Members)))
	if len(p.Members) == 0 {
		p.Members = nil
	}
	if p.Parent == "" {
		p.Parent = ParentOf(p.Code)
	}
	return p
}

// Validate says everything that is wrong with a party; nothing where it may be published.
// known finds the parties that it refers to; a party must be published after them.
func Validate(pack *compact.Pack, known Lookup, p Party) []errs.Field {
	var found []errs.Field
	found = append(found, checkShape(pack, p)...)
	found = append(found, checkCode(p)...)
	found = append(found, checkState(p)...)
	found = append(found, checkParent(known, p)...)
	found = append(found, checkMembers(known, p)...)
	return found
}

func wrong(field, value, format string, args ...any) []errs.Field {
	return []errs.Field{{Field: field, Value: Glimpse(value), Message: fmt.Sprintf(format, args...)}}
}

func checkShape(pack *compact.Pack, p Party) (found []errs.Field) {
	if p.Schema != Schema {
		found = append(found, wrong("schema", strconv.Itoa(p.Schema), "must be %d", Schema)...)
	}
	if _, ok := pack.Kind(p.Kind); !ok {
		found = append(found, wrong("kind", p.Kind, "must be a kind of the compact: %s", kinds(pack))...)
	}
	if len(p.Names) == 0 {
		found = append(found, wrong("names", "", "at least one name is needed")...)
	}
	codes := make([]lang.Code, 0, len(p.Names))
	for c := range p.Names {
		codes = append(codes, c)
	}
	slices.Sort(codes)
	for _, c := range codes {
		if !lang.Known(string(c)) {
			found = append(found, wrong("names", string(c), "must be in one of the languages ar, en, es, fr, ru, zh")...)
		}
		found = append(found, nameWords.Check("names."+string(c), p.Names[c])...)
	}
	if p.Country != "" {
		if c, ok := place.ByAlpha2(p.Country); !ok || c.Alpha2 != p.Country {
			found = append(found, wrong("country", p.Country, "must be an ISO 3166 alpha-2 code in capitals, as KE")...)
		}
	}
	if p.At != "" && !validAt(p.At) {
		found = append(found, wrong("at", p.At, "must be latitude and longitude in degrees, as -1.286,36.817")...)
	}
	return found
}

func kinds(pack *compact.Pack) string {
	slugs := make([]string, len(pack.Kinds))
	for i, k := range pack.Kinds {
		slugs[i] = k.Slug
	}
	return strings.Join(slugs, ", ")
}

// checkCode holds the code to its grammar: parts of lower-case ASCII letters, digits and
// single hyphens, joined by dots; "a.b" is part of "a".
func checkCode(p Party) []errs.Field {
	switch {
	case p.Code == "":
		return wrong("code", "", "is needed")
	case len(p.Code) > longest:
		return wrong("code", p.Code, "has %d characters; at most %d are allowed", len(p.Code), longest)
	case !ValidCode(p.Code):
		return wrong("code", p.Code, "must be of lower-case letters a–z, digits and hyphens, with dots between a party and its parts, as prt.foreign-affairs")
	case p.Parent != ParentOf(p.Code):
		if p.Parent == "" {
			return wrong("parent", "", "must be %s, the code before the last dot", ParentOf(p.Code))
		}
		return wrong("parent", p.Parent, "does not fit the code: a part of %s has a code that begins with %s. and has one more part", p.Parent, p.Parent)
	}
	return nil
}

// ValidCode reports whether the code follows the grammar of codes.
func ValidCode(code string) bool {
	if code == "" || len(code) > longest {
		return false
	}
	for part := range strings.SplitSeq(code, ".") {
		if part == "" || part[0] == '-' || part[len(part)-1] == '-' || strings.Contains(part, "--") {
			return false
		}
		for i := range len(part) {
			if c := part[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return true
}

// checkState holds States to their ISO codes, and keeps those codes for them.
func checkState(p Party) []errs.Field {
	owner, reserved := place.ByAlpha3(Root(p.Code))
	reserved = reserved && len(Root(p.Code)) == 3
	switch {
	case State(p.Kind) && !reserved:
		return wrong("code", p.Code, "must be the ISO 3166 alpha-3 code of the State in lower case, as ken, or begin with it")
	case State(p.Kind) && p.Country != owner.Alpha2:
		return wrong("country", p.Country, "must be %s, the country of %s", owner.Alpha2, Root(p.Code))
	case !State(p.Kind) && reserved:
		return wrong("code", p.Code, "begins with %s, which is kept for the State and its parts; a %s needs a code of its own", Root(p.Code), cmp.Or(p.Kind, "party"))
	case p.Kind == MemberState && owner.Status != place.Member:
		return wrong("kind", p.Kind, "%s is no Member State", Root(p.Code))
	case p.Kind == ObserverState && owner.Status != place.Observer:
		return wrong("kind", p.Kind, "%s is no observer State", Root(p.Code))
	}
	return nil
}

// checkParent: a party is part of one of its own kind only, so that it acts for it.
func checkParent(known Lookup, p Party) []errs.Field {
	if p.Parent == "" || p.Parent != ParentOf(p.Code) || !ValidCode(p.Code) {
		return nil // nothing to look up, or said already
	}
	parent, ok := known(p.Parent)
	if !ok {
		return wrong("parent", p.Parent, "is not in the register; publish it first")
	}
	if parent.Kind != p.Kind {
		return wrong("parent", p.Parent, "is of kind %s; a party is part of one of its own kind only (%s), because it acts for it", parent.Kind, p.Kind)
	}
	return nil
}

// checkMembers: members are other parties that the register knows, named once and by code
// order, and no circle of groups holds itself.
func checkMembers(known Lookup, p Party) (found []errs.Field) {
	for i, m := range p.Members {
		switch {
		case m == p.Code:
			found = append(found, wrong("members", m, "a party is no member of itself")...)
			continue
		case i > 0 && p.Members[i-1] == m:
			found = append(found, wrong("members", m, "is named twice")...)
			continue
		case i > 0 && p.Members[i-1] > m:
			found = append(found, wrong("members", m, "must be in order of codes")...)
		}
		if _, ok := known(m); !ok {
			found = append(found, wrong("members", m, "is not in the register; publish it first")...)
			continue
		}
		if chain := pathTo(known, m, p.Code, map[string]bool{}); chain != nil {
			found = append(found, wrong("members", m, "makes a circle: %s", strings.Join(append([]string{p.Code}, chain...), " has the member "))...)
		}
	}
	return found
}

// pathTo is the chain of memberships from one group down to another party, nil if there is none.
func pathTo(known Lookup, from, to string, seen map[string]bool) []string {
	if from == to {
		return []string{to}
	}
	if seen[from] {
		return nil
	}
	seen[from] = true
	p, ok := known(from)
	if !ok {
		return nil
	}
	for _, m := range p.Members {
		if rest := pathTo(known, m, to, seen); rest != nil {
			return append([]string{from}, rest...)
		}
	}
	return nil
}

func validAt(s string) bool {
	lat, lon, ok := strings.Cut(s, ",")
	return ok && degrees(lat, 90) && degrees(lon, 180)
}

func degrees(s string, most float64) bool {
	if s == "" || strings.Trim(s, "0123456789.-") != "" {
		return false
	}
	f, err := strconv.ParseFloat(s, 64)
	return err == nil && f >= -most && f <= most
}
