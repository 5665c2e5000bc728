package my

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"stocktake/internal/blob"
	"stocktake/internal/errs"
	"stocktake/internal/exchange"
	"stocktake/internal/lang"
	"stocktake/internal/pledge"
	"stocktake/internal/pledge/intake"
	"stocktake/internal/web/work/kit"
)

// Offline is the page of the form that is filled in without a network.
type Offline struct {
	XLSX, DOCX string
	Form       *kit.Form
}

// Rows of the parts of which there can be several: as many as the file has at least. One with a
// draft in it has as many as that needs, and a file that comes back may have mostFileRows.
const (
	mostFileRows   = 100
	fileObjectives = 3
	filePlaces     = 6
	fileRegions    = 2
	filePrinciples = 3
	fileMilestones = 5
	fileIndicators = 4
	fileLinks      = 4
	fileRecords    = 2
)

// row is one question of the file: how it is asked, and how its answer is put into a pledge.
// Options are words; the answer comes as the value behind them.
type row struct {
	key, label string
	args       []any
	options    []kit.Option
	free       bool // something else than the options can be answered
	long       bool
	date       bool
	get        func(content) string
	set        func(*content, string) bool // false where the answer is none
}

// rowsOf are the questions, in the order of the steps of the form; count says how many rows a
// part has that would have at least so many, and holds so many things.
func (a *area) rowsOf(r *kit.Request, held content, count func(least, holds int) int) []row {
	pack := r.Kit.House.Pack
	p := held.p
	var rows []row
	add := func(x row) { rows = append(rows, x) }
	text := func(key, label string, at func(*content) *string, args ...any) {
		add(row{key: key, label: label, args: args, get: func(c content) string { return *at(&c) }, set: func(c *content, v string) bool { *at(c) = v; return true }})
	}
	date := func(key, label string, at func(*content) *string, args ...any) {
		add(row{key: key, label: label, args: args, date: true, get: func(c content) string { return *at(&c) }, set: func(c *content, v string) bool {
			*at(c) = v
			_, ok := pledge.ParseDate(v)
			return ok
		}})
	}
	heading := func(step string) { add(row{label: "my.step." + step}) }
	heading("what")
	add(row{key: "language", label: "my.language", options: words(r, "language", lang.All), get: func(c content) string { return string(c.p.Language) }, set: func(c *content, v string) bool {
		c.p.Language = lang.Code(v)
		return true
	}})
	text("title", "my.title", func(c *content) *string { return &c.p.Title })
	text("text", "my.text", func(c *content) *string { return &c.p.Text })
	rows[len(rows)-1].long = true
	heading("who")
	add(row{key: "form", label: "my.form", options: words(r, "form", pledge.Forms), get: func(c content) string { return string(c.p.Form) }, set: func(c *content, v string) bool {
		c.p.Form = pledge.Form(v)
		return true
	}})
	text("matches", "my.matches", func(c *content) *string { return &c.p.Matches })
	heading("about")
	var objectives []kit.Option
	for _, o := range pack.Objectives {
		objectives = append(objectives, kit.Option{Value: strconv.Itoa(o.N), Text: strconv.Itoa(o.N) + ". " + o.Label.In(r.Lang)})
	}
	for i := range count(fileObjectives, len(p.Objectives)) {
		add(row{key: "objectives." + strconv.Itoa(i+1), label: "my.objective", args: []any{"n", i + 1}, options: objectives, get: func(c content) string {
			if i < len(c.p.Objectives) {
				return strconv.Itoa(c.p.Objectives[i])
			}
			return ""
		}, set: func(c *content, v string) bool {
			c.p.Objectives = ints(append(texts(c.p.Objectives), v))
			return true
		}})
	}
	listRows(add, "nature", "my.nature.one", len(pledge.Natures), words(r, "nature", pledge.Natures), func(c *content) *[]pledge.Nature { return &c.p.Nature })
	listRows(add, "levels", "my.level.one", len(pledge.Levels), words(r, "level", pledge.Levels), func(c *content) *[]pledge.Level { return &c.p.Levels })
	listRows(add, "countries", "my.country.one", count(filePlaces, len(p.Countries)), a.countries(r), func(c *content) *[]string { return &c.p.Countries })
	listRows(add, "regions", "my.region.one", count(fileRegions, len(p.Regions)), a.regions(r), func(c *content) *[]string { return &c.p.Regions })
	var principles []kit.Option
	for _, x := range pack.Principles {
		principles = append(principles, kit.Option{Value: x.Slug, Text: x.Name.In(r.Lang)})
	}
	listRows(add, "principles", "my.principle.one", count(filePrinciples, len(p.Principles)), principles, func(c *content) *[]string { return &c.p.Principles })
	add(row{key: "actions", label: "my.actions", get: func(c content) string { return strings.Join(c.p.Actions, "; ") }, set: func(c *content, v string) bool {
		c.p.Actions = list(strings.ToLower(v))
		return true
	}})
	add(row{key: "sdgs", label: "my.sdgs", get: func(c content) string { return strings.Join(c.p.SDGs, "; ") }, set: func(c *content, v string) bool {
		c.p.SDGs = list(v)
		return true
	}})
	heading("when")
	date("starts_on", "my.starts_on", func(c *content) *string { return &c.p.StartsOn })
	date("ends_on", "my.ends_on", func(c *content) *string { return &c.p.EndsOn })
	for i := range count(fileMilestones, len(p.Milestones)) {
		key := "milestones." + strconv.Itoa(i+1)
		at := func(c *content) *pledge.Milestone { return nth(&c.p.Milestones, i) }
		text(key+".text", "my.milestone", func(c *content) *string { return &at(c).Text }, "n", i+1)
		date(key+".on", "my.milestone.on", func(c *content) *string { return &at(c).On }, "n", i+1)
	}
	for i := range count(fileIndicators, len(p.Indicators)) {
		key := "indicators." + strconv.Itoa(i+1)
		at := func(c *content) *pledge.Indicator { return nth(&c.p.Indicators, i) }
		text(key+".name", "my.indicator", func(c *content) *string { return &at(c).Name }, "n", i+1)
		text(key+".unit", "my.indicator.unit", func(c *content) *string { return &at(c).Unit }, "n", i+1)
		number(add, key+".baseline", "my.indicator.baseline", i, func(c *content) *string { return &at(c).Baseline })
		number(add, key+".target", "my.indicator.target", i, func(c *content) *string { return &at(c).Target })
	}
	money := func(c *content) *pledge.Money {
		if c.p.Money == nil {
			c.p.Money = &pledge.Money{}
		}
		return c.p.Money
	}
	number(add, "money.amount", "my.money", 0, func(c *content) *string { return &money(c).Amount })
	text("money.currency", "my.money.currency", func(c *content) *string { return &money(c).Currency })
	add(row{key: "money.recipient", label: "my.recipient.any", options: a.funds(r), free: true, get: func(c content) string { return money(&c).Recipient }, set: func(c *content, v string) bool {
		if !strings.HasPrefix(v, "fund:") {
			code, _, err := a.recipient(r, v, "")
			if err != nil || code == "" {
				return false
			}
			v = code
		}
		money(c).Recipient = v
		return true
	}})
	add(row{key: "money.years", label: "my.years", get: func(c content) string { return strings.Join(texts(money(&c).Years), "; ") }, set: func(c *content, v string) bool {
		money(c).Years = ints(list(v))
		return len(money(c).Years) > 0
	}})
	date("announced_on", "my.announced_on", func(c *content) *string { return &c.p.AnnouncedOn })
	text("announced_at", "my.announced_at", func(c *content) *string { return &c.p.AnnouncedAt })
	heading("evidence")
	for i := range count(fileLinks, len(p.Links)) {
		key := "links." + strconv.Itoa(i+1)
		at := func(c *content) *pledge.Link { return nth(&c.p.Links, i) }
		text(key+".url", "my.link", func(c *content) *string { return &at(c).URL }, "n", i+1)
		text(key+".title", "my.link.title", func(c *content) *string { return &at(c).Title }, "n", i+1)
	}
	for i := range count(fileRecords, len(p.AlsoRecorded)) {
		key := "also_recorded." + strconv.Itoa(i+1)
		at := func(c *content) *pledge.Record { return nth(&c.p.AlsoRecorded, i) }
		text(key+".registry", "my.registry", func(c *content) *string { return &at(c).Registry }, "n", i+1)
		text(key+".id", "my.registry.id", func(c *content) *string { return &at(c).ID }, "n", i+1)
	}
	text("contact.name", "my.contact.name", func(c *content) *string { return &c.c.Name })
	text("contact.post", "my.contact.post", func(c *content) *string { return &c.c.Post })
	text("contact.email", "my.contact.email", func(c *content) *string { return &c.c.Email })
	text("contact.phone", "my.contact.phone", func(c *content) *string { return &c.c.Phone })
	return rows
}

