package kittest

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"stocktake/internal/lang"
	"stocktake/internal/web/webtest"
)

// Reader reads pages as a browser without scripts does: it follows redirects, keeps cookies,
// and sends forms with what they have in them.
type Reader struct {
	Lang lang.Code
	site *Site
	jar  map[string]string
}

// In is the same reader, in another language.
func (r *Reader) In(c lang.Code) *Reader { return &Reader{Lang: c, site: r.site, jar: r.jar} }

// Page is a page that was answered.
type Page struct {
	webtest.Doc
	Status int
	Path   string // with the language and the query
	Header http.Header
	Body   string

	reader *Reader
	typed  map[string][]string // by the name of the input
	files  map[string]upload
}

type upload struct {
	name string
	data []byte
}

// Get reads a page; a path without a language is that of the reader.
func (r *Reader) Get(path string) *Page {
	r.site.T.Helper()
	return r.follow(r.Do("GET", path, "", nil))
}

// Post sends values to a path, as a script or a program would, and follows.
func (r *Reader) Post(path string, values url.Values) *Page {
	r.site.T.Helper()
	return r.follow(r.Do("POST", path, "application/x-www-form-urlencoded", []byte(values.Encode())))
}

func (r *Reader) path(path string) string {
	if first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/"); lang.Known(first) || strings.HasPrefix(path, "/static/") {
		return path
	}
	return "/" + string(r.Lang) + path
}

// Do sends one request and follows nothing. header is pairs.
func (r *Reader) Do(method, path, kind string, body []byte, header ...string) *Page {
	r.site.T.Helper()
	req := httptest.NewRequest(method, Base+r.path(path), bytes.NewReader(body))
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	for name, value := range r.jar {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	r.site.Handler.ServeHTTP(w, req)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 || c.Value == "" {
			delete(r.jar, c.Name)
		} else {
			r.jar[c.Name] = c.Value
		}
	}
	p := &Page{Status: w.Code, Path: r.path(path), Header: w.Header(), Body: w.Body.String(), reader: r, typed: map[string][]string{}, files: map[string]upload{}}
	doc, err := webtest.Parse(strings.NewReader(p.Body))
	if err != nil {
		r.site.T.Fatal(err)
	}
	p.Doc = doc
	if i := strings.IndexAny(p.Body, "⟦⟧"); i >= 0 && strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		r.site.T.Errorf("%s %s: a message is missing: %.80s", method, path, p.Body[i:])
	}
	return p
}

func (r *Reader) follow(p *Page) *Page {
	r.site.T.Helper()
	for range 8 {
		to := p.Header.Get("Location")
		if p.Status < 300 || p.Status > 399 || to == "" {
			return p
		}
		u, err := url.Parse(to)
		if err != nil {
			r.site.T.Fatalf("a redirect to %q: %v", to, err)
		}
		if u.Host != "" && !strings.HasPrefix(to, Base) {
			return p
		}
		p = r.Do("GET", u.RequestURI(), "", nil)
	}
	r.site.T.Fatalf("redirects go round at %s", p.Path)
	return p
}

// Says fails the test where the page does not say all of these.
func (p *Page) Says(texts ...string) *Page {
	p.reader.site.T.Helper()
	all := p.Text()
	for _, s := range texts {
		if !strings.Contains(all, s) {
			p.reader.site.T.Errorf("%s (%d) does not say %q:\n%s", p.Path, p.Status, s, p.First("main").Text())
		}
	}
	return p
}

// SaysNot fails the test where the page says any of these.
func (p *Page) SaysNot(texts ...string) *Page {
	p.reader.site.T.Helper()
	for _, s := range texts {
		if strings.Contains(p.Text(), s) {
			p.reader.site.T.Errorf("%s says %q", p.Path, s)
		}
	}
	return p
}

// Is fails the test where the page has another status.
func (p *Page) Is(status int) *Page {
	p.reader.site.T.Helper()
	if p.Status != status {
		p.reader.site.T.Errorf("%s: status %d, want %d\n%s", p.Path, p.Status, status, p.First("main").Text())
	}
	return p
}

// Follow goes where the link with the text leads.
func (p *Page) Follow(text string) *Page {
	p.reader.site.T.Helper()
	for _, a := range p.All("a") {
		if a.Text() == text {
			return p.reader.Get(a.Get("href"))
		}
	}
	p.reader.site.T.Fatalf("%s has no link %q", p.Path, text)
	return nil
}

// Fill writes into a field, by its label or its name; of a select the value or text of an
// option. What a field had before is replaced.
func (p *Page) Fill(field, value string) *Page {
	p.reader.site.T.Helper()
	e := p.control(field)
	if e.Data == "select" {
		for _, o := range e.All("option") {
			if o.Text() == value {
				value = optionValue(o)
			}
		}
	}
	p.typed[e.Get("name")] = []string{value}
	return p
}

// Choose ticks the box or radio with a label; Unchoose takes the tick away.
func (p *Page) Choose(label string) *Page {
	p.reader.site.T.Helper()
	e := p.control(label)
	name, value := e.Get("name"), boxValue(e)
	if e.Get("type") == "radio" {
		p.typed[name] = []string{value}
	} else {
		p.typed[name] = append(p.ticked(name), value)
	}
	return p
}

