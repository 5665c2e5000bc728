package office

import (
	"slices"
	"strings"

	"stocktake/internal/db"
	"stocktake/internal/mail"
	"stocktake/internal/web/work/kit"
)

// choicePage asks whether somebody wants more letters of a kind. The link in the letter says
// who; to open it changes nothing.
type choicePage struct {
	Action string
	Kind   string
	Off    bool
}

func (o *office) choice(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	var c mail.Choice
	err := o.db.Read(r.Context(), func(tx *db.Tx) (err error) {
		c, err = o.mail.ChoiceOf(r.Context(), tx, r.PathValue("token"))
		return err
	})
	v := &choicePage{Action: r.Link(r.Path), Kind: r.T("office.kind." + c.Kind), Off: c.Off}
	return kit.Page{Name: "choice", Title: "office.choice", Data: v}, err
}

// choose takes the form of the page, and what a mail program sends by itself when its user
// presses the button for it (RFC 8058): no cookie, no language, one field.
func (o *office) choose(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	token, off := r.PathValue("token"), r.Form.Get("List-Unsubscribe") == "One-Click" || r.Form.Get("do") == "off"
	err := o.db.Write(r.Context(), func(tx *db.Tx) error {
		c, err := o.mail.ChoiceOf(r.Context(), tx, token)
		if err != nil {
			return err
		}
		c.Off = off
		return o.mail.Choose(r.Context(), tx, c)
	})
	return kit.Done(mail.OffPath(token), "office.done.chosen"), err
}

// minePage is where somebody who has signed in chooses.
type minePage struct{ Form *kit.Form }

func (o *office) mine(_ *kit.Kit, r *kit.Request) (kit.Answer, error) {
	var stored []string
	var options []kit.Option
	err := o.db.Read(r.Context(), func(tx *db.Tx) error {
		stored, options = nil, nil
		choices, err := o.mail.Choices(r.Context(), tx, r.Person.ID)
		for _, c := range choices {
			options = append(options, kit.Option{Value: c.Kind, Text: r.T("office.kind." + c.Kind)})
			if !c.Off {
				stored = append(stored, c.Kind)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	form := r.NewForm(nil)
	form.Checks("kinds", "office.mine.kinds", stored, options)
	if !form.Valid() {
		return kit.Page{Name: "mine", Title: "office.mine", Data: &minePage{form}, Form: form}, nil
	}
	wanted := form.Values("kinds")
	err = o.db.Write(r.Context(), func(tx *db.Tx) error {
		for _, kind := range o.mail.Kinds() {
			if err := o.mail.Choose(r.Context(), tx, mail.Choice{Person: r.Person.ID, Kind: kind, Off: !slices.Contains(wanted, kind)}); err != nil {
				return err
			}
		}
		return nil
	})
	return kit.Done(minePath, "office.done.mine"), err
}

func lines(s string) []string { return strings.Split(strings.TrimSpace(s), "\n") }
