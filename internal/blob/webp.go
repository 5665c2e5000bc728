package blob

import (
	"bytes"
	"encoding/binary"
)

// Flags of a WebP file's extended header (RFC 9649).
const (
	webpXMP  = 0x04
	webpExif = 0x08
)

var webpKept = map[string]bool{
	"VP8 ": true, "VP8L": true, "VP8X": true, "ALPH": true, "ANIM": true, "ANMF": true, "ICCP": true,
}

// cleanWebP keeps the chunks that draw the picture, and of Exif the orientation alone.
func cleanWebP(data []byte) ([]byte, error) {
	size := int64(binary.LittleEndian.Uint32(data[4:])) + 8
	if size > int64(len(data)) || size < 12 {
		return nil, damaged("WebP: shorter than it says")
	}
	var body bytes.Buffer
	header, orientation, picture := -1, 0, false
	err := chunks(data[12:size], func(name string, chunk []byte) error {
		switch {
		case name == "EXIF":
			orientation = exifOrientation(bytes.TrimPrefix(chunk, []byte("Exif\x00\x00")))
			return nil
		case !webpKept[name]:
			return nil
		case name == "VP8X":
			if header >= 0 || body.Len() > 0 || len(chunk) < 10 {
				return damaged("WebP: the extended header is out of place")
			}
			header = 8
		case name == "ANMF":
			cleaned, err := cleanFrame(chunk)
			if err != nil {
				return err
			}
			chunk, picture = cleaned, true
		case name == "VP8 " || name == "VP8L":
			picture = true
		}
		writeChunk(&body, name, chunk)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !picture {
		return nil, damaged("WebP: no picture")
	}
	out := body.Bytes()
	if header >= 0 {
		out[header] &^= webpXMP | webpExif
		if orientation > 1 {
			out[header] |= webpExif
			writeChunk(&body, "EXIF", minimalExif(orientation))
			out = body.Bytes()
		}
	}
	file := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(len(out)+4))...)
	return append(append(file, "WEBP"...), out...), nil
}

// cleanFrame is one frame of an animation: 16 bytes of position and time, then chunks.
func cleanFrame(frame []byte) ([]byte, error) {
	if len(frame) < 16 {
		return nil, damaged("WebP: a frame without its header")
	}
	out := bytes.NewBuffer(bytes.Clone(frame[:16]))
	err := chunks(frame[16:], func(name string, chunk []byte) error {
		if name == "VP8 " || name == "VP8L" || name == "ALPH" {
			writeChunk(out, name, chunk)
		}
		return nil
	})
	return out.Bytes(), err
}

func chunks(data []byte, f func(name string, chunk []byte) error) error {
	for len(data) > 0 {
		if len(data) < 8 {
			return damaged("WebP: ends within a chunk")
		}
		length := int64(binary.LittleEndian.Uint32(data[4:]))
		if length > int64(len(data)-8) {
			return damaged("WebP: a chunk is longer than the file")
		}
		if err := f(string(data[:4]), data[8:8+length]); err != nil {
			return err
		}
		data = data[min(8+length+length%2, int64(len(data))):]
	}
	return nil
}

func writeChunk(b *bytes.Buffer, name string, chunk []byte) {
	b.WriteString(name)
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(chunk))))
	b.Write(chunk)
	if len(chunk)%2 == 1 {
		b.WriteByte(0)
	}
}
