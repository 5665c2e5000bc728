package explore

import (
	"cmp"
	"fmt"
	"math"
	"sort"
	"strings"

	"stocktake/internal/errs"
	"stocktake/internal/party"
	"stocktake/internal/pledge"
	"stocktake/internal/register"
)

// span says when an entry is its subject's state: it stands at a position and from a day on,
// until the successor does. Seen at a size of the register and as of a day, an entry is current
// when it is visible and its successor is not: one look at one row, no refolding.
//
// That holds as long as the days of a subject do not decrease, which the register sees to. A
// subject whose entries came in another order is marked as irregular, and asked by its chain.
type span struct {
	pos     uint32 // positions fit: a register of four thousand million entries is refused
	eff     day
	nextPos uint32 // math.MaxUint32: none
	nextEff day
}

const noNext = math.MaxUint32

func (s *span) visible(size uint32, as day) bool { return s.pos < size && s.eff <= as }

func (s *span) current(size uint32, as day) bool {
	return s.visible(size, as) && !(s.nextPos < size && s.nextEff <= as)
}

// later orders entries of one subject: by day, then by position.
func (s *span) later(t *span) bool {
	return cmp.Or(cmp.Compare(s.eff, t.eff), cmp.Compare(s.pos, t.pos)) > 0
}

// version is one version of a pledge.
type version struct {
	span
	pledge   uint32
	withheld bool
	ended    bool // withdrawn or superseded: found by id, in no list
}

// record is what a version needs only when it is shown.
type record struct {
	prev    int32 // the version before it, -1 for none
	number  int32
	payload []byte
}

// subject is one pledge over all its versions.
type subject struct {
	id        string
	first     day   // of publication, as long as it is regular
	last      int32 // its newest version, -1 where only reports are known
	side      int32 // the newest of its reports and translations, -1 for none
	irregular bool
	sideways  bool // the same for its reports and translations
}

// side is a version of a report or a translation.
type side struct {
	span
	pledge   uint32
	prev     int32  // of the same pledge
	key      string // number of the report, language of the translation
	stage    uint8  // see stageNumber
	report   bool
	withheld bool
	payload  []byte
}

// folded is what the entries up to a size of the register amount to. It is a value: a builder
// makes the next one from a copy and shares what does not change.
type folded struct {
	round      uint64
	size       int64
	subjects   vec[subject]
	ids        idTable
	versions   vec[version]
	records    vec[record]
	sides      vec[side]
	facts      [factCount]values
	numbered   uint32 // how many values there are, of all facts
	columns    [columnCount]column
	money      vec[announced]
	answers    dict[*posting] // id of a pledge → the versions that answer it
	recorded   []recordedDay
	words      dict[*term]
	known      vocabularyOfWords
	traces     traces // of the versions
	sideTraces traces
	pairs      pairs // likewise
	sidePairs  pairs
	titles     vec[string] // of the versions, folded, for their order; read with the words
	worded     int64       // the words of so many entries are in; size, unless they follow later
	parties    parties
	notices    []notice // beside the pledges, in order; see beside.go
	uneven     []uint32 // subjects that are irregular
	touched    []uint32 // subjects that entries of a round speak of, with repetitions
	touching   uint64   // that round
	kept
}

// work is an entry with everything that can be computed without the index, so that several
// processors can prepare entries while one adds them.
type work struct {
	entry  register.Entry
	eff    day
	pledge *pledge.Pledge
	facts  [factCount][]string
	report *pledge.Report
	party  *party.Party
	title  string
	words  wording

	figures      *pledge.Figures
	announcement *pledge.Announcement
}

