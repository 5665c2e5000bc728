package followup

import (
	"strings"
	"testing"

	"stocktake/internal/lang"
)

// A first report cannot be "no change": no letter that asks for one names that answer.
func TestLettersOfferWhatEveryPageHas(t *testing.T) {
	answers := map[lang.Code]string{lang.AR: "لا تغيير", lang.EN: "no change", lang.ES: "sin cambios", lang.FR: "aucun changement", lang.RU: "без изменений", lang.ZH: "没有变化"}
	for _, name := range []string{LetterRequest, LetterReminder, LetterDue, LetterOverdue, LetterEscalated} {
		for c, answer := range answers {
			text, err := Letters.ReadFile("letters/" + name + "." + string(c) + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), answer) {
				t.Errorf("%s, %s: offers %q", name, c, answer)
			}
		}
	}
}
