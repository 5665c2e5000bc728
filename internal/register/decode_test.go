package register

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type word string

// decoded has a member of every sort that payloads have.
type decoded struct {
	Number int            `json:"number"`
	Big    int64          `json:"big,omitempty"`
	Word   word           `json:"word"`
	Words  []word         `json:"words,omitempty"`
	WordsB string         `json:"words_b,omitempty"` // begins as another name
	Flag   bool           `json:"flag,omitempty"`
	Counts []int          `json:"counts"`
	Inner  *decodedInner  `json:"inner,omitempty"`
	Inners []decodedInner `json:"inners,omitempty"`
}

type decodedInner struct {
	A string   `json:"a"`
	B []string `json:"b,omitempty"`
}

// Whatever canonical JSON it is given, Decode gives what encoding/json gives, and an error where
// that has one.
func FuzzDecode(f *testing.F) {
	for _, s := range decodeSamples {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		in, err := CanonicalJSON(in)
		if err != nil {
			return
		}
		for _, kind := range []reflect.Type{reflect.TypeFor[decoded](), reflect.TypeFor[Header](), reflect.TypeFor[map[string]decodedInner](), reflect.TypeFor[any]()} {
			want, got := reflect.New(kind), reflect.New(kind)
			wantErr, gotErr := json.Unmarshal(in, want.Interface()), Decode(in, got.Interface())
			if (wantErr == nil) != (gotErr == nil) {
				t.Fatalf("%s as %s: encoding/json says %v, Decode %v", in, kind, wantErr, gotErr)
			}
			if diff := cmp.Diff(want.Interface(), got.Interface()); wantErr == nil && diff != "" {
				t.Fatalf("%s as %s, -encoding/json +Decode:\n%s", in, kind, diff)
			}
		}
	})
}

var decodeSamples = []string{
	`{"big":9007199254740991,"counts":[1,-2,30],"flag":true,"inner":{"a":"é\u0001\n\"\\","b":["x","]","a,b"]},"inners":[{"a":"1"},{"a":"2"}],"number":0,"word":"w","words":["","]"],"words_b":"\\\""}`,
	`{"counts":[],"number":7,"word":"移民"}`, `{"counts":null,"number":1}`, `{"number":1.5}`, `{"number":1e21}`, `{"number":99999999999999999999}`,
	`{"Number":3,"word":"x"}`, `{"unknown":{"number":1},"word":"x"}`, `{"number":"1"}`, `{"flag":1}`, `{"inner":{}}`, `{"inner":[]}`, `[]`, `"x"`, `{}`, `null`, `true`,
	`{"actor":"office:a","effective":"2022-05-20","kind":"pledge","payload_sha256":"00","position":12,"recorded":"2022-05-20T00:00:00.000000Z","subject":"pledge:A-1","v":1,"version":2}`,
}

// What registers hold does not need the slow way.
func TestDecodeReadsTheUsual(t *testing.T) {
	for name, c := range map[string]struct {
		into any
		text string
	}{
		"header":     {&Header{}, decodeSamples[len(decodeSamples)-1]},
		"all sorts":  {&decoded{}, `{"big":9,"counts":[1,-2],"flag":false,"inner":{"a":"\n\n\"","b":["x"]},"inners":[{"a":"1"}],"number":0,"word":"w","words":[""],"words_b":"\\"}`},
		"few of all": {&decoded{}, `{"counts":[],"word":""}`},
		"nothing":    {&decoded{}, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			v := reflect.ValueOf(c.into).Elem()
			r := valueReader{in: c.text}
			if p := planOf(v.Type()); p == nil || !r.value(p, v) || r.at != len(r.in) {
				t.Errorf("stops at byte %d of %s", r.at, c.text)
			}
		})
	}
}