// prepare reads an entry; cutting its words takes most of the time and may be left for later.
func (w *work) prepare(e register.Entry, words bool) (err error) {
	defer errs.Wrap(&err, "entry %d (%s)", e.Header.Position, e.Header.Subject)
	w.entry = e
	var ok bool
	if w.eff, ok = parseDay(e.Header.Effective); !ok {
		return errs.New(errs.Internal, "%q is no day", e.Header.Effective)
	}
	if e.Header.Position >= noNext {
		return errs.New(errs.TooLarge, "the index holds positions below %d", uint32(noNext))
	}
	if e.Payload == nil {
		return nil // withheld
	}
	switch e.Header.Kind {
	case pledge.EntryKind:
		w.pledge = &pledge.Pledge{}
		if err := register.Decode(e.Payload, w.pledge); err != nil {
			return fmt.Errorf("payload: %w", err)
		}
		w.facts = factsOf(w.pledge)
		if words {
			w.title, w.words = foldTitle(w.pledge.Title), pledgeWords(w.pledge)
		}
	case pledge.ReportKind:
		w.report = &pledge.Report{}
		if err := register.Decode(e.Payload, w.report); err != nil {
			return fmt.Errorf("payload: %w", err)
		}
		if words {
			w.words = reportWords(w.report)
		}
	case pledge.TranslationKind:
		if !words {
			break
		}
		var t pledge.Translation
		if err := register.Decode(e.Payload, &t); err != nil {
			return fmt.Errorf("payload: %w", err)
		}
		w.words = translationWords(&t)
	case party.EntryKind:
		w.party = &party.Party{}
		if err := register.Decode(e.Payload, w.party); err != nil {
			return fmt.Errorf("payload: %w", err)
		}
	case pledge.FiguresKind:
		w.figures = &pledge.Figures{}
		if err := register.Decode(e.Payload, w.figures); err != nil {
			return fmt.Errorf("payload: %w", err)
		}
	case pledge.AnnouncementKind:
		w.announcement = &pledge.Announcement{}
		if err := register.Decode(e.Payload, w.announcement); err != nil {
			return fmt.Errorf("payload: %w", err)
		}
	}
	return nil
}

// add folds the next entry in. Kinds that are none of the index's business are passed over.
func (f *folded) add(w *work) error {
	h := w.entry.Header
	if h.Position != f.size {
		return errs.New(errs.Internal, "entry %d does not follow a register of %d entries", h.Position, f.size).
			WithHint("the register has a gap; run verify")
	}
	if err := f.addRecorded(h); err != nil {
		return err
	}
	f.size++
	at := span{pos: uint32(h.Position), eff: w.eff, nextPos: noNext}
	_, name, _ := strings.Cut(h.Subject, ":")
	switch h.Kind {
	case pledge.EntryKind:
		f.addVersion(name, at, w)
	case pledge.ReportKind, pledge.TranslationKind:
		f.addSide(name, at, w)
	case party.EntryKind:
		f.parties.add(f.round, name, at, w.party)
	case pledge.FiguresKind, pledge.AnnouncementKind:
		f.addNotice(at, w)
	case register.ErasureKind:
		target, err := w.entry.Erases()
		if err != nil {
			return err
		}
		f.erasures++
		if target < h.Position {
			f.withhold(uint32(target))
		}
	}
	return nil
}

func (f *folded) subject(id string) uint32 {
	if i, ok := f.ids.get(id); ok {
		return i
	}
	i := uint32(f.subjects.len())
	id = strings.Clone(id)
	f.subjects.append(f.round, subject{id: id, last: -1, side: -1})
	f.ids.put(f.round, id, i)
	return i
}

// touch notes that an entry of this round speaks of a subject.
func (f *folded) touch(i uint32) {
	f.touched, f.touching = append(f.touchedIn(f.round), i), f.round
}

func (f *folded) touchedIn(round uint64) []uint32 {
	if f.touching != round {
		return nil
	}
	return f.touched
}

func (f *folded) addVersion(id string, at span, w *work) {
	i, v := f.subject(id), uint32(f.versions.len())
	f.touch(i)
	s := f.subjects.change(f.round, i)
	prev := s.last
	if prev < 0 {
		s.first = at.eff
	} else {
		before := f.versions.change(f.round, uint32(prev))
		if before.nextPos, before.nextEff = at.pos, at.eff; at.eff < before.eff && !s.irregular {
			s.irregular = true
			f.uneven = append(f.uneven, i)
		}
	}
	s.last = int32(v)
	row := version{span: at, pledge: i, withheld: w.pledge == nil}
	if w.pledge != nil {
		row.ended = !w.pledge.Stands()
	}
	var numbers [columnCount][]uint32
	for k, names := range w.facts {
		for _, name := range names {
			n := f.facts[k].add(f.round, name, v, f.numbered)
			f.numbered = max(f.numbered, n+1)
			if c := columnOf[k]; c != noColumn {
				numbers[c] = append(numbers[c], n)
			}
		}
	}
	for k := range f.columns {
		f.columns[k].add(f.round, v, numbers[k])
	}
	if w.pledge != nil {
		f.addMoney(v, w.pledge.Money)
		f.addAnswer(v, w.pledge.Matches)
	}
	f.versions.append(f.round, row)
	f.records.append(f.round, record{prev: prev, number: int32(w.entry.Header.Version), payload: w.entry.Payload})
}

