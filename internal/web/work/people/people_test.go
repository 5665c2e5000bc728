package people_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"stocktake/internal/access"
	"stocktake/internal/db"
	"stocktake/internal/lang"
	"stocktake/internal/party"
	"stocktake/internal/web/work/kittest"
	"stocktake/internal/web/work/people"
	"stocktake/internal/web/work/sign"
)

func open(t *testing.T) *kittest.Site {
	h := kittest.New(t)
	return h.Serve(sign.New(h.Access, h.Clock), people.New(people.Rooms{Access: h.Access, DB: h.DB}))
}

func TestArea(t *testing.T) {
	made := []string{}
	for _, r := range access.Roles {
		made = append(made, "people.role."+string(r))
	}
	for _, action := range audited(t) {
		made = append(made, "people.audit.did."+action)
	}
	kittest.Area(t, people.New(people.Rooms{}), made...)
}

func TestEveryDoor(t *testing.T) {
	kittest.Doors(t, sign.New(nil, nil), people.New(people.Rooms{}))
}

func find(t *testing.T, s *kittest.Site, email string) (p access.Person) {
	t.Helper()
	s.Write(func(ctx context.Context, tx *db.Tx) (err error) {
		p, err = s.Access.PersonByEmail(ctx, tx, email)
		return err
	})
	return p
}

// An account without a name is called by none until its person gives it, at the first sign-in.
func TestANameIsAskedForAtTheFirstSignIn(t *testing.T) {
	s := open(t)
	p := s.Invite("nameless@example.org", "", access.Grant{Role: access.Reviewer})
	s.As(kittest.Administrator).Get("/desk/people/" + p.ID).Is(200)
	if got := s.As(kittest.Administrator).Get("/desk/people/" + p.ID).First("h1").Text(); got != "a new account" {
		t.Errorf("it is called %q", got)
	}
	link := s.Letter("nameless@example.org").Data["Link"]
	first := s.As(kittest.Nobody).Get(strings.TrimPrefix(link, kittest.Base)).Press("Sign in").Is(200).Says("Please look through these details once", "Signed in as a new account", "Sign out")
	first.Fill("Time zone", "Europe/Paris").Press("Save").Is(422)
	first.Fill("Your name", "Nora").Fill("Time zone", "Europe/Paris").Press("Save").Is(200).Says("Signed in as Nora")
}

func TestTheSecretariatInvites(t *testing.T) {
	s := open(t)
	r := s.As(kittest.Reviewer)
	p := r.Get("/desk/people").Is(200).Says("focal@example.org", "Focal point of Portugal").Follow("Invite somebody")
	if p.First("input[name=role]").Get("type") != "hidden" {
		t.Error("a reviewer may give roles of the desk")
	}
	p = p.Press("Send the invitation").Is(422)
	p = p.Fill("E-mail address", "amina@example.ke").Fill("Name", "Amina Otieno").Fill("Party", "Kenya").Choose("Deputy").Choose("May submit in the party’s name").
		Fill("until.day", "31").Fill("until.month", "12").Fill("until.year", "2027").Press("Send the invitation")
	p.Is(200).Says("The invitation is on its way.", "Amina Otieno", "Deputy focal point of Kenya, may submit in its name, until 31 December 2027")
	link := s.Letter("amina@example.ke").Data["Link"]
	if !strings.HasPrefix(link, kittest.Base+"/en/sign-in/") {
		t.Fatalf("the letter has the link %q", link)
	}
	s.As(kittest.Nobody).Get(strings.TrimPrefix(link, kittest.Base)).Says("Amina Otieno").Press("Sign in").Is(200).Says("You are signed in.")
	// Who wants to give more than they may is refused, whatever they send.
	before := len(s.Letters())
	r.Post("/desk/people/invite", url.Values{"email": {"x@example.org"}, "name": {"X"}, "language": {"en"}, "role": {"administrator"}, "place": {"first"}}).Is(403)
	if len(s.Letters()) != before {
		t.Error("a letter went out")
	}
}

