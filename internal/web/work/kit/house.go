package kit

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"path"
	"reflect"
	"strings"
	"sync"
	"time"

	"stocktake/internal/access"
	"stocktake/internal/explore"
	"stocktake/internal/lang"
	"stocktake/internal/web/messages"
	"stocktake/internal/web/page"
	"stocktake/internal/web/static"
)

// Config is what the workspace needs.
type Config struct {
	House   page.House // see web.House
	Access  *access.Book
	Index   *explore.Index // of the register, for the names of parties; nil: only those of States are known
	Clock   func() time.Time
	Logger  *slog.Logger               // nil: nothing is logged
	Limits  Limits                     // the zero value is DefaultLimits
	Address func(*http.Request) string // whom a request comes from, for limits; nil: RemoteAddr. Behind a proxy, what the proxy says.
}

// Kit serves the areas. It is safe for concurrent use.
type Kit struct {
	Config
	Areas   []Area
	Catalog *lang.Catalog

	pages  map[lang.Code]map[string]func() (*template.Template, error) // by area and name: "my/draft"
	menu   []menuEntry
	mux    *http.ServeMux
	limits *limiter
	cross  *http.CrossOriginProtection
	secure bool // the site is on https
}

type menuEntry struct {
	Entry
	action access.Action
}

//go:embed parts/*.html
var partFiles embed.FS

//go:embed messages/*.json
var messageFiles embed.FS

// Messages are the kit's own, "work.…" and "access.…".
func Messages() fs.FS { return inside(messageFiles, "messages") }

// inside is a folder where files has it, else files itself.
func inside(files fs.FS, folder string) fs.FS {
	if _, err := fs.Stat(files, folder); err != nil {
		return files
	}
	sub, err := fs.Sub(files, folder)
	if err != nil {
		return files // the name of the folder is a constant and valid
	}
	return sub
}

// AreaMessages are the message files of an area.
func AreaMessages(a Area) fs.FS { return inside(a.Messages, "messages") }