func (f *folded) addSide(name string, at span, w *work) {
	id, key, _ := strings.Cut(name, "/")
	i, n := f.subject(id), uint32(f.sides.len())
	f.touch(i)
	s := f.subjects.change(f.round, i)
	report := w.entry.Header.Kind == pledge.ReportKind
	row := side{span: at, pledge: i, prev: s.side, key: strings.Clone(key), report: report, payload: w.entry.Payload, withheld: w.entry.Payload == nil}
	for j := s.side; j >= 0; j = f.sides.at(uint32(j)).prev {
		if before := f.sides.at(uint32(j)); before.key == key && before.report == report {
			before = f.sides.change(f.round, uint32(j))
			before.nextPos, before.nextEff = at.pos, at.eff
			s.sideways = s.sideways || at.eff < before.eff
			break
		}
	}
	s.side = int32(n)
	if w.report != nil {
		row.stage = stageNumber(w.report.Stage)
	}
	f.sides.append(f.round, row)
}

// addWordsOf adds the words of an entry that was folded in before. Those of one that was erased
// meanwhile are not read any more.
func (f *folded) addWordsOf(w *work) {
	f.worded = w.entry.Header.Position + 1
	pos := uint32(w.entry.Header.Position)
	if w.entry.Header.Kind == pledge.EntryKind {
		if i, ok := findPos(f.versions.len(), pos, func(i uint32) uint32 { return f.versions.at(i).pos }); ok {
			f.titles.append(f.round, w.title) // every version has one, in order
			f.addWords(w.words, i, false)
		}
	} else if i, ok := findPos(f.sides.len(), pos, func(i uint32) uint32 { return f.sides.at(i).pos }); ok {
		f.addWords(w.words, i, true)
	}
}

// withhold takes the payload at a position out of the index; what older snapshots still hold
// goes with them.
func (f *folded) withhold(pos uint32) {
	if i, ok := findPos(f.versions.len(), pos, func(i uint32) uint32 { return f.versions.at(i).pos }); ok {
		row := f.versions.change(f.round, i)
		f.spoilt = f.spoilt || !row.withheld
		row.withheld = true
		f.touch(row.pledge)
		r := f.records.change(f.round, i)
		r.payload = nil
		f.hideTitle(i)
	} else if i, ok := findPos(f.sides.len(), pos, func(i uint32) uint32 { return f.sides.at(i).pos }); ok {
		row := f.sides.change(f.round, i)
		f.spoilt = f.spoilt || !row.withheld
		row.withheld, row.payload = true, nil
		f.touch(row.pledge)
	} else {
		f.parties.withhold(f.round, pos)
		f.withholdNotice(pos)
	}
}

// hideTitle takes the title of a version that was withheld out of the index.
func (f *folded) hideTitle(v uint32) {
	if v < uint32(f.titles.len()) && *f.titles.at(v) != "" {
		*f.titles.change(f.round, v) = ""
	}
}

// titleOf is the folded title of a version. It is cut from the payload where the words have not
// been read yet.
func (f *folded) titleOf(v uint32) string {
	if v < uint32(f.titles.len()) {
		return *f.titles.at(v)
	}
	var p pledge.Pledge
	if payload := f.records.at(v).payload; payload != nil {
		if err := register.Decode(payload, &p); err != nil {
			// The same bytes were decoded when they were indexed.
			panic("explore: " + err.Error())
		}
	}
	return foldTitle(p.Title)
}

// findPos looks for a position among n rows in ascending order of positions.
func findPos(n int, pos uint32, at func(uint32) uint32) (uint32, bool) {
	i := sort.Search(n, func(i int) bool { return at(uint32(i)) >= pos })
	return uint32(i), i < n && at(uint32(i)) == pos
}
