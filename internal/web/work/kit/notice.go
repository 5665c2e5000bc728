package kit

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The address names the notice of what was done, and a cookie of a minute says that it was we who
// led there: a link from anywhere else shows no sentence of ours. The cookie is Lax as the
// session's is, because signing in by a provider ends in a redirect from another site.
const (
	noticeNote = "notice"
	noticeFor  = time.Minute
)

// notice leaves the cookie for a path that Done has made.
func (k *Kit) notice(w http.ResponseWriter, to string) {
	u, err := url.Parse(to)
	if err != nil {
		return
	}
	key := u.Query().Get("done")
	if !isNotice(key) {
		return
	}
	c := k.cookie(k.cookieName()+"-"+noticeNote, noticeOf(key, u.Path))
	c.MaxAge = int(noticeFor / time.Second)
	http.SetCookie(w, c)
}

// noticeOf binds a notice to the path where it is shown. A digest, because a path may be secret.
func noticeOf(key, path string) string {
	sum := sha256.Sum256([]byte(key + "\n" + path))
	return hex.EncodeToString(sum[:16])
}

// isNotice keeps an address from putting any message of ours on a page.
func isNotice(key string) bool {
	parts := strings.SplitN(key, ".", 3)
	return len(parts) == 3 && parts[1] == "done"
}
