package mail

import "time"

// KeepLines says how long an idle connection is kept, and how many letters one carries.
func (o *Office) KeepLines(idle time.Duration, letters int) {
	o.server.keep, o.server.most = idle, letters
}