func TestAPartyLooksAfterItsOwn(t *testing.T) {
	s := open(t)
	r := s.As(kittest.Focal)
	p := r.Get("/desk/people").Is(200).Says("Kenya", "deputy@example.org").SaysNot("other@example.org", "admin")
	p = p.Follow("Invite somebody").Is(200)
	var offered []string
	for _, o := range p.All("select[name=party] option") {
		offered = append(offered, o.Get("value"))
	}
	if strings.Join(offered, " ") != " ken" {
		t.Errorf("parties to choose from: %q", offered)
	}
	p.Fill("E-mail address", "second@example.ke").Fill("Name", "Second Deputy").Fill("Party", "ken").Choose("Deputy").Press("Send the invitation").Says("The invitation is on its way.")
	// Others are none of its business, and a deputy appoints nobody.
	r.Get("/desk/people/" + s.People[kittest.Other].ID).Is(404)
	r.Get("/desk/people/" + s.People[kittest.Administrator].ID).Is(404)
	r.Get("/desk/packet/prt").Is(403)
	s.As(kittest.Deputy).Get("/desk/people").SaysNot("Invite somebody")
	s.As(kittest.Deputy).Get("/desk/people/invite").Is(403)
	// It ends what it gave.
	q := r.Get("/desk/people/" + s.People[kittest.Deputy].ID).Is(200).Press("End").Says("The role has ended.")
	q.SaysNot("Hand over")
	s.As(kittest.Deputy).Get("/desk/people").Is(403)
}

func TestHandingOver(t *testing.T) {
	s := open(t)
	r := s.As(kittest.Focal)
	p := r.Get("/desk/people/" + s.People[kittest.Focal].ID).Follow("Hand over").Is(200).Says("Who follows Focal Person for Kenya?")
	p.Fill("last.year", "2020").Fill("Successor’s e-mail address", "next@example.ke").Fill("Successor’s name", "Next One").Press("Hand over").Is(422).Says("Write a whole day, today or later.")
	p.Fill("last.year", "2026").Fill("last.month", "11").Fill("last.day", "30").Fill("Successor’s e-mail address", "focal@example.org").Fill("Successor’s name", "Next One").Press("Hand over").Is(422).Says("It must be somebody else.").SaysNot("to:")
	p.Fill("Successor’s e-mail address", "next@example.ke")
	p = p.Fill("last.year", "2026").Fill("last.month", "11").Fill("last.day", "30").Fill("Successor’s e-mail address", "next@example.ke").Press("Hand over").Is(200)
	p.Says("It is handed over.", "Handing over: Kenya", "Next One", "Focal point of Kenya, may submit in its name, from 1 December 2026")
	if len(p.All("tbody tr")) == 0 {
		t.Error("the packet has no pledges")
	}
	next := find(t, s, "next@example.ke")
	if _, ok := next.FocalPoint("ken", "2026-12-01"); !ok {
		t.Error("the successor speaks for nobody")
	}
	if g, ok := find(t, s, "focal@example.org").FocalPoint("ken", "2026-11-30"); !ok || g.Until != "2026-11-30" {
		t.Errorf("the one who leaves holds %+v", g)
	}
}

// What a contact does for other parties is no business of this one; and who follows is sent to
// what was handed over.
func TestAPacketIsOfOneParty(t *testing.T) {
	s := open(t)
	s.Write(func(ctx context.Context, tx *db.Tx) error {
		_, err := s.Access.Grant(ctx, tx, s.People[kittest.Administrator], s.People[kittest.Deputy].ID, access.Grant{Role: access.FocalPoint, Party: "gha"})
		return err
	})
	for _, path := range []string{"/desk/packet/ken", "/desk/people", "/desk/people/" + s.People[kittest.Deputy].ID} {
		s.As(kittest.Focal).Get(path).Says("ocal point of Kenya").SaysNot("Ghana")
	}
	s.As(kittest.Administrator).Get("/desk/people/" + s.People[kittest.Deputy].ID).Says("Ghana")
	s.As(kittest.Reviewer).Get("/desk/packet/ken").SaysNot("Ghana")
	focal := s.People[kittest.Focal]
	s.As(kittest.Focal).Get("/desk/people/"+focal.ID+"/hand-over/"+focal.Grants[0].ID).
		Fill("Successor’s e-mail address", "deputy@example.org").Fill("Successor’s name", "Deputy").Press("Hand over").Is(200)
	link := s.Letter("deputy@example.org").Data["Link"]
	s.As(kittest.Deputy).In(lang.EN).Get(strings.TrimPrefix(link, kittest.Base)).Is(200).Says("Handing over: Kenya")
}

