package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"stocktake/internal/explore"
)

// schemas is the published document, ready to check answers against it. Within v1 answers may
// gain fields; here, one that the document does not have is an error.
func schemas(t *testing.T, document string) *jsonschema.Compiler {
	t.Helper()
	doc := unmarshal(t, document)
	var strict func(v any)
	strict = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if _, ok := v["properties"].(map[string]any); ok && v["additionalProperties"] == nil {
				v["additionalProperties"] = false
			}
			for _, x := range v {
				strict(x)
			}
		case []any:
			for _, x := range v {
				strict(x)
			}
		}
	}
	strict(doc.(map[string]any)["components"].(map[string]any)["schemas"])
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource("api.json", doc); err != nil {
		t.Fatal(err)
	}
	return c
}

func unmarshal(t *testing.T, s string) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTheDocumentIsOpenAPI(t *testing.T) {
	f := newFixture(t)
	text := body(t, f.get("/api/openapi.json"))
	official, err := os.ReadFile("testdata/openapi/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("openapi.json", unmarshal(t, string(official))); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(unmarshal(t, text)); err != nil {
		t.Errorf("%#v", err)
	}
	if !strings.Contains(text, `"openapi": "3.1.0"`) || strings.Contains(text, "nullable") {
		t.Error("not of version 3.1")
	}
	if again := body(t, newFixture(t).get("/api/openapi.json")); again != text {
		t.Error("the document is not the same when made again")
	}
	var out bytes.Buffer
	if err := json.Compact(&out, []byte(text)); err != nil {
		t.Fatal(err)
	}
	golden(t, "openapi", out.String())
}

// document is what the tests read of the OpenAPI document.
type document struct {
	Paths map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Summary     string
		Parameters  []struct {
			Ref      string `json:"$ref"`
			Name, In string
			Required bool
		}
		Responses map[string]described
		Security  []map[string][]string
	}
	Components struct {
		Responses  map[string]described
		Parameters map[string]struct {
			Name, In, Description string
			Schema                struct {
				Type  string
				Items struct{ Enum []string }
			}
		}
	}
}

// public is how many addresses answer without a token.
func (doc document) public() (n int) {
	for _, methods := range doc.Paths {
		if op, ok := methods["get"]; ok && op.Security == nil {
			n++
		}
	}
	return n
}

type described struct {
	Ref     string `json:"$ref"`
	Content map[string]json.RawMessage
}

func TestTheDocumentHasEveryRoute(t *testing.T) {
	f := newFixture(t)
	doc := readLoosely[document](t, f, "/api/openapi.json")
	contract := []string{
		"/api/v1/pledges", "/api/v1/pledges/{id}", "/api/v1/pledges/{id}/history", "/api/v1/pledges/{id}/receipt", "/api/v1/facets",
		"/api/v1/parties", "/api/v1/parties/{code}", "/api/v1/figures", "/api/v1/figures/{day}/receipt", "/api/v1/compact", "/api/openapi.json",
	}
	for _, path := range contract {
		op, ok := doc.Paths[path]["get"]
		if !ok || op.OperationID == "" || op.Summary == "" {
			t.Errorf("%s is not described", path)
		}
		var query []string
		for _, p := range op.Parameters {
			if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
				if doc.Components.Parameters[name].Name != name {
					t.Errorf("%s: no parameter %s", path, name)
				}
				query = append(query, name)
			} else if p.In != "path" || !p.Required || !strings.Contains(path, "{"+p.Name+"}") {
				t.Errorf("%s: %+v", path, p)
			}
		}
		// What is described is taken, and nothing else.
		target := strings.NewReplacer("{id}", "OCN-0001", "{code}", "ken").Replace(path)
		for name := range doc.Components.Parameters {
			text := body(t, f.get(target+"?"+name+"=%3F"))
			if refused := strings.Contains(text, "is no parameter of this address"); refused == slices.Contains(query, name) {
				t.Errorf("%s: %s is described: %v, refused: %v", path, name, slices.Contains(query, name), refused)
			}
		}
	}
	if n := doc.public(); n != len(contract) {
		t.Errorf("%d public paths, want %d", n, len(contract))
	}
	for _, name := range explore.Filters {
		p := doc.Components.Parameters[name]
		if p.Description == "" || p.Schema.Type != "array" {
			t.Errorf("filter %s: %+v", name, p)
		}
		for _, value := range p.Schema.Items.Enum {
			if res := f.get("/api/v1/facets?" + name + "=" + value); res.StatusCode != http.StatusOK {
				t.Errorf("%s=%s is described and refused", name, value)
			}
		}
	}
	if enum := doc.Components.Parameters["stage"].Schema.Items.Enum; !slices.Equal(enum, []string{"unreported", "planning", "in_progress", "fulfilled", "discontinued", "none"}) {
		t.Errorf("stage: %v", enum)
	}
}

