package blob

import (
	"mime"
	"net/http"
	"time"
)

// Serve hands a file over for download, whole or in ranges. Whether the person may have it is
// for the caller to know. It is never shown inside the site: the browser saves it, does not
// guess at its type, and would run nothing of it.
func (s *Store) Serve(w http.ResponseWriter, r *http.Request, a Attachment) error {
	f, err := s.Open(r.Context(), a.Hash)
	if err != nil {
		return err
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", a.Type)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	if a.Public() {
		h.Set("Cache-Control", "public, max-age=3600")
	} else {
		h.Set("Cache-Control", "no-store")
	}
	h.Set("ETag", `"`+a.Salted+`"`)
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}