func TestClosingAndErasing(t *testing.T) {
	s := open(t)
	r := s.As(kittest.Administrator)
	observer := s.As(kittest.Observer)
	at := "/desk/people/" + s.People[kittest.Observer].ID
	r.Get(at).Fill("Name", "Olga Observer").Press("Save").Says("The details were saved.", "Olga Observer")
	r.Get(at).Press("Mail a link to sign in").Says("A link is on its way.")
	r.Get(at).Press("Sign out everywhere").Says("All sessions have ended.")
	observer.Get("/account").Says("We send you a letter")
	r.Get(at).Press("Download what is kept").Is(200)
	r.Get(at + "/close").Press("Close the account").Is(422)
	r.Get(at + "/close").Choose("Close and erase").Press("Close the account").Says("The account was closed and erased.").SaysNot("Olga")
	other := "/desk/people/" + s.People[kittest.Bare].ID
	r.Get(other + "/close").Choose("Close only").Press("Close the account").Says("The account is closed.")
	r.Get("/desk/people?closed=1").Says("Bare Person")
	r.Get("/desk/audit").Is(200).Says("Erased the data of a person", "Closed an account", "Administrator Person").SaysNot("person.erase", "person.close")
	s.As(kittest.Reviewer).Get("/desk/audit").Is(403)
	s.As(kittest.Reviewer).Get(at + "/close").Is(403)
}

// A party that the desk has introduced has nothing public yet, and can be given a focal point: else
// it could never pledge.
func TestAnIntroducedPartyGetsItsFocalPoint(t *testing.T) {
	h := kittest.New(t)
	s := h.Serve(sign.New(h.Access, h.Clock), people.New(people.Rooms{Access: h.Access, DB: h.DB,
		Introduced: func(context.Context, access.Person) ([]party.Party, error) {
			return []party.Party{{Code: "union-of-nairobi", Kind: "trade_union", Names: map[lang.Code]string{lang.EN: "Union of Nairobi"}}}, nil
		},
	}))
	p := s.As(kittest.Reviewer).Get("/desk/people/invite").Fill("E-mail address", "nia@union.example").Fill("Name", "Nia").Fill("Party", "Union of Nairobi").Press("Send the invitation")
	p.Is(200).Says("The invitation is on its way.")
	if _, ok := find(t, s, "nia@union.example").FocalPoint("union-of-nairobi", s.Access.Today()); !ok {
		t.Error("nobody speaks for it")
	}
}

// Who has lost the device begins anew; only an administrator says so, and only where there is one.
func TestLostPasskeysAreRemoved(t *testing.T) {
	s := open(t)
	at := "/desk/people/" + s.People[kittest.Reviewer].ID
	s.As(kittest.Administrator).Get(at).SaysNot("Remove the passkeys")
	s.Write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO access_passkey (id, person, name, credential, created, used) VALUES ('key', $1, 'lost', '{}', 1, 1)`, s.People[kittest.Reviewer].ID)
		return err
	})
	owner := s.As(kittest.Reviewer)
	owner.Get(at).Is(200).SaysNot("Remove the passkeys")
	owner.Post(at+"/passkeys", nil).Is(403)
	s.As(kittest.Administrator).Get(at).Press("Remove the passkeys").Is(200).Says("The passkeys were removed and all sessions have ended.").SaysNot("Remove the passkeys")
	owner.Get("/account").Says("We send you a letter")
	s.As(kittest.Reviewer).Get("/account/security").SaysNot("lost")
}

func TestFindingPeople(t *testing.T) {
	s := open(t)
	r := s.As(kittest.Administrator)
	r.Get("/desk/people?q=deputy").Says("deputy@example.org").SaysNot("focal@example.org")
	r.Get("/desk/people?role=translator").Says("Translator into Français").SaysNot("focal@example.org")
	r.Get("/desk/people?q=nobody-like-this").Says("Nobody fits this.")
	r.Get("/desk/people?role=king&page=99").Is(200).Says("focal@example.org")
}

func TestAllPagesInSixLanguages(t *testing.T) {
	s := open(t)
	focal := s.People[kittest.Focal]
	for _, c := range lang.All {
		r := s.As(kittest.Administrator).In(c)
		for _, path := range []string{"", "/invite", "/" + focal.ID, "/" + focal.ID + "/close"} {
			r.Get("/desk/people" + path).Is(200)
		}
		r.Get("/desk/audit").Is(200)
		s.As(kittest.Focal).In(c).Get("/desk/people/" + focal.ID + "/hand-over/" + focal.Grants[0].ID).Is(200)
		s.As(kittest.Focal).In(c).Get("/desk/packet/ken").Is(200)
	}
}
