package compact

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxFile is more than any pack needs and less than what makes a parser suffer.
const maxFile = 1 << 20

// Problem is one thing wrong with a pack, said where a text editor finds it.
type Problem struct {
	File    string
	Line    int
	Key     string // "objectives[3].theme"; "" where the whole file is meant
	Message string
}

func (p Problem) String() string {
	where := fmt.Sprintf("%s:%d: ", p.File, p.Line)
	if p.Key != "" {
		where += p.Key + ": "
	}
	return where + p.Message
}

// Problems is everything that is wrong with a pack, by file and line. It is the cause inside
// the error of Load.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Key, b.Key))
	})
}

// node is a piece of a YAML document with its place: a mapping, a list or a plain value.
// Anchors, aliases, tags and merges are no part of the pack format.
type node struct {
	doc    *document
	line   int
	key    string // path from the top of the document
	kind   kind
	value  string // of a plain value
	keys   []string
	values map[string]node // of a mapping
	items  []node          // of a list
}

type kind uint8

const (
	absent kind = iota
	plain       // text or number
	boolean
	list
	mapping
	broken // already reported
)

var kindNames = [...]string{"nothing", "a text or a number", "true or false", "a list", "keys with values", "something unreadable"}

// document is one file and what is wrong with it.
type document struct {
	file     string
	problems Problems
}

func (d *document) report(line int, key, format string, args ...any) {
	d.problems = append(d.problems, Problem{d.file, max(line, 1), key, fmt.Sprintf(format, args...)})
}

func (n node) report(format string, args ...any) { n.doc.report(n.line, n.key, format, args...) }

// parse reads a file into nodes. What cannot be read is reported; the result is then absent or broken.
func parse(file string, data []byte) (root node, d *document) {
	d = &document{file: file}
	root = node{doc: d, line: 1}
	if len(data) > maxFile {
		d.report(1, "", "%d bytes are more than a pack file may have (%d)", len(data), maxFile)
		return root, d
	}
	defer func() { // the parser is not ours; a file must not stop the server
		if r := recover(); r != nil {
			d.report(1, "", "cannot be read as YAML: %v", r)
			root = node{doc: d, line: 1, kind: broken}
		}
	}()
	f, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line, message := 1, err.Error()
		if e, ok := errors.AsType[yaml.Error](err); ok {
			message = e.GetMessage()
			if t := e.GetToken(); t != nil && t.Position != nil {
				line = t.Position.Line
			}
		}
		d.report(line, "", "is not YAML: %s", message)
		root.kind = broken
		return root, d
	}
	var bodies []ast.Node
	for _, doc := range f.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.NullType && doc.Body.Type() != ast.CommentType {
			bodies = append(bodies, doc.Body)
		}
	}
	switch len(bodies) {
	case 0:
		d.report(1, "", "is empty")
	case 1:
		root = d.convert(bodies[0], "")
	default:
		d.report(lineOf(bodies[1]), "", "has more than one YAML document")
		root = d.convert(bodies[0], "")
	}
	return root, d
}

func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 1
	}
	return n.GetToken().Position.Line
}

func (d *document) convert(n ast.Node, key string) node {
	out := node{doc: d, line: lineOf(n), key: key}
	switch n := n.(type) {
	case *ast.MappingNode:
		out.kind, out.values = mapping, map[string]node{}
		if len(n.Values) > 0 {
			out.line = lineOf(n.Values[0].Key)
		}
		for _, v := range n.Values {
			d.entry(&out, v)
		}
	case *ast.MappingValueNode:
		out.kind, out.values = mapping, map[string]node{}
		out.line = lineOf(n.Key)
		d.entry(&out, n)
	case *ast.SequenceNode:
		out.kind = list
		for i, v := range n.Values {
			item := d.convert(v, fmt.Sprintf("%s[%d]", key, i))
			out.items = append(out.items, item)
		}
		if len(out.items) > 0 {
			out.line = out.items[0].line
		}
	case *ast.StringNode:
		out.kind, out.value = plain, n.Value
	case *ast.LiteralNode:
		out.kind, out.value = plain, strings.TrimRight(n.Value.Value, "\n")
	case *ast.IntegerNode, *ast.FloatNode:
		out.kind, out.value = plain, n.GetToken().Value
	case *ast.BoolNode:
		out.kind, out.value = boolean, strconv.FormatBool(n.Value)
	case *ast.NullNode, nil:
		out.kind = absent
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		out.kind = broken
		out.report("anchors, aliases, merges and tags are no part of a pack; write the value out")
	default:
		out.kind = broken
		out.report("%s is no part of a pack", n.Type())
	}
	return out
}

func (d *document) entry(into *node, v *ast.MappingValueNode) {
	name, line := v.Key.GetToken().Value, lineOf(v.Key)
	key := name
	if into.key != "" {
		key = into.key + "." + name
	}
	if v.Key.IsMergeKey() {
		d.report(line, key, "anchors, aliases, merges and tags are no part of a pack; write the value out")
		return
	}
	if first, ok := into.values[name]; ok {
		d.report(line, key, "stands twice; first on line %d", first.line)
		return
	}
	value := d.convert(v.Value, key)
	value.line = line
	into.keys = append(into.keys, name)
	into.values[name] = value
}

// object reads the keys of a mapping and, at the end, reports those that nobody asked for.
type object struct {
	node
	asked map[string]bool
}

func (n node) object() *object {
	if n.kind != mapping && n.kind != broken {
		n.report("keys with values are expected, not %s", kindNames[n.kind])
		n.kind = broken
	}
	return &object{n, map[string]bool{}}
}

func (o *object) get(name string) node {
	o.asked[name] = true
	if v, ok := o.values[name]; ok {
		return v
	}
	key := name
	if o.key != "" {
		key = o.key + "." + name
	}
	return node{doc: o.doc, line: o.line, key: key}
}

// need is get, and reports where there is nothing.
func (o *object) need(name string) node {
	n := o.get(name)
	if n.kind == absent && o.kind != broken {
		n.report("is missing")
		n.kind = broken
	}
	return n
}

func (o *object) done() {
	known := make([]string, 0, len(o.asked))
	for k := range o.asked {
		known = append(known, k)
	}
	slices.Sort(known)
	for _, k := range o.keys {
		if !o.asked[k] {
			o.values[k].report("is not known here; known are %s", strings.Join(known, ", "))
		}
	}
}

func (n node) text() string {
	switch n.kind {
	case plain:
		if strings.TrimSpace(n.value) == "" {
			n.report("is empty")
		}
		return strings.TrimSpace(n.value)
	case absent, broken:
		return ""
	}
	n.report("a text is expected, not %s", kindNames[n.kind])
	return ""
}

func (n node) number() int {
	s := n.text()
	if s == "" {
		return 0
	}
	v, err := strconv.Atoi(s)
	if err != nil || v < 0 {
		n.report("%q is not a whole number", s)
		return 0
	}
	return v
}

func (n node) bool() bool {
	switch n.kind {
	case boolean:
		return n.value == "true"
	case absent, broken:
		return false
	}
	n.report("true or false is expected, not %s", kindNames[n.kind])
	return false
}

func (n node) list() []node {
	switch n.kind {
	case list:
		return n.items
	case absent, broken:
		return nil
	}
	n.report("a list is expected, not %s", kindNames[n.kind])
	return nil
}

// oneOf reports a text that is none of the words.
func (n node) oneOf(words ...string) string {
	s := n.text()
	if s != "" && !slices.Contains(words, s) {
		n.report("%q is not one of %s", s, strings.Join(words, ", "))
		return ""
	}
	return s
}
