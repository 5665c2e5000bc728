// Package access knows who somebody is and what they may do. Accounts come by invitation only;
// people sign in by a mailed link, a passkey, their organisation's OpenID Connect provider, or,
// where the operator allows it, a password. What may be done is one table (policy.go): whoever
// wants to know what a role can do reads it there and nowhere else.
//
// Nothing of this is ever in the register, an export, a log line or a metric. Errors name
// people by their id, never by name or address.
package access

import (
	"slices"
	"time"

	"stocktake/internal/lang"
)

// Role is what somebody was given to do. Roles do not include each other: an administrator who
// reviews pledges is given both.
type Role string

const (
	NoRole        Role = ""              // has an account, whatever its grants
	Administrator Role = "administrator" // accounts, jobs, letters; reads no pledge
	Reviewer      Role = "reviewer"      // the secretariat's work on pledges
	Translator    Role = "translator"    // translations into one language, or all
	FocalPoint    Role = "focal_point"   // speaks for a party
	Observer      Role = "observer"      // reads what the secretariat has received; never writes
)

// Roles lists those that can be granted.
var Roles = []Role{Administrator, Reviewer, Translator, FocalPoint, Observer}

// Desk reports whether the role is one of the secretariat's.
func (r Role) Desk() bool {
	return r == Administrator || r == Reviewer || r == Translator || r == Observer
}

// Grant gives a person a role for a time. The days are days in UTC; both ends are included.
type Grant struct {
	ID        string    `json:"id"`
	Role      Role      `json:"role"`
	Party     string    `json:"party,omitempty"`     // of a focal point
	Language  lang.Code `json:"language,omitempty"`  // of a translator; "" is all of them
	Deputy    bool      `json:"deputy,omitempty"`    // stands in for the first contact, and appoints nobody
	Transmits bool      `json:"transmits,omitempty"` // may submit in the party's name
	From      string    `json:"from,omitempty"`      // first day, "" = always
	Until     string    `json:"until,omitempty"`     // last day, "" = open
	Source    string    `json:"source,omitempty"`    // "" given by a person; "oidc" follows the provider's claims
}

// On reports whether the grant holds on the day.
func (g Grant) On(day string) bool {
	return (g.From == "" || g.From <= day) && (g.Until == "" || day <= g.Until)
}

// Person is an account. The zero value is nobody: a reader who has not signed in.
type Person struct {
	ID          string
	Name        string
	Email       string
	Language    lang.Code
	TimeZone    string  // "Europe/Paris"; "" is UTC
	Grants      []Grant // past and future ones too; see Grant.On
	Waiting     []Grant // held back in this session until its second factor; see SecondFactor
	Closed      bool    // can no longer sign in
	Unreachable bool    // letters to the address came back
}

// Known reports whether it is somebody.
func (p Person) Known() bool { return p.ID != "" }

// Zone is the person's time zone; UTC for nobody.
func (p Person) Zone() *time.Location {
	z, err := time.LoadLocation(p.TimeZone)
	if err != nil {
		return time.UTC
	}
	return z
}

// Day is the day where the person is. Today is that of the register, in UTC.
func (p Person) Day(now time.Time) string { return now.In(p.Zone()).Format(time.DateOnly) }

// Has reports whether the person holds the role on the day.
func (p Person) Has(role Role, day string) bool {
	return slices.ContainsFunc(p.Grants, func(g Grant) bool { return g.Role == role && g.On(day) })
}

// Desk reports whether the person holds any role of the secretariat on the day.
func (p Person) Desk(day string) bool {
	return slices.ContainsFunc(p.Grants, func(g Grant) bool { return g.Role.Desk() && g.On(day) })
}

// Parties lists the codes of the parties that the person speaks for on the day, sorted.
func (p Person) Parties(day string) []string {
	var codes []string
	for _, g := range p.Grants {
		if g.Role == FocalPoint && g.On(day) {
			codes = append(codes, g.Party)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// FocalPoint finds the grant by which the person speaks for the party on the day; of several
// the strongest: one that transmits before one that does not, a first contact before a deputy.
func (p Person) FocalPoint(party, day string) (found Grant, ok bool) {
	strength := func(g Grant) (n int) {
		if g.Transmits {
			n += 2
		}
		if !g.Deputy {
			n++
		}
		return n
	}
	for _, g := range p.Grants {
		if g.Role != FocalPoint || g.Party != party || party == "" || !g.On(day) {
			continue
		}
		if !ok || strength(g) > strength(found) {
			found, ok = g, true
		}
	}
	return found, ok
}

// Transmits reports whether the person may submit in the party's name on the day.
func (p Person) Transmits(party, day string) bool {
	return party != "" && slices.ContainsFunc(p.Grants, func(g Grant) bool {
		return g.Role == FocalPoint && g.Party == party && g.Transmits && g.On(day)
	})
}

// Translates reports whether the person translates into the language on the day.
func (p Person) Translates(into lang.Code, day string) bool {
	return slices.ContainsFunc(p.Grants, func(g Grant) bool {
		return g.Role == Translator && (g.Language == "" || g.Language == into) && g.On(day)
	})
}

// Operator is who runs the program: commands act in its name, and the audit says so. It is no
// account and cannot sign in.
func Operator() Person {
	return Person{ID: OperatorID, Grants: []Grant{{Role: Administrator}}}
}

// OperatorID is how the audit names the operator; no account has it.
const OperatorID = "operator"