// New puts the workspace together: messages, templates and routes of all areas. What does not
// fit is an error at once.
func New(cfg Config, areas ...Area) (*Kit, error) {
	if cfg.Access == nil || cfg.Clock == nil || cfg.House.Pack == nil {
		return nil, errors.New("kit: Config needs House, Access and Clock")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Address == nil {
		cfg.Address = func(req *http.Request) string { return req.RemoteAddr }
	}
	if cfg.Limits == (Limits{}) {
		cfg.Limits = DefaultLimits
	}
	cfg.House.JS = static.Path("work.js")
	areas = append([]Area{problemArea()}, areas...)
	k := &Kit{Config: cfg, Areas: areas, secure: strings.HasPrefix(cfg.House.BaseURL, "https://"), cross: http.NewCrossOriginProtection()}
	k.limits = newLimiter(cfg.Limits)
	folders := []fs.FS{messages.Files, Messages()}
	for _, a := range areas {
		if a.Messages != nil {
			folders = append(folders, AreaMessages(a))
		}
	}
	var err error
	if k.Catalog, err = lang.Load(folders...); err != nil {
		return nil, fmt.Errorf("kit: %w", err)
	}
	k.pages = map[lang.Code]map[string]func() (*template.Template, error){}
	for _, c := range lang.All {
		k.pages[c] = map[string]func() (*template.Template, error){}
	}
	for _, a := range areas {
		for name := range a.Pages {
			parsed, err := parse(a, name, k.Catalog.Printer(lang.Default))
			if err != nil {
				return nil, err
			}
			for _, c := range lang.All {
				k.pages[c][a.Name+"/"+name] = sync.OnceValues(func() (*template.Template, error) { return page.Speak(parsed, allFuncs(k.Catalog.Printer(c))) })
			}
		}
	}
	return k, k.routes()
}

// Parse makes the template of a page of an area in one language: the site's layout, the kit's
// parts, those of the area, and the page.
func Parse(a Area, name string, p *lang.Printer) (*template.Template, error) {
	t, err := parse(a, name, p)
	if err != nil {
		return nil, err
	}
	return page.Speak(t, allFuncs(p))
}

// parse does the part of Parse that is the same for all languages; see page.Once.
func parse(a Area, name string, p *lang.Printer) (*template.Template, error) {
	sources, err := appendFolder(page.Shared(), partFiles, "parts/*.html")
	if err != nil {
		return nil, err
	}
	if sources, err = appendFolder(sources, a.Templates, "_*.html"); err != nil {
		return nil, err
	}
	own, err := fs.ReadFile(a.Templates, name+".html")
	if err != nil {
		return nil, fmt.Errorf("kit: page %s of %s: %w", name, a.Name, err)
	}
	t, err := page.Once(append(sources, page.Source{Name: name + ".html", Text: string(own)}), allFuncs(p))
	if err != nil {
		return nil, fmt.Errorf("kit: %s: %w", a.Name, err)
	}
	if t.Lookup("page") == nil {
		return nil, fmt.Errorf("kit: %s.html of %s does not define \"page\"", name, a.Name)
	}
	return t, nil
}

func appendFolder(sources []page.Source, files fs.FS, pattern string) ([]page.Source, error) {
	paths, err := fs.Glob(files, pattern)
	if err != nil {
		return nil, err
	}
	for _, p := range paths {
		text, err := fs.ReadFile(files, p)
		if err != nil {
			return nil, err
		}
		sources = append(sources, page.Source{Name: path.Base(p), Text: string(text)})
	}
	return sources, nil
}

// allFuncs are the functions of templates, those of package page among them.
func allFuncs(p *lang.Printer) template.FuncMap {
	all := page.Funcs(p)
	maps.Copy(all, funcs(p))
	return all
}

// funcs are the functions of templates beside those of package page.
func funcs(p *lang.Printer) template.FuncMap {
	return template.FuncMap{
		"link":   func(parts ...string) string { return "/" + string(p.Code()) + strings.Join(parts, "") },
		"attrs":  attrs,
		"moment": momentHTML,
		"lines":  func(s string) []string { return strings.Split(strings.TrimSpace(s), "\n") },
	}
}

// momentHTML is a time for the middle of a sentence.
func momentHTML(m Moment) template.HTML {
	if m.ISO == "" {
		return ""
	}
	return template.HTML(`<time datetime="` + template.HTMLEscapeString(m.ISO) + `">` + template.HTMLEscapeString(m.Text) + `</time>`)
}

// view is what the layout shows round the data of a page.
type view struct {
	page.Frame
	Sheet   string
	Who     string // name of who has signed in; "" for nobody
	Leave   string // path of signing out
	Enter   string // path of signing in, for nobody
	Public  string
	Done    string      // notice of what was done
	Zone    string      // sentence that names the time zone
	Section []page.Item // the menu of the section that one is in
	Wide    bool
	Help    bool   // the list of keys
	Seal    string // a key of the session
	Data    any
}

// template is the template of a page, made when it is first asked for.
func (k *Kit) template(c lang.Code, area, name string) (*template.Template, error) {
	t, ok := k.pages[c][area+"/"+name]
	if !ok {
		return nil, fmt.Errorf("kit: %s has no page %q", area, name)
	}
	return t()
}

// render makes a page for a request.
func (k *Kit) render(r *Request, area string, p Page) ([]byte, error) {
	t, err := k.template(r.Lang, area, p.Name)
	if err != nil {
		return nil, err
	}
	for _, a := range k.Areas {
		if a.Name == area && reflect.TypeOf(a.Pages[p.Name]) != reflect.TypeOf(p.Data) {
			return nil, fmt.Errorf("kit: page %s/%s shows %T and was given %T", area, p.Name, a.Pages[p.Name], p.Data)
		}
	}
	title := r.T(p.Title, p.TitleArgs...)
	if p.Form != nil && len(p.Form.Faults()) > 0 {
		title = r.T("work.errors.title", "title", title)
	}
	v := view{Frame: r.Reader().Frame(page.Nowhere, title), Sheet: static.Path("work.css"), Wide: p.Wide, Data: p.Data, Public: r.Link("/")}
	v.NoIndex = true
	v.Menu, v.Section = k.menuFor(r)
	for i, c := range lang.All {
		v.Tongues[i].Href = "/" + string(c) + r.Path
		if r.URL.RawQuery != "" && !r.Posted() {
			v.Tongues[i].Href += "?" + r.URL.RawQuery
		}
	}
	v.Digits, v.Home = nil, r.Link("/")
	if r.Person.Known() {
		v.Who, v.Leave = r.Named(r.Person), r.Link("/sign-out")
		v.Help, v.Seal = true, seal(r)
		v.Zone = r.T("work.zone", "zone", zoneName(r))
	} else if r.Path != "/sign-in" {
		v.Enter = r.Link("/sign-in")
	}
	if key := r.Query("done"); isNotice(key) && r.P.Has(key) && !r.Posted() && r.Note(noticeNote) == noticeOf(key, r.Path) {
		v.Done = r.T(key)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		return nil, fmt.Errorf("kit: render %s/%s in %s: %w", area, p.Name, r.Lang, err)
	}
	return b.Bytes(), nil
}

// renderRegion makes a part of a page of the area that the request is in.
func (k *Kit) renderRegion(r *Request, p Region) (string, error) {
	t, err := k.template(r.Lang, r.area, p.Page)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, p.Template, p.Data); err != nil {
		return "", fmt.Errorf("kit: render %s of %s/%s: %w", p.Template, r.area, p.Page, err)
	}
	return b.String(), nil
}

// seal is the key with which the script seals what it keeps in the browser. It is of the session:
// from what the session itself is known by, without telling it.
func seal(r *Request) string {
	sum := sha256.Sum256([]byte("stocktake: what a form has not saved yet\x00" + r.Cookie))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// zoneName names the person's time zone with its distance from UTC now.
func zoneName(r *Request) string {
	z := r.Zone()
	if z == time.UTC {
		return "UTC"
	}
	return strings.ReplaceAll(z.String(), "_", " ") + " (" + lang.ZoneOf(r.Now.In(z)) + ")"
}
