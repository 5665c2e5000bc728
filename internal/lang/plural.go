package lang

// Category is one of the CLDR plural categories of cardinal numbers.
type Category uint8

const (
	Other Category = iota // first, so that the zero value is the form every message has
	Zero
	One
	Two
	Few
	Many
	categories // their number
)

var categoryNames = [categories]string{"other", "zero", "one", "two", "few", "many"}

func (k Category) String() string {
	if k < categories {
		return categoryNames[k]
	}
	return "unknown"
}

func categoryByName(s string) (Category, bool) {
	for i, name := range categoryNames {
		if name == s {
			return Category(i), true
		}
	}
	return 0, false
}

// Plural is the category of the whole number n in the language. The rules are those of CLDR
// 38 and later for whole numbers; golang.org/x/text carries CLDR 32, which lacks the "many" of
// French and Spanish (whole millions: "un million d’annonces"), so the rules stand here and
// the tests hold them against x/text for everything else.
// https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html
func (c Code) Plural(n int64) Category {
	// Plural rules speak of the absolute value; the detour through uint64 keeps the smallest int64 right.
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	switch c {
	case ZH:
		return Other
	case FR:
		switch {
		case u <= 1:
			return One
		case u%1_000_000 == 0:
			return Many
		}
		return Other
	case ES:
		switch {
		case u == 1:
			return One
		case u != 0 && u%1_000_000 == 0:
			return Many
		}
		return Other
	case RU:
		ten, hundred := u%10, u%100
		switch {
		case ten == 1 && hundred != 11:
			return One
		case ten >= 2 && ten <= 4 && (hundred < 12 || hundred > 14):
			return Few
		}
		return Many
	case AR:
		hundred := u % 100
		switch {
		case u == 0:
			return Zero
		case u == 1:
			return One
		case u == 2:
			return Two
		case hundred >= 3 && hundred <= 10:
			return Few
		case hundred >= 11:
			return Many
		}
		return Other
	}
	if u == 1 {
		return One
	}
	return Other
}

// Categories lists the categories that cardinal numbers of the language fall into, fractions
// included (Russian "other" is for fractions only), in the order of CLDR.
func (c Code) Categories() []Category {
	switch c {
	case AR:
		return []Category{Zero, One, Two, Few, Many, Other}
	case RU:
		return []Category{One, Few, Many, Other}
	case FR, ES:
		return []Category{One, Many, Other}
	case ZH:
		return []Category{Other}
	}
	return []Category{One, Other}
}

// exact reports whether the category stands for one number alone, so that its text may say
// "one" or "both" in words. French "one" is 0 and 1, Russian "one" is 1, 21, 31 …: not exact.
func (c Code) exact(k Category) bool {
	switch c {
	case AR:
		return k == Zero || k == One || k == Two
	case EN, ES:
		return k == One
	}
	return false
}
