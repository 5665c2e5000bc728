package blob

import (
	"bytes"
	"encoding/binary"
)

// Markers of ITU-T T.81 (JPEG).
const (
	mSOI, mEOI, mSOS    = 0xd8, 0xd9, 0xda
	mAPP0, mAPP1, mAPP2 = 0xe0, 0xe1, 0xe2
	mAPP14, mAPP15      = 0xee, 0xef
	mCOM                = 0xfe
)

// cleanJPEG keeps what is needed to draw the picture: tables, frames and scans, the JFIF header
// without its thumbnail, the colour profile, Adobe's colour transform, and of Exif the
// orientation alone. Everything after the picture's end (a second picture, a film) goes.
func cleanJPEG(data []byte) ([]byte, error) {
	if len(data) < 2 || data[0] != 0xff || data[1] != mSOI {
		return nil, damaged("JPEG: no beginning")
	}
	out := bytes.NewBuffer(make([]byte, 0, len(data)))
	out.Write(data[:2])
	frame, scan := false, false
	orientation := 0
	head := out.Len() // where the minimal Exif goes: after the JFIF header
	for i := 2; ; {
		if i+1 >= len(data) || data[i] != 0xff {
			return nil, damaged("JPEG: no marker at byte %d", i)
		}
		for i+1 < len(data) && data[i+1] == 0xff { // fill bytes
			i++
		}
		if i+1 >= len(data) {
			return nil, damaged("JPEG: ends within a marker")
		}
		marker := data[i+1]
		if marker == mEOI {
			if !frame || !scan {
				return nil, damaged("JPEG: no picture before the end")
			}
			out.Write([]byte{0xff, mEOI})
			return withOrientation(out.Bytes(), head, orientation), nil
		}
		if marker == 0 || marker == mSOI || marker >= 0xd0 && marker <= 0xd7 || marker == 0x01 {
			return nil, damaged("JPEG: marker %#x out of place", marker)
		}
		if i+4 > len(data) {
			return nil, damaged("JPEG: ends within a segment")
		}
		length := int(binary.BigEndian.Uint16(data[i+2:]))
		if length < 2 || i+2+length > len(data) {
			return nil, damaged("JPEG: segment %#x is longer than the file", marker)
		}
		body := data[i+4 : i+2+length]
		i += 2 + length
		switch {
		case marker == mAPP0:
			if len(body) >= 14 && string(body[:5]) == "JFIF\x00" {
				segment(out, marker, append(body[:12:12], 0, 0)) // no thumbnail
				if !frame && !scan {
					head = out.Len()
				}
			}
		case marker == mAPP1:
			if o := exifOrientation(bytes.TrimPrefix(body, []byte("Exif\x00\x00"))); o != 0 && len(body) > 6 && string(body[:4]) == "Exif" {
				orientation = o
			}
		case marker == mAPP2 && bytes.HasPrefix(body, []byte("ICC_PROFILE\x00")),
			marker == mAPP14 && bytes.HasPrefix(body, []byte("Adobe")):
			segment(out, marker, body)
		case marker >= mAPP0 && marker <= mAPP15 || marker == mCOM:
		case marker == mSOS:
			scan = true
			segment(out, marker, body)
			end := scanEnd(data, i)
			out.Write(data[i:end])
			i = end
		default:
			if marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc {
				frame = true
			}
			segment(out, marker, body)
		}
	}
}

func segment(out *bytes.Buffer, marker byte, body []byte) {
	out.Write([]byte{0xff, marker})
	out.Write(binary.BigEndian.AppendUint16(nil, uint16(len(body)+2)))
	out.Write(body)
}

// scanEnd is where the next marker stands after entropy-coded data that begins at i.
func scanEnd(data []byte, i int) int {
	for ; i+1 < len(data); i++ {
		if data[i] == 0xff && data[i+1] != 0 && (data[i+1] < 0xd0 || data[i+1] > 0xd7) && data[i+1] != 0xff {
			return i
		}
	}
	return len(data)
}

func withOrientation(picture []byte, at, orientation int) []byte {
	if orientation < 2 {
		return picture
	}
	var b bytes.Buffer
	b.Write(picture[:at])
	segment(&b, mAPP1, append([]byte("Exif\x00\x00"), minimalExif(orientation)...))
	b.Write(picture[at:])
	return b.Bytes()
}

const tagOrientation = 0x0112

// exifOrientation reads tag 0x0112 of the first directory; 0 where there is none or it is
// damaged.
func exifOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 0
	}
	n := int64(order.Uint16(tiff[at:]))
	for k := range n {
		e := at + 2 + 12*k
		if e+12 > int64(len(tiff)) {
			return 0
		}
		if order.Uint16(tiff[e:]) == tagOrientation && order.Uint16(tiff[e+2:]) == 3 {
			if v := int(order.Uint16(tiff[e+8:])); v >= 1 && v <= 8 {
				return v
			}
			return 0
		}
	}
	return 0
}

// minimalExif is a TIFF structure with one entry.
func minimalExif(orientation int) []byte {
	b := []byte("MM\x00*\x00\x00\x00\x08\x00\x01")
	b = binary.BigEndian.AppendUint16(b, tagOrientation)
	b = binary.BigEndian.AppendUint16(b, 3) // SHORT
	b = binary.BigEndian.AppendUint32(b, 1)
	b = binary.BigEndian.AppendUint16(b, uint16(orientation))
	return append(b, 0, 0, 0, 0, 0, 0) // rest of the value; no further directory
}
