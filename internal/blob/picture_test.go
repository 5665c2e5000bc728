package blob

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"stocktake/internal/errs"
)

const secret = "Jane Doe, Nairobi -1.28333 36.81667"

func drawing() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 40, 24))
	for x := range 40 {
		for y := range 24 {
			m.Set(x, y, color.RGBA{uint8(6 * x), uint8(10 * y), 90, 255})
		}
	}
	return m
}

// exifWith has an orientation, and the secret as the artist.
func exifWith(orientation int) []byte {
	b := []byte("II*\x00\x08\x00\x00\x00\x02\x00")
	entry := func(tag, kind uint16, n, value uint32) {
		b = binary.LittleEndian.AppendUint16(b, tag)
		b = binary.LittleEndian.AppendUint16(b, kind)
		b = binary.LittleEndian.AppendUint32(b, n)
		b = binary.LittleEndian.AppendUint32(b, value)
	}
	entry(tagOrientation, 3, 1, uint32(orientation))
	entry(0x013b, 2, uint32(len(secret)), 38)
	b = append(b, 0, 0, 0, 0)
	return append(b, secret...)
}

func seg(marker byte, body string) string {
	var b bytes.Buffer
	segment(&b, marker, []byte(body))
	return b.String()
}

func jpegWith(t testing.TB, orientation int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, drawing(), nil); err != nil {
		t.Fatal(err)
	}
	plain := b.String()
	return []byte(plain[:2] +
		seg(mAPP0, "JFIF\x00\x01\x02\x00\x00\x48\x00\x48\x01\x01"+"abc") +
		seg(mAPP1, "Exif\x00\x00"+string(exifWith(orientation))) +
		seg(mAPP1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>"+secret+"</x:xmpmeta>") +
		seg(mAPP2, "ICC_PROFILE\x00\x01\x01profile") + seg(mAPP2, "MPF\x00"+secret) +
		seg(0xed, "Photoshop 3.0\x00"+secret) + seg(mCOM, secret) +
		plain[2:] + secret + " after the end")
}

func pngWith(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, drawing()); err != nil {
		t.Fatal(err)
	}
	plain := b.String()
	at := 8 + 12 + 13 // after IHDR
	return []byte(plain[:at] + pngChunk("tEXt", "Author\x00"+secret) + pngChunk("eXIf", string(exifWith(6))) +
		pngChunk("tIME", "\x07\xea\x01\x01\x01\x01\x01") + pngChunk("gAMA", "\x00\x00\xb1\x8f") + pngChunk("prVt", secret) + plain[at:] + secret)
}

func pngChunk(name, body string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, name...), body...)
	return string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:])))
}

func webpOf(parts ...string) []byte {
	body := strings.Join(parts, "")
	return []byte("RIFF" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(body)+4))) + "WEBP" + body)
}

func webpChunk(name, body string) string {
	var b bytes.Buffer
	writeChunk(&b, name, []byte(body))
	return b.String()
}

func webpWith() []byte {
	frame := strings.Repeat("\x00", 16) + webpChunk("VP8L", "picture") + webpChunk("XMP ", secret)
	return append(webpOf(webpChunk("VP8X", "\x0e\x00\x00\x00\x27\x00\x00\x17\x00\x00"), webpChunk("ICCP", "profile"), webpChunk("ANMF", frame), webpChunk("VP8L", "odd"),
		webpChunk("EXIF", string(exifWith(8))), webpChunk("XMP ", secret), webpChunk("mine", secret)), secret...)
}

