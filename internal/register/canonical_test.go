package register

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"stocktake/internal/errs"
)

// The examples of RFC 8785, sections 3.2.2 and 3.2.3, and what stands beside them.
func TestCanonicalJSON(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"RFC 8785, 3.2.2", `{
       "numbers": [333333333.33333329, 1E30, 4.50,
                   2e-3, 0.000000000000000000000000001],
       "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
       "literals": [null, true, false]
     }`, `{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`},
		{"RFC 8785, 3.2.3: order by UTF-16", `{
       "\u20ac": "Euro Sign",
       "\r": "Carriage Return",
       "\ufb33": "Hebrew Letter Dalet With Dagesh",
       "1": "One",
       "\ud83d\ude00": "Emoji: Grinning Face",
       "\u0080": "Control",
       "\u00f6": "Latin Small Letter O With Diaeresis"
     }`, `{"\r":"Carriage Return","1":"One","` + "\u0080" + `":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😀":"Emoji: Grinning Face","` + "\ufb33" + `":"Hebrew Letter Dalet With Dagesh"}`},
		{"a prefix comes first", `{"ab":1,"a":2,"":3}`, `{"":3,"a":2,"ab":1}`},
		{"nested", `{"b":[{"d":1,"c":{"z":0,"y":[]}}],"a":{}}`, `{"a":{},"b":[{"c":{"y":[],"z":0},"d":1}]}`},
		{"unsorted within unsorted", `[{"z":{"y":1,"x":[{"w":0,"v":{}}]},"a":{"c":1,"b":2}},{"b":1,"a":2}]`, `[{"a":{"b":2,"c":1},"z":{"x":[{"v":{},"w":0}],"y":1}},{"a":2,"b":1}]`},
		{"names with escapes", `{"\u0062":1,"\n":2,"a\"":3,"a":4}`, `{"\n":2,"a":4,"a\"":3,"b":1}`},
		{"white space", " [ 1 , \t\"a b\"\r\n] ", `[1,"a b"]`},
		{"controls", `"\u0000\u0001\b\t\n\u000b\f\r\u001f\u007f"`, "\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\u007f\""},
		{"no escape that is not needed", `"\u003c\u2028\u00e9\/"`, "\"<\u2028é/\""},
		{"minus zero", `-0`, `0`}, {"minus zero as a double", `-0.0`, `0`},
		{"integers", `[9007199254740992,-1,100000000000000000000]`, `[9007199254740992,-1,100000000000000000000]`},
		{"scalar", `"a"`, `"a"`}, {"null", `null`, `null`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := CanonicalJSON([]byte(tt.in))
			if err != nil || string(got) != tt.want {
				t.Fatalf("got %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
}

// RFC 8785, appendix B: doubles by their bits.
func TestCanonicalNumbers(t *testing.T) {
	for _, tt := range []struct {
		bits uint64
		want string
	}{
		{0x0000000000000000, "0"}, {0x8000000000000000, "0"},
		{0x0000000000000001, "5e-324"}, {0x8000000000000001, "-5e-324"},
		{0x7fefffffffffffff, "1.7976931348623157e+308"}, {0xffefffffffffffff, "-1.7976931348623157e+308"},
		{0x4340000000000000, "9007199254740992"}, {0xc340000000000000, "-9007199254740992"},
		{0x4430000000000000, "295147905179352830000"},
		{0x44b52d02c7e14af5, "9.999999999999997e+22"}, {0x44b52d02c7e14af6, "1e+23"}, {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
		{0x444b1ae4d6e2ef4e, "999999999999999700000"}, {0x444b1ae4d6e2ef4f, "999999999999999900000"}, {0x444b1ae4d6e2ef50, "1e+21"},
		{0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"}, {0x3eb0c6f7a0b5ed8d, "0.000001"},
		{0x41b3de4355555553, "333333333.3333332"}, {0x41b3de4355555554, "333333333.33333325"}, {0x41b3de4355555555, "333333333.3333333"},
		{0x41b3de4355555556, "333333333.3333334"}, {0x41b3de4355555557, "333333333.33333343"},
		{0xbecbf647612f3696, "-0.0000033333333333333333"},
		{0x43143ff3c1cb0959, "1424953923781206.2"},
	} {
		f := math.Float64frombits(tt.bits)
		if got := string(appendNumber(nil, f)); got != tt.want {
			t.Errorf("%016x: %s, want %s", tt.bits, got, tt.want)
		}
		if got, err := CanonicalJSON([]byte(tt.want)); err != nil || string(got) != tt.want {
			t.Errorf("%s read again: %s, %v", tt.want, got, err)
		}
	}
}

func TestCanonicalJSONRefuses(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"nothing", ``, "missing"}, {"space", ` `, "missing"},
		{"two values", `1 2`, "follows"}, {"a comma behind", `[1,]`, "no value begins"}, {"a comma in front", `[,1]`, "no value begins"},
		{"object comma", `{"a":1,}`, "name of a member"}, {"no colon", `{"a" 1}`, "want :"}, {"open array", `[1`, "want , or ]"}, {"open object", `{"a":1`, "want , or }"},
		{"twice", `{"a":1,"b":2,"a":3}`, `"a" stands twice`}, {"twice, once escaped", `{"a":1,"\u0061":2}`, "twice"}, {"twice, deep", `[{"x":{"a":1,"a":1}}]`, "twice"},
		{"invalid UTF-8", "\"\xff\"", "UTF-8"}, {"surrogate in UTF-8", "\"\xed\xa0\x80\"", "UTF-8"}, {"overlong", "\"\xc0\xaf\"", "UTF-8"},
		{"lone high", `"\ud800"`, "surrogate"}, {"lone low", `"\udc00"`, "surrogate"}, {"two high", `"\ud800\ud800"`, "surrogate"}, {"high at the end", `"\ud83d\u0041"`, "surrogate"},
		{"byte order mark", "\ufeff1", "no value"}, {"control", "\"a\nb\"", "control"}, {"unknown escape", `"\x41"`, "escape"}, {"short escape", `"\u12"`, "escape"}, {"open string", `"abc`, "does not end"}, {"open escape", `"\`, "does not end"},
		{"leading zero", `01`, "number"}, {"plus", `+1`, "no value"}, {"point first", `.5`, "no value"}, {"point last", `1.`, "number"}, {"no exponent", `1e`, "number"}, {"minus alone", `-`, "number"},
		{"too large", `1e400`, "too large"}, {"digits lost", `9007199254740993`, "lose digits"}, {"digits lost, long", `12345678901234567890`, "lose digits"},
		{"NaN", `NaN`, "no value"}, {"True", `True`, "no value"}, {"deep", strings.Repeat("[", 300) + strings.Repeat("]", 300), "deeper"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := CanonicalJSON([]byte(tt.in))
			if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %s, %v; want an error that says %q", got, err, tt.want)
			}
		})
	}
}

func TestCanonicalOfGo(t *testing.T) {
	got, err := Canonical(map[string]any{"b": "<&>", "a": []int{1}, "r": "\ufffd"})
	if want := `{"a":[1],"b":"<&>","r":"` + "\ufffd" + `"}`; err != nil || string(got) != want {
		t.Fatalf("%s, %v; want %s", got, err, want)
	}
	for name, v := range map[string]any{"invalid UTF-8": "a\xffb", "NaN": math.NaN(), "function": func() {}} {
		if got, err := Canonical(v); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

func TestHeaderBytesAreCanonical(t *testing.T) {
	h := Header{1, 41, "2022-05-20T12:00:00.000001Z", "2022-05-19", `office:"s"`, "pledge", "pledge:ABC-0158", 2, strings.Repeat("ab", 32)}
	want, err := Canonical(h)
	if err != nil || !bytes.Equal(h.Bytes(), want) {
		t.Fatalf("%s\n%s, %v", h.Bytes(), want, err)
	}
	again, err := ParseHeader(want)
	if err != nil || again != h {
		t.Fatalf("%+v, %v", again, err)
	}
	for name, change := range map[string]func(*Header){
		"version of the form": func(h *Header) { h.V = 2 },
		"position":            func(h *Header) { h.Position = -1 },
		"recorded":            func(h *Header) { h.Recorded = "2022-05-20T12:00:00Z" },
		"zone":                func(h *Header) { h.Recorded = "2022-05-20T12:00:00.000001+00:00" },
		"effective":           func(h *Header) { h.Effective = "2022-5-19" },
		"no such day":         func(h *Header) { h.Effective = "2022-02-30" },
		"future":              func(h *Header) { h.Effective = "2022-05-21" },
		"actor":               func(h *Header) { h.Actor = "a person" },
		"kind":                func(h *Header) { h.Kind = "Pledge" },
		"subject":             func(h *Header) { h.Subject = "party:ken" },
		"empty id":            func(h *Header) { h.Subject = "pledge:" },
		"version":             func(h *Header) { h.Version = 0 },
		"hash":                func(h *Header) { h.PayloadSHA256 = strings.Repeat("AB", 32) },
	} {
		bad := h
		change(&bad)
		if _, err := ParseHeader(bad.Bytes()); err == nil {
			t.Errorf("%s: accepted %s", name, bad.Bytes())
		}
	}
	for name, b := range map[string]string{
		"another member": strings.Replace(string(want), `{"actor"`, `{"a":1,"actor"`, 1),
		"other case":     strings.Replace(string(want), `"actor"`, `"Actor"`, 1),
		"space":          strings.Replace(string(want), `,`, `, `, 1),
	} {
		if _, err := ParseHeader([]byte(b)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// The order of names is that of their UTF-16 code units, whatever planes they are of.
func TestNamesAreInTheOrderOfUTF16(t *testing.T) {
	runes := []rune{0, 'a', 'b', 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xEFFF, 0xF000, 0xFFFD, 0xFFFF, 0x10000, 0x10FFFF}
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOfN(rapid.SampledFrom(runes), 0, 4).Draw(t, "a")
		b := rapid.SliceOfN(rapid.SampledFrom(runes), 0, 4).Draw(t, "b")
		want := slices.Compare(utf16.Encode(a), utf16.Encode(b))
		got := byName(member{name: []byte(string(a))}, member{name: []byte(string(b))})
		if cmp.Compare(got, 0) != want {
			t.Fatalf("%q and %q: %d, want %d", string(a), string(b), got, want)
		}
	})
}

func BenchmarkCanonicalJSON(b *testing.B) {
	text := []byte(`{"schema":1,"id":"ABC-0001","status":"published","title":"To widen regular pathways","text":"` + strings.Repeat("Visas within thirty days. ", 30) +
		`","language":"en","parties":["ken","iom"],"form":"individual","nature":["policy"],"objectives":[5,7],"objectives_by":"party","countries":["KE"],"starts_on":"2022","ends_on":"2025","money":{"amount":"1500000","currency":"USD","years":[2023,2024]}}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := CanonicalJSON(text); err != nil {
			b.Fatal(err)
		}
	}
}

// Whatever is accepted has one form: read again it gives the same bytes, and encoding/json finds
// the same meaning in both.
func FuzzCanonicalJSON(f *testing.F) {
	for _, s := range []string{`{"b":[1,2.50,{"a":null}],"a":"\u20ac\ud83d\ude00"}`, `[1e21,1e-7,-0]`, `"\u0000"`, `{"\ufb33":1,"\ud83d\ude00":2}`, `12345678901234567890`, " [ ] "} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out, err := CanonicalJSON(in)
		if err != nil {
			if json.Valid(out) && out != nil {
				t.Fatal("output beside an error")
			}
			return
		}
		again, err := CanonicalJSON(out)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("not idempotent: %q, then %q, %v", out, again, err)
		}
		var a, b any
		if err := json.Unmarshal(in, &a); err != nil {
			t.Fatalf("accepted what encoding/json refuses: %q: %v", in, err)
		}
		if err := json.Unmarshal(out, &b); err != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("the meaning changed: %q, %q, %v", in, out, err)
		}
	})
}

// Every double comes back from its canonical form.
func FuzzCanonicalNumber(f *testing.F) {
	for _, v := range []float64{0, 1, -1.5, 1e21, 1e-7, 123456789012345680000, math.MaxFloat64, math.SmallestNonzeroFloat64} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v float64) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return
		}
		s := string(appendNumber(nil, v))
		back, err := strconv.ParseFloat(s, 64)
		if err != nil || back != v {
			t.Fatalf("%v wrote %s, read %v, %v", v, s, back, err)
		}
		if again, err := CanonicalJSON([]byte(s)); err != nil || string(again) != s {
			t.Fatalf("%s read again: %s, %v", s, again, err)
		}
	})
}