func number(add func(row), key, label string, i int, at func(*content) *string) {
	add(row{key: key, label: label, args: []any{"n", i + 1}, get: func(c content) string { return *at(&c) }, set: func(c *content, v string) bool {
		n, ok := kit.Decimal(v)
		*at(c) = n
		return ok
	}})
}

// listRows asks for a closed list, one row for each of its values.
func listRows[T ~string](add func(row), name, label string, most int, options []kit.Option, at func(*content) *[]T) {
	for i := range most {
		add(row{key: name + "." + strconv.Itoa(i+1), label: label, args: []any{"n", i + 1}, options: options, get: func(c content) string {
			if l := *at(&c); i < len(l) {
				return string(l[i])
			}
			return ""
		}, set: func(c *content, v string) bool {
			if l := at(c); !slices.Contains(*l, T(v)) {
				*l = append(*l, T(v))
			}
			return true
		}})
	}
}

// nth is an element of a list, which grows to have it.
func nth[T any](l *[]T, i int) *T {
	for len(*l) <= i {
		var zero T
		*l = append(*l, zero)
	}
	return &(*l)[i]
}

// offlineForm is the file's form, empty or with a draft in it.
func (a *area) offlineForm(r *kit.Request, c content) exchange.Form {
	f := exchange.Form{
		Language: r.Lang, Title: r.T("my.offline.title"), Intro: []string{r.T("my.offline.intro"), r.T("my.offline.dates")},
		Heads: [3]string{r.T("my.offline.question"), r.T("my.offline.answer"), r.T("my.offline.help")},
	}
	for _, x := range a.rowsOf(r, c, func(least, holds int) int { return max(least, holds) }) {
		out := exchange.FormRow{Key: x.key, Label: r.T(x.label, x.args...), Long: x.long}
		if x.key != "" {
			if r.P.Has(x.label + ".hint") {
				out.Help = r.T(x.label + ".hint")
			}
			if r.P.Has(x.label + ".example") {
				out.Help = strings.TrimSpace(out.Help + " " + r.T("work.example", "example", r.T(x.label+".example")))
			}
			out.Value = x.get(c)
			for _, o := range x.options {
				out.Options = append(out.Options, o.Text)
				if o.Value == out.Value {
					out.Value = o.Text
				}
			}
		}
		f.Rows = append(f.Rows, out)
	}
	return f
}