func TestPicturesLoseWhatTellsOfTheirMaker(t *testing.T) {
	for _, c := range []struct {
		name  string
		data  []byte
		kind  string
		parts []string // that must stay
		gone  []string
	}{
		{"JPEG", jpegWith(t, 6), JPEG, []string{"JFIF\x00", "ICC_PROFILE\x00", string(minimalExif(6))}, []string{"MPF", "Photoshop", "abc", "xmpmeta"}},
		{"JPEG that stands upright", jpegWith(t, 1), JPEG, []string{"JFIF\x00"}, []string{"Exif"}},
		{"PNG", pngWith(t), PNG, []string{"IHDR", "gAMA", "IEND"}, []string{"tEXt", "eXIf", "tIME", "prVt"}},
		{"WebP", webpWith(), WebP, []string{"VP8X\x0a\x00\x00\x00\x0a", "ICCP", "VP8L", string(minimalExif(8))}, []string{"XMP ", "mine"}},
		{"WebP without a header of its own", webpOf(webpChunk("VP8 ", "picture"), webpChunk("EXIF", string(exifWith(3)))), WebP, []string{"VP8 "}, []string{"EXIF"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !bytes.Contains(c.data, []byte(secret)) {
				t.Fatal("the sample holds no secret")
			}
			kind, cleaned, err := Clean(c.data)
			if err != nil {
				t.Fatal(err)
			}
			if kind != c.kind {
				t.Errorf("is %q, want %q", kind, c.kind)
			}
			for _, p := range c.parts {
				if !bytes.Contains(cleaned, []byte(p)) {
					t.Errorf("%q is missing", p)
				}
			}
			for _, p := range append(c.gone, secret, secret[:8]) {
				if bytes.Contains(cleaned, []byte(p)) {
					t.Errorf("%q is still there", p)
				}
			}
			if _, again, err := Clean(cleaned); err != nil || !bytes.Equal(again, cleaned) {
				t.Errorf("cleaning twice is not cleaning once (%v)", err)
			}
		})
	}
}

func TestCleanedPicturesShowTheSame(t *testing.T) {
	for name, data := range map[string][]byte{"jpeg": jpegWith(t, 3), "png": pngWith(t)} {
		t.Run(name, func(t *testing.T) {
			_, cleaned, err := Clean(data)
			if err != nil {
				t.Fatal(err)
			}
			before, _, err := image.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			after, format, err := image.Decode(bytes.NewReader(cleaned))
			if err != nil || format != name {
				t.Fatalf("%s: %v", format, err)
			}
			for x := range 40 {
				for y := range 24 {
					if before.At(x, y) != after.At(x, y) {
						t.Fatalf("point %d, %d has changed", x, y)
					}
				}
			}
		})
	}
}

func TestDamagedPicturesAreRefused(t *testing.T) {
	whole := map[string][]byte{"jpeg": jpegWith(t, 1), "png": pngWith(t), "webp": webpWith()}
	for name, data := range whole {
		data = data[:bytes.LastIndex(data, []byte(secret))] // what follows the end may be missing
		for _, share := range []float64{0.1, 0.5, 0.9, 0.995} {
			n := int(share * float64(len(data)))
			if _, _, err := Clean(data[:n]); errs.KindOf(err) != errs.Invalid {
				t.Errorf("%s of %d bytes instead of %d: %v", name, n, len(data), err)
			}
		}
	}
	bad := pngWith(t)
	bad[40] ^= 1
	if _, _, err := Clean(bad); !errs.Is(err, errs.Invalid) {
		t.Errorf("a PNG with a wrong checksum: %v", err)
	}
}

// Whatever comes in, what goes out is cleaned, and cleaning it again changes nothing.
func fuzzClean(f *testing.F, clean func([]byte) ([]byte, error)) {
	f.Fuzz(func(t *testing.T, data []byte) {
		if sniff(data) == "" {
			return
		}
		cleaned, err := clean(data)
		if err != nil {
			if errs.Is(err, errs.Internal) {
				t.Fatalf("a bad file is a fault of ours: %v", err)
			}
			return
		}
		again, err := clean(cleaned)
		if err != nil {
			t.Fatalf("what was cleaned is refused: %v", err)
		}
		if !bytes.Equal(again, cleaned) {
			t.Fatal("cleaning twice is not cleaning once")
		}
	})
}

func FuzzJPEG(f *testing.F) {
	f.Add(jpegWith(f, 6))
	f.Add([]byte("\xff\xd8\xff\xd9"))
	fuzzClean(f, cleanJPEG)
}

func FuzzPNG(f *testing.F) {
	f.Add(pngWith(f))
	fuzzClean(f, func(b []byte) ([]byte, error) {
		if sniff(b) != PNG {
			return nil, damaged("other")
		}
		return cleanPNG(b)
	})
}

func FuzzWebP(f *testing.F) {
	f.Add(webpWith())
	fuzzClean(f, func(b []byte) ([]byte, error) {
		if sniff(b) != WebP {
			return nil, damaged("other")
		}
		return cleanWebP(b)
	})
}
