package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"stocktake/internal/explore"
)

// version is that of the answers' shapes; docs/api.md says when it changes.
const version = "1.1.0"

func (d *door) describing(context.Context, *question) (any, error) { return d.document, nil }

// describe makes the OpenAPI document from the routes and from the types of their answers.
func (d *door) describe() ([]byte, error) {
	types := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	params, err := d.params()
	if err != nil {
		return nil, err
	}
	server := d.BaseURL
	if server == "" {
		server = "/"
	}
	doc := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "Stocktake", Version: version,
			Description: "The public pledges, read from the register; asking for them needs no account. Every such answer has a strong ETag; ask again with If-None-Match. " +
				"Repeated values of a filter mean any of them, different filters narrow each other, and `none` finds what is empty. " +
				"What asks for a token does what the pages of the workspace do, for the person whose token it is, within its scopes; such answers are private.",
		},
		Servers:    []*huma.Server{{URL: server}},
		Paths:      map[string]*huma.PathItem{},
		Components: &huma.Components{Schemas: types, Parameters: params, Responses: map[string]*huma.Response{}},
	}
	doc.Components.Headers = map[string]*huma.Header{
		"ETag": textHeader("Strong; one for each content coding"), "Link": textHeader("rel=next where there is a next page"),
	}
	problem := types.Schema(reflect.TypeFor[Problem](), true, "")
	for _, r := range routes() {
		op := &huma.Operation{OperationID: r.name, Summary: r.summary, Description: r.description, Responses: map[string]*huma.Response{}}
		for _, name := range placeholders(r.path) {
			op.Parameters = append(op.Parameters, pathParams[name])
		}
		for _, name := range r.takes {
			op.Parameters = append(op.Parameters, &huma.Param{Ref: "#/components/parameters/" + name})
		}
		body := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
		if r.gives != nil {
			body = types.Schema(reflect.TypeOf(r.gives), true, "")
		}
		op.Responses["200"] = &huma.Response{
			Description: "The answer", Content: map[string]*huma.MediaType{jsonType: {Schema: body}},
			Headers: map[string]*huma.Header{"ETag": {Ref: "#/components/headers/ETag"}, "Link": {Ref: "#/components/headers/Link"}},
		}
		op.Responses["304"] = &huma.Response{Description: "You have it already"}
		if strings.Contains(r.path, "{id}") || strings.Contains(r.path, "{code}") {
			op.Responses["308"] = &huma.Response{Description: "The one address of what is meant", Headers: map[string]*huma.Header{"Location": textHeader("That address")}}
		}
		for _, status := range slices.Concat(r.problems, []int{http.StatusInternalServerError, http.StatusServiceUnavailable}) {
			name := "Problem" + strconv.Itoa(status)
			op.Responses[strconv.Itoa(status)] = &huma.Response{Ref: "#/components/responses/" + name}
			doc.Components.Responses[name] = &huma.Response{
				Description: http.StatusText(status), Content: map[string]*huma.MediaType{problemType: {Schema: problem}},
			}
		}
		doc.Paths[r.path] = &huma.PathItem{Get: op}
	}
	describeWriting(doc, types, problem)
	for _, s := range types.Map() {
		loosen(s)
	}
	body, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("OpenAPI: %w", err)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, body, "", " "); err != nil {
		return nil, fmt.Errorf("OpenAPI: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// loosen takes out of a schema what huma supposes of Go types and is not so here: a list is
// never null, what is absent is left out, and later versions of v1 may add fields.
func loosen(s *huma.Schema) {
	if s == nil {
		return
	}
	s.Nullable = false
	if s.AdditionalProperties == false {
		s.AdditionalProperties = nil
	}
	for _, p := range s.Properties {
		loosen(p)
	}
	loosen(s.Items)
	if more, ok := s.AdditionalProperties.(*huma.Schema); ok {
		loosen(more)
	}
}

func textHeader(what string) *huma.Header {
	return &huma.Header{Description: what, Schema: &huma.Schema{Type: huma.TypeString}}
}

// placeholders lists the names in a path: "/pledges/{id}" has id.
func placeholders(path string) (names []string) {
	for part := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

var pathParams = map[string]*huma.Param{
	"id":   {Name: "id", In: "path", Required: true, Description: "Id of a pledge", Schema: &huma.Schema{Type: huma.TypeString}},
	"day":  {Name: "day", In: "path", Required: true, Description: "The day that the figures speak of", Schema: &huma.Schema{Type: huma.TypeString, Format: "date"}},
	"code": {Name: "code", In: "path", Required: true, Description: "Code of a party", Schema: &huma.Schema{Type: huma.TypeString}},
}

// about says of the filters what their names do not.
var about = map[string]string{
	"channel": "The door that the pledge came through", "call": "The call that it answers", "objective": "Number of an objective",
	"objectives_by": "Who attached the objectives", "principle": "Slug of a principle", "nature": "What it consists of", "form": "How many make it",
	"mirror": "Also serves a sister compact", "party": "Code of a party; that of a State also finds its ministries", "party_kind": "Kind of any party",
	"lead_kind": "Kind of the lead party", "party_region": "M49 code of a region in which a party is", "country": "ISO 3166 alpha-2 code of a place of implementation",
	"region": "M49 code of a region of implementation, or of one that holds it", "commission": "Regional commission of a country of implementation",
	"level": "Where it is carried out", "stage": "As the party reports", "recency": "How long ago the last report became public",
	"active": "Not discontinued, and not silent for too long", "overdue": "Its next report is late", "currency": "ISO 4217 code of the money announced",
	"year": "Of announcement",
}

// params describes the query parameters. The words of a closed vocabulary are those that a
// facet counts where there is nothing to count.
func (d *door) params() (map[string]*huma.Param, error) {
	nothing, err := d.Index.Snapshot().View(explore.Query{}.With("party", "-"), "")
	if err != nil {
		return nil, err
	}
	explode, out := true, map[string]*huma.Param{}
	for _, name := range explore.Filters {
		value := &huma.Schema{Type: huma.TypeString}
		if name != "party" { // the one facet that is not narrowed by it
			for _, b := range nothing.Facet(name) {
				value.Enum = append(value.Enum, b.Value)
			}
		}
		if len(value.Enum) > 0 {
			value.Enum = append(value.Enum, explore.None)
		}
		out[name] = &huma.Param{
			Name: name, In: "query", Description: about[name], Style: "form", Explode: &explode,
			Schema: &huma.Schema{Type: huma.TypeArray, Items: value},
		}
	}
	one := func(name, what string, s *huma.Schema) {
		out[name] = &huma.Param{Name: name, In: "query", Description: what, Schema: s}
	}
	least, most := 1.0, float64(mostLimit)
	one("inferred", "false leaves the objectives that were inferred out of what is filtered and counted by objective; the pledges stay", &huma.Schema{Type: huma.TypeString, Enum: []any{"true", "false"}, Default: "true"})
	one("q", "Words, all of which must be found", &huma.Schema{Type: huma.TypeString})
	one("as_of", "What was public by this day; not in the future", &huma.Schema{Type: huma.TypeString, Format: "date"})
	one("at", "What the register held in its first so many entries; applied before as_of", &huma.Schema{Type: huma.TypeInteger, Minimum: &least})
	one("sort", "The order; without words (q) relevance is the same as newest", &huma.Schema{Type: huma.TypeString, Enum: anys(orders)})
	one("limit", "Items on a page", &huma.Schema{Type: huma.TypeInteger, Minimum: &least, Maximum: &most, Default: usualLimit})
	one("cursor", "next of the page before; the filters must be the same", &huma.Schema{Type: huma.TypeString})
	out["lang"] = &huma.Param{
		Name: "lang", In: "query", Description: "Languages of the texts; all where none is named", Style: "form", Explode: &explode,
		Schema: &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString, Enum: anys(languages())}},
	}
	return out, nil
}

func anys(words []string) []any {
	out := make([]any, len(words))
	for i, w := range words {
		out[i] = w
	}
	return out
}
