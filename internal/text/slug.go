package text

import "strings"

// maxSlug is where a slug ends at the latest, at a word where it can.
const maxSlug = 80

// Slug makes a name fit for a URL or a code: lower-case ASCII letters and digits, single hyphens
// between words, none at the ends, at most 80 bytes ("Côte d'Ivoire" gives cote-d-ivoire). Latin
// letters lose their marks; letters of other scripts are dropped, for there is no one way to
// write them in Latin. Where nothing is left, fallback is the answer.
func Slug(s, fallback string) string {
	var b strings.Builder
	for _, r := range foldLatin(s) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteByte(byte(r))
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() > 4*maxSlug {
			break
		}
	}
	slug := strings.Trim(b.String(), "-")
	if len(slug) > maxSlug {
		slug = slug[:maxSlug+1]
		if cut := strings.LastIndexByte(slug, '-'); cut > 0 {
			slug = slug[:cut]
		} else {
			slug = slug[:maxSlug]
		}
	}
	if slug == "" {
		return fallback
	}
	return slug
}
