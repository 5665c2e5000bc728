package intake

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"

	"stocktake/internal/lang"
)

// Reasons are the canned reasons for a return or for setting aside, by key; their words in six
// languages are in reasons/.
var Reasons = []string{
	"too_general", "no_measure", "no_date", "no_objective", "money_unclear", "text_missing", "several_in_one",
	"language_mixed", "personal_data", "party_unclear", "other_compact", "out_of_scope", "duplicate", "spam",
}

//go:embed reasons/*.json
var reasonFiles embed.FS

var reasonWords = sync.OnceValues(func() (map[lang.Code]map[string]string, error) {
	all := map[lang.Code]map[string]string{}
	for _, c := range lang.All {
		data, err := reasonFiles.ReadFile("reasons/" + string(c) + ".json")
		if err != nil {
			return nil, err
		}
		words := map[string]string{}
		if err := json.Unmarshal(data, &words); err != nil {
			return nil, fmt.Errorf("reasons %s: %w", c, err)
		}
		all[c] = words
	}
	return all, nil
})

// Reason is what the party reads for the key of a canned reason, "" for a key that is none.
func Reason(c lang.Code, key string) string {
	words, err := reasonWords()
	if err != nil {
		return "" // a test reads all of them
	}
	return words[c][key]
}
