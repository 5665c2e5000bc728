package explore

import "strings"

// idTable finds subjects by the ids of pledges. Serials are given one after the other, so that ids
// of the usual form are places in a list; what is not of this form, or far from the others, is in
// a map.
type idTable struct {
	code   string      // of the first id, with its hyphen
	serial vec[uint32] // by serial: the subject and one; 0 for none
	others dict[uint32]
}

// mostGap is how many serials may be missing in the list between one id and the next.
const mostGap = 1 << 16

// serialOf reads "GCM-0158", the one way to write it.
func (t *idTable) serialOf(id string) (n int, ok bool) {
	digits, found := strings.CutPrefix(id, t.code)
	if !found || t.code == "" || len(digits) < 4 || len(digits) > 9 || len(digits) > 4 && digits[0] == '0' {
		return 0, false
	}
	for i := range len(digits) {
		c := digits[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func (t *idTable) get(id string) (subject uint32, known bool) {
	if n, ok := t.serialOf(id); ok && n < t.serial.len() {
		if s := *t.serial.at(uint32(n)); s > 0 {
			return s - 1, true
		}
	}
	return t.others.get(id)
}

// put adds an id that is not known yet.
func (t *idTable) put(round uint64, id string, subject uint32) {
	if t.code == "" {
		t.code = strings.Clone(id[:strings.LastIndexByte(id, '-')+1])
	}
	n, ok := t.serialOf(id)
	if !ok || n > t.serial.len()+mostGap {
		t.others.put(round, id, subject)
		return
	}
	for t.serial.len() <= n {
		t.serial.append(round, 0)
	}
	*t.serial.change(round, uint32(n)) = subject + 1
}