// read puts the answers of a file into a pledge; what cannot be read is listed by its question.
func (a *area) read(r *kit.Request, answers exchange.FormAnswers) (c content, unread []string) {
	own := *r // the file may be in another language than its reader's
	own.Lang, own.P = answers.Language, r.Kit.Catalog.Printer(answers.Language)
	for _, x := range a.rowsOf(&own, content{}, func(int, int) int { return mostFileRows }) {
		v := answers.Values[x.key]
		if x.key == "" || v == "" {
			continue
		}
		ok := true
		if x.date {
			v = answers.Date(v)
		}
		if len(x.options) > 0 {
			i := slices.IndexFunc(x.options, func(o kit.Option) bool { return strings.EqualFold(o.Text, v) || o.Value == v })
			if ok = i >= 0 || x.free; i >= 0 {
				v = x.options[i].Value
			}
		}
		if !ok || !x.set(&c, v) {
			what := r.T(x.label, x.args...)
			if cell := answers.Cells[x.key]; cell != "" {
				what = r.T("my.offline.cell", "field", what, "cell", cell)
			}
			unread = append(unread, what)
		}
	}
	return tidy(c), unread
}

// tidy takes out the empty rows in between.
func tidy(c content) content {
	c.p.Milestones = slices.DeleteFunc(c.p.Milestones, func(m pledge.Milestone) bool { return m == pledge.Milestone{} })
	c.p.Indicators = slices.DeleteFunc(c.p.Indicators, func(i pledge.Indicator) bool { return i == pledge.Indicator{} })
	c.p.Links = slices.DeleteFunc(c.p.Links, func(l pledge.Link) bool { return l == pledge.Link{} })
	c.p.AlsoRecorded = slices.DeleteFunc(c.p.AlsoRecorded, func(rec pledge.Record) bool { return rec == pledge.Record{} })
	if c.p.Money != nil && c.p.Money.Amount == "" && c.p.Money.Recipient == "" {
		c.p.Money = nil
	}
	if c.p.Money != nil {
		c.p.Money.Currency = strings.ToUpper(c.p.Money.Currency)
	}
	c.p.ObjectivesBy, c.p.TextBy, c.p.Schema = pledge.ByParty, pledge.TextByParty, pledge.Schema
	return c
}

func (a *area) offline(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	f, err := a.uploadForm(r)
	if err != nil {
		return nil, err
	}
	return a.offlinePage(r, f), nil
}

func (a *area) uploadForm(r *kit.Request) (*kit.Form, error) {
	f := r.NewForm("")
	leads := a.leads(r)
	if len(leads) > 1 {
		var options []kit.Option
		for _, code := range leads {
			options = append(options, kit.Option{Value: code, Text: a.name(r, code)})
		}
		f.Radios("lead", "my.lead", leads[0], sorted(r, options))
	}
	calls, _, err := a.calls(r)
	if err != nil {
		return nil, err
	}
	if len(calls) > 1 {
		f.Radios("call", "my.call", calls[0].Value, calls)
	}
	f.File("file", "my.offline.file", ".xlsx,.docx").Must()
	return f, nil
}