func readLoosely[T any](t *testing.T, f *fixture, target string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(body(t, f.get(target))), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Every scenario's answer is what the document says of its route and status.
func TestAnswersAreAsDescribed(t *testing.T) {
	f := newFixture(t)
	text := body(t, f.get("/api/openapi.json"))
	compiler := schemas(t, text)
	doc := readLoosely[document](t, f, "/api/openapi.json")
	checked := map[string]bool{}
	for _, s := range scenarios {
		path, _, _ := strings.Cut(s.target, "?")
		for _, placeholder := range []string{"OCN-0001", "OCN-0003", "OCN-0004", "OCN-0005", "OCN-0006", "OCN-0008", "OCN-9999"} {
			path = strings.Replace(path, "/"+placeholder, "/{id}", 1)
		}
		if strings.HasPrefix(path, "/api/v1/figures/") {
			path = "/api/v1/figures/{day}/receipt"
		}
		if rest, ok := strings.CutPrefix(path, "/api/v1/parties/"); ok && rest != "" {
			path = "/api/v1/parties/{code}"
		}
		op, known := doc.Paths[path]["get"]
		if !known {
			continue // of the addresses that are none
		}
		res := f.get(s.target)
		at := "/paths/" + strings.NewReplacer("/", "~1", "{", "%7B", "}", "%7D").Replace(path) + "/get/responses/" + strconv.Itoa(s.status)
		response := op.Responses[strconv.Itoa(s.status)]
		if name, ok := strings.CutPrefix(response.Ref, "#/components/responses/"); ok {
			response, at = doc.Components.Responses[name], "/components/responses/"+name
		}
		if len(response.Content[res.Header.Get("Content-Type")]) == 0 {
			t.Errorf("%s: the document does not have %d %s", s.target, s.status, res.Header.Get("Content-Type"))
			continue
		}
		pointer := "api.json#" + at + "/content/" + strings.ReplaceAll(res.Header.Get("Content-Type"), "/", "~1") + "/schema"
		schema, err := compiler.Compile(pointer)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(unmarshal(t, body(t, res))); err != nil {
			t.Errorf("%s: %v", s.target, err)
		}
		checked[path] = true
	}
	if n := doc.public(); len(checked) != n {
		t.Errorf("only %d of %d routes were checked", len(checked), n)
	}
	// The check itself sees what is wrong.
	schema, err := compiler.Compile("api.json#/components/schemas/PledgeList")
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{`{}`, `{"total":1,"as_of":"2034-06-30","register":{"size":1,"root":""},"items":null}`, `{"total":"1","as_of":"2034-06-30","register":{"size":1,"root":""},"items":[]}`,
		`{"total":1,"as_of":"yesterday","register":{"size":1,"root":""},"items":[]}`, `{"total":1,"as_of":"2034-06-30","register":{"size":1,"root":""},"items":[],"more":1}`} {
		if schema.Validate(unmarshal(t, wrong)) == nil {
			t.Errorf("%s passes", wrong)
		}
	}
}
