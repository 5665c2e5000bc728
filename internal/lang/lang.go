// Package lang knows the six official languages of the United Nations: which one a reader
// wants, which way it runs, and how it says messages, plurals, numbers, dates and lists.
package lang

// Code is one of the six languages, as an ISO 639-1 code.
type Code string

const (
	AR Code = "ar"
	EN Code = "en"
	ES Code = "es"
	FR Code = "fr"
	RU Code = "ru"
	ZH Code = "zh"
)

// All lists the six in the order in which the language switch shows them (by autonym, Arabic first as in UN usage).
var All = []Code{AR, ZH, EN, FR, RU, ES}

// Default is the language of a reader who asked for none of the six.
const Default = EN

// Known reports whether s is one of the six codes.
func Known(s string) bool {
	switch Code(s) {
	case AR, EN, ES, FR, RU, ZH:
		return true
	}
	return false
}

// Dir is "rtl" for Arabic and "ltr" for the others.
func (c Code) Dir() string {
	if c == AR {
		return "rtl"
	}
	return "ltr"
}

// Autonym is the language's own name for itself.
func (c Code) Autonym() string {
	return map[Code]string{AR: "العربية", ZH: "中文", EN: "English", FR: "Français", RU: "Русский", ES: "Español"}[c]
}