func (a *area) offlinePage(r *kit.Request, f *kit.Form) kit.Answer {
	return kit.Page{Name: "offline", Title: "my.offline.title", Form: f, Data: &Offline{XLSX: r.Link("/pledges/new/form.xlsx"), DOCX: r.Link("/pledges/new/form.docx"), Form: f}}
}

// upload makes a draft of a filled-in file.
func (a *area) upload(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
	f, err := a.uploadForm(r)
	if err != nil {
		return nil, err
	}
	leads := a.leads(r)
	if len(leads) == 0 {
		return nil, errs.New(errs.Forbidden, "%s speaks for no party", r.Person.ID)
	}
	if !f.Valid() {
		return a.offlinePage(r, f), nil
	}
	answers, err := a.readFile(r)
	if err != nil {
		e, ok := errors.AsType[*errs.Error](err)
		if !ok || e.Kind == errs.Internal {
			return nil, err
		}
		if e.Key == blob.KeyTooLarge {
			f.Fault("file", "my."+e.Key)
		}
		f.Fault("file", "my.form.not_ours") // unless it has another fault already
		return a.offlinePage(r, f), nil
	}
	c, unread := a.read(r, answers)
	if len(unread) > 0 {
		f.Fault("file", "my.offline.unread", "fields", r.P.List(unread...))
		return a.offlinePage(r, f), nil
	}
	b := intake.Beginning{Lead: leads[0], Pledge: c.p, Contact: c.c}
	if len(leads) > 1 {
		b.Lead = f.Value("lead")
	}
	calls, _, err := a.calls(r)
	switch {
	case err != nil:
		return nil, err
	case len(calls) > 1:
		b.Call = f.Value("call")
	case len(calls) == 1:
		b.Call = calls[0].Value
	}
	s, err := a.desk.Draft(intake.WithKey(r.Context(), f.Key), r.Person, b)
	if !refused(r, f, err) {
		return a.offlinePage(r, f), nil
	}
	if err != nil {
		return nil, err
	}
	return kit.Done("/my/"+s.Ref+"/check", "my.done.uploaded"), nil
}

// readFile reads the upload from a file of its own, as its kind is by its content.
func (a *area) readFile(r *kit.Request) (out exchange.FormAnswers, err error) {
	in, _, err := r.Upload("file")
	if err != nil {
		return out, err
	}
	defer in.Close()
	dir, err := os.MkdirTemp("", "form-")
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	f, err := os.Create(filepath.Join(dir, "form"))
	if err != nil {
		return out, err
	}
	defer f.Close()
	n, err := io.Copy(f, io.LimitReader(in, blob.MaxBytes+1))
	if err != nil {
		return out, err
	}
	if n > blob.MaxBytes {
		return out, errs.New(errs.TooLarge, "larger than %d bytes", blob.MaxBytes).WithKey(blob.KeyTooLarge)
	}
	out, err = exchange.ReadFormXLSX(f, n)
	if errs.Is(err, errs.Invalid) {
		if doc, docErr := exchange.ReadFormDOCX(f, n); docErr == nil {
			return doc, nil
		}
	}
	return out, err
}

func (a *area) download(kind string) func(*kit.Kit, *kit.Request) (kit.Answer, error) {
	return func(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
		return a.formFile(r, kind, "form", content{p: pledge.Pledge{Language: r.Lang, Form: pledge.Individual}})
	}
}

// filled is the form with what the draft says, for a colleague without a network.
func (a *area) filled(kind string) func(*kit.Kit, *kit.Request) (kit.Answer, error) {
	return func(k *kit.Kit, r *kit.Request) (kit.Answer, error) {
		s, err := a.draft(r)
		if err != nil {
			return nil, err
		}
		return a.formFile(r, kind, s.Ref, content{s.Pledge, s.Contact})
	}
}

func (a *area) formFile(r *kit.Request, kind, name string, c content) (kit.Answer, error) {
	var b bytes.Buffer
	write, media := exchange.WriteFormXLSX, blob.XLSX
	if kind == "docx" {
		write, media = exchange.WriteFormDOCX, blob.DOCX
	}
	if err := write(&b, a.offlineForm(r, c)); err != nil {
		return nil, err
	}
	return kit.File{Name: "pledge-" + name + "-" + string(r.Lang) + "." + kind, Type: media, Content: bytes.NewReader(b.Bytes())}, nil
}
