package text

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Light stemming of Arabic, in the manner of the "light10" stemmer (Larkey, Ballesteros and
// Connell, 2007): letters that writers use for one another are made one, then article,
// conjunction and the commonest endings are taken off. Roots are not sought. Deliberately
// narrower than light10 in two ways: every cut leaves at least three letters, and the one-letter
// prepositions ب ك ف go only together with the article (بال كال فال لل), ل also before a verbal
// noun, because too many words begin with those letters (بلد, كتاب, لجنة).

// arabicLetters: forms of alef, hamza on its seats, final yeh and teh marbuta, Persian yeh and kaf.
var arabicLetters = strings.NewReplacer(
	"أ", "ا", "إ", "ا", "آ", "ا", "ٱ", "ا",
	"ؤ", "و", "ئ", "ي",
	"ى", "ي", "ی", "ي", "ک", "ك",
	"ة", "ه",
	"ـ", "",
)

// wawPrefixes begin words whose first letter و is their own and no conjunction; wawWords are
// such words that may not be taken as beginnings (وجود, but وجودة is "and quality"). Those of
// international policy; all normalised.
var (
	wawPrefixes = []string{
		"وزار", "وزير", "وزرا", "وطن", "وكاله", "وكالات", "وكيل", "وثيق", "وثايق", "وضعي", "وفد", "وفود", "وصول", "واجب",
		"وسيل", "وسايل", "وسيط", "وساط", "وحدات", "وظيف", "وظايف", "ولاي", "ورق", "ورش", "وافد", "وقاي", "واقع", "واسع",
		"وفيات", "ولاده", "وارد", "واضح",
	}
	wawWords = set("وضع", "وقت", "وحده", "وجه", "وجهه", "وجود", "وعود", "وعي", "وفاه", "وصم", "وصمه", "وباء", "والد",
		"والده", "والدين", "والدان", "والديه", "والديها", "والديهم")
	// wholeWords end in what looks like an ending: their relatives keep it (قانون, قانوني).
	wholeWords = set("قانون", "تعاون", "انسان", "سكان", "تمكين", "تحسين", "تامين", "توطين", "تعيين", "تكوين", "قوانين", "مضمون", "شوون",
		"ضمان", "امان", "اعلان", "بيان", "كيان", "مكان", "ميدان", "حرمان", "عنوان", "ديوان", "طيران", "عدوان", "برلمان", "لبنان", "سودان",
		"يونان", "يابان", "فلسطين", "باكستان", "افغانستان", "كازاخستان", "قيرغيزستان", "طاجيكستان", "تركمانستان",
		"اوزبكستان", "اذربيجان", "بحرين", "صين", "ارجنتين", "فلبين", "زمان", "ايمان", "ادمان")
)

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

var (
	arabicArticles = []string{"وبال", "وكال", "وفال", "ولل", "وال", "بال", "كال", "فال", "لل", "ال"}
	// In the order in which endings stand, from the outside in: possessives, then number and gender, then one letter.
	arabicEndings = [][]string{
		{"هما", "ها", "هم", "هن", "نا"},
		{"ات", "ان", "ون", "ين", "يه"},
		{"ه", "ي"},
	}
)

// arabicLeast is how many letters every cut leaves.
const arabicLeast = 3

// stemArabic expects a composed word.
func stemArabic(word string) string {
	word = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, word)
	word = arabicLetters.Replace(word)
	word = cutArabicFront(word)
	for _, endings := range arabicEndings {
		if wholeWords[word] {
			return word
		}
		for _, ending := range endings {
			if rest, ok := strings.CutSuffix(word, ending); ok && utf8.RuneCountInString(rest) >= arabicLeast {
				word = rest
				break
			}
		}
	}
	return word
}

func cutArabicFront(word string) string {
	if wawWords[word] {
		return word
	}
	for _, beginning := range wawPrefixes {
		if strings.HasPrefix(word, beginning) {
			return word
		}
	}
	for _, article := range arabicArticles {
		if rest, ok := strings.CutPrefix(word, article); ok {
			if strings.HasSuffix(article, "لل") && ownLam("ل"+rest) {
				rest = "ل" + rest // للاجئين: of three ل only two are written
			}
			if utf8.RuneCountInString(rest) >= arabicLeast {
				return rest
			}
		}
	}
	if rest, ok := strings.CutPrefix(word, "و"); ok && utf8.RuneCountInString(rest) >= arabicLeast {
		word = rest
	}
	return cutArabicFor(word)
}

// lamAlef begin words whose first letter ل is their own and no preposition; other such words
// (لاتفيا) come to no harm, since they are cut wherever they stand.
var lamAlef = []string{"لاجي", "لاعب", "لاحق", "لازم", "لاتين"}

// cutArabicFor takes the preposition ل off a verbal noun (لاحتجاز, لاعاده), which begins with alef
// and has five letters or more. Before other words it stays.
func cutArabicFor(word string) string {
	rest, ok := strings.CutPrefix(word, "ل")
	if !ok || !strings.HasPrefix(rest, "ا") || utf8.RuneCountInString(rest) < 5 || ownLam(word) {
		return word
	}
	return rest
}

func ownLam(word string) bool {
	return slices.ContainsFunc(lamAlef, func(beginning string) bool { return strings.HasPrefix(word, beginning) })
}
