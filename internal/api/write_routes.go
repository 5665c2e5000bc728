package api

import (
	"cmp"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"stocktake/internal/access"
)

// writing is one address that needs a token.
type writing struct {
	method, path, name string
	summary            string
	description        string
	does               []access.Action // the token must cover one of them
	takes, gives       any             // values of the types of body and answer; nil takes: there is no body
	status             int
	serve              func(*door, *errand) (any, error)
}

// writings is all of them, in the order of the document.
func writings() []writing {
	return []writing{
		{
			http.MethodPost, root + "/pledges", "beginPledge", "Begin a pledge",
			"A draft of the party that `parties` names, complete or not; `missing` says what the rules of the form find. With `received` the secretariat enters a pledge on behalf of a party.",
			[]access.Action{access.CreatePledge, access.EnterPledge}, PledgeInput{}, Submission{}, http.StatusCreated, (*door).begin,
		},
		{
			http.MethodPut, root + "/pledges/{id}", "writePledge", "Replace the text of a draft, or of the next version of a published pledge",
			"Complete or not: what is left out is empty, but for `contact` and the files. If-Match is compulsory, so that nobody overwrites what they have not seen. A published pledge stays as it is until a next version is published.",
			[]access.Action{access.WritePledge}, PledgeInput{}, Submission{}, http.StatusOK, (*door).rewrite,
		},
		{
			http.MethodGet, root + "/pledges/{id}/submission", "getSubmission", "How a pledge stands on its way",
			"As the pages of the workspace show it to the person: the party its own text, the secretariat what it was given, nobody else anything.",
			[]access.Action{access.ReadPledge}, nil, Submission{}, http.StatusOK, (*door).stands,
		},
		{
			http.MethodPost, root + "/pledges/{id}/reports", "reportPledge", "Report on a published pledge",
			"A report is published at once, but for one that ends the story: that waits for a second contact of the party, or two days. If-Match is only for a report that was begun in the workspace.",
			[]access.Action{access.WriteReport}, ReportInput{}, Filed{}, http.StatusCreated, (*door).report,
		},
		{
			http.MethodPost, root + "/pledges/{id}/{action}", "actOnPledge", "Do something to a pledge",
			describeDeeds(), nil, ActionInput{}, Submission{}, http.StatusOK, (*door).act,
		},
	}
}

func describeDeeds() string {
	var b strings.Builder
	b.WriteString("Each action takes the fields named here, and refuses others.\n")
	for _, a := range deeds {
		b.WriteString("\n- `" + a.name + "` " + a.words)
		if len(a.takes) > 0 {
			b.WriteString(" (`" + strings.Join(a.takes, "`, `") + "`)")
		}
	}
	return b.String()
}

// scopesOf lists the scopes of which a route asks for one.
func (r writing) scopesOf() (names []string) {
	does := r.does
	if does == nil {
		for _, a := range deeds {
			does = append(does, a.does)
		}
	}
	for _, s := range access.Scopes {
		if slices.ContainsFunc(does, func(a access.Action) bool { return access.InScope([]string{s.Name}, a) }) {
			names = append(names, s.Name)
		}
	}
	return names
}

// writeProblems are the statuses of what is refused.
var writeProblems = []int{400, 401, 403, 404, 409, 410, 412, 413, 415, 422, 428, 429, 500, 503}

// describeWriting adds the routes that need a token to the document.
func describeWriting(doc *huma.OpenAPI, types huma.Registry, problem *huma.Schema) {
	doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {
		Type: "http", Scheme: "bearer", Description: "A token that a person makes in the workspace, under Account: limited to scopes, for at most a year, shown once.",
	}}
	text := &huma.Schema{Type: huma.TypeString}
	actions := &huma.Schema{Type: huma.TypeString}
	for _, a := range deeds {
		actions.Enum = append(actions.Enum, a.name)
	}
	path := map[string]*huma.Param{
		"id":     {Name: "id", In: "path", Required: true, Description: "Id of a published pledge, or the private reference (S-…) of any", Schema: text},
		"action": {Name: "action", In: "path", Required: true, Schema: actions},
	}
	for _, r := range writings() {
		op := &huma.Operation{OperationID: r.name, Summary: r.summary, Description: r.description, Responses: map[string]*huma.Response{}}
		for _, name := range r.scopesOf() { // any one of them
			op.Security = append(op.Security, map[string][]string{"token": {name}})
		}
		for _, name := range placeholders(r.path) {
			op.Parameters = append(op.Parameters, path[name])
		}
		if r.takes != nil {
			op.Parameters = append(op.Parameters,
				&huma.Param{Name: "If-Match", In: "header", Required: r.method == http.MethodPut, Description: "ETag of the version that the caller has seen; another one answers 412", Schema: text},
				&huma.Param{Name: "Idempotency-Key", In: "header", Description: "Sent again under the same key within a month, the request does nothing more and is answered as before", Schema: text},
			)
			op.RequestBody = &huma.RequestBody{
				Required: r.name != "actOnPledge",
				Content:  map[string]*huma.MediaType{jsonType: {Schema: types.Schema(reflect.TypeOf(r.takes), true, "")}},
			}
		}
		op.Responses[strconv.Itoa(r.status)] = &huma.Response{
			Description: "The answer; private, and not to be kept", Content: map[string]*huma.MediaType{jsonType: {Schema: types.Schema(reflect.TypeOf(r.gives), true, "")}},
			Headers: map[string]*huma.Header{"ETag": {Description: "Of the version, for If-Match", Schema: text}},
		}
		for _, status := range writeProblems {
			name := "Problem" + strconv.Itoa(status)
			op.Responses[strconv.Itoa(status)] = &huma.Response{Ref: "#/components/responses/" + name}
			doc.Components.Responses[name] = cmp.Or(doc.Components.Responses[name], &huma.Response{
				Description: http.StatusText(status), Content: map[string]*huma.MediaType{problemType: {Schema: problem}},
			})
		}
		item := doc.Paths[r.path]
		if item == nil {
			item = &huma.PathItem{}
			doc.Paths[r.path] = item
		}
		switch r.method {
		case http.MethodPost:
			item.Post = op
		case http.MethodPut:
			item.Put = op
		default:
			item.Get = op
		}
	}
}
