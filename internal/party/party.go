// Package party knows who acts: States, UN entities, networks, local authorities, civil
// society, the private sector and the other kinds that a compact names. A party enters the
// register on its first appearance; a later change of its name or members is a new version.
package party

import (
	"stocktake/internal/compact"
	"stocktake/internal/lang"
)

// Kind of the register entries that publish a party; the payload is a Party.
const EntryKind = "party"

// Schema is the number of the payload's shape; programs read all older ones.
const Schema = 1

// Party is the whole public state of one actor.
//
// A code is an ISO alpha-3 in lower case for a State ("ken"), the acronym for a UN entity
// ("iom"), a slug for the others ("city-of-nairobi"). A dot says "part of": the ministry
// "prt.foreign-affairs" acts for the State "prt", and the State counts once.
type Party struct {
	Schema  int                  `json:"schema"`
	Code    string               `json:"code"`
	Kind    string               `json:"kind"`              // a kind of the pack: member_state, local_authority, …
	Names   map[lang.Code]string `json:"names"`             // at least one
	Country string               `json:"country,omitempty"` // ISO alpha-2 of where it is; empty for the United Nations and the like
	Parent  string               `json:"parent,omitempty"`  // the party that it is part of and acts for
	Members []string             `json:"members,omitempty"` // codes; what a group pledges is not its members' pledge
	At      string               `json:"at,omitempty"`      // "-1.286,36.817": latitude, longitude of a city, in degrees
}

// Subject names the party in the register.
func Subject(code string) string { return "party:" + code }

// Name is the party's name in the language, else in English, else in whichever it has (in the order of lang.All).
func (p Party) Name(c lang.Code) string {
	if n := p.Names[c]; n != "" {
		return n
	}
	if n := p.Names[lang.EN]; n != "" {
		return n
	}
	for _, c := range lang.All {
		if n := p.Names[c]; n != "" {
			return n
		}
	}
	return p.Code
}

// IsState reports whether the party counts among "States" in a figure: a party of a kind that
// the pack counts so (Member States only), and not a part of another such party.
func (p Party) IsState(pack *compact.Pack) bool {
	k, ok := pack.Kind(p.Kind)
	return ok && k.Counts && p.Parent == ""
}