// Unchoose takes the tick of a box away.
func (p *Page) Unchoose(label string) *Page {
	p.reader.site.T.Helper()
	e := p.control(label)
	name, value := e.Get("name"), boxValue(e)
	p.typed[name] = slices.DeleteFunc(p.ticked(name), func(v string) bool { return v == value })
	return p
}

func (p *Page) ticked(name string) []string {
	if v, ok := p.typed[name]; ok {
		return slices.Clone(v)
	}
	out := []string{}
	for _, e := range p.All("input[name=" + name + "]") {
		if _, on := e.Attr("checked"); on {
			out = append(out, boxValue(e))
		}
	}
	return out
}

// Attach chooses a file for a field.
func (p *Page) Attach(field, name string, data []byte) *Page {
	p.reader.site.T.Helper()
	p.files[p.control(field).Get("name")] = upload{name, data}
	return p
}

// control finds an input, textarea or select by name, by id, or by its label.
func (p *Page) control(field string) webtest.Doc {
	p.reader.site.T.Helper()
	controls := slices.Concat(p.All("main input"), p.All("main textarea"), p.All("main select"))
	for _, e := range controls {
		if e.Get("name") == field || e.Get("id") == field {
			return e
		}
	}
	for _, l := range p.All("label") {
		text := strings.TrimSpace(strings.TrimSuffix(l.Text(), l.First(".must").Text()))
		if hint := l.First(".hint").Text(); hint != "" {
			text = strings.TrimSpace(strings.TrimSuffix(text, hint))
		}
		if text != field {
			continue
		}
		for _, e := range controls {
			if id := l.Get("for"); id != "" && e.Get("id") == id || id == "" && e.Parent == l.Node {
				return e
			}
		}
	}
	p.reader.site.T.Fatalf("%s has no field %q", p.Path, field)
	return webtest.Doc{}
}

// Press sends the form that has the button with the text, with what is in its fields.
func (p *Page) Press(button string) *Page {
	p.reader.site.T.Helper()
	for _, form := range p.All("form") {
		for _, b := range form.All("button") {
			if _, off := b.Attr("disabled"); b.Text() == button && !off && b.Get("type") != "button" {
				return p.send(form, b)
			}
		}
	}
	p.reader.site.T.Fatalf("%s has no button %q", p.Path, button)
	return nil
}

func (p *Page) send(form, button webtest.Doc) *Page {
	p.reader.site.T.Helper()
	values := p.values(form)
	if name := button.Get("name"); name != "" {
		values.Set(name, button.Get("value"))
	}
	to := form.Get("action")
	if over, ok := button.Attr("formaction"); ok {
		to = over
	}
	if to == "" {
		to = p.Path
	}
	r := p.reader
	if strings.EqualFold(form.Get("method"), "post") {
		if form.Get("enctype") != "multipart/form-data" {
			return r.Post(to, values)
		}
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for name, list := range values {
			for _, v := range list {
				p.must(w.WriteField(name, v))
			}
		}
		for name, f := range p.files {
			part, err := w.CreateFormFile(name, f.name)
			p.must(err)
			_, err = part.Write(f.data)
			p.must(err)
		}
		p.must(w.Close())
		return r.follow(r.Do("POST", to, w.FormDataContentType(), body.Bytes()))
	}
	path, _, _ := strings.Cut(to, "?")
	return r.Get(path + "?" + values.Encode())
}

func (p *Page) must(err error) {
	p.reader.site.T.Helper()
	if err != nil {
		p.reader.site.T.Fatal(err)
	}
}

// values are what the form would send.
func (p *Page) values(form webtest.Doc) url.Values {
	values := url.Values{}
	for n := range form.Descendants() {
		e := webtest.Doc{Node: n}
		name := e.Get("name")
		if _, off := e.Attr("disabled"); n.Type != html.ElementNode || name == "" || off {
			continue
		}
		if typed, ok := p.typed[name]; ok && (n.Data == "input" || n.Data == "textarea" || n.Data == "select") {
			values[name] = typed
			continue
		}
		switch n.Data {
		case "input":
			switch e.Get("type") {
			case "file", "submit", "button":
			case "checkbox", "radio":
				if _, on := e.Attr("checked"); on {
					values.Add(name, boxValue(e))
				}
			default:
				values.Add(name, e.Get("value"))
			}
		case "textarea":
			text := ""
			if n.FirstChild != nil {
				text = n.FirstChild.Data
			}
			values.Add(name, text)
		case "select":
			chosen, has := "", false
			for i, o := range e.All("option") {
				if _, on := o.Attr("selected"); on || i == 0 && !has {
					chosen, has = optionValue(o), true
				}
			}
			if has {
				values.Add(name, chosen)
			}
		}
	}
	return values
}

func optionValue(o webtest.Doc) string {
	if v, ok := o.Attr("value"); ok {
		return v
	}
	return o.Text()
}

func boxValue(e webtest.Doc) string {
	if v, ok := e.Attr("value"); ok {
		return v
	}
	return "on"
}
