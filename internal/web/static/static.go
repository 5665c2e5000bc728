// Package static holds what the pages load beside their own HTML: one style sheet, one
// script and one icon, under names that carry their hash, so that browsers may keep them for ever.
package static

import (
	"io/fs"
)

// Path is the URL path of a file by its plain name ("stocktake.css"); "" for an unknown one.
func Path(name string) string {
	if n, ok := names[name]; ok {
		return "/static/" + n
	}
	return ""
}

// Files are the files under their hashed names.
func Files() fs.FS { return files }
