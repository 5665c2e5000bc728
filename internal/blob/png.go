package blob

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

// pngKept are the chunks that say how the picture looks. Text, time, Exif and whatever a
// program adds for itself go.
var pngKept = map[string]bool{
	"IHDR": true, "PLTE": true, "IDAT": true, "IEND": true, "tRNS": true, "gAMA": true, "cHRM": true, "sRGB": true,
	"iCCP": true, "cICP": true, "mDCV": true, "cLLI": true, "sBIT": true, "bKGD": true, "pHYs": true, "hIST": true,
	"acTL": true, "fcTL": true, "fdAT": true,
}

func cleanPNG(data []byte) ([]byte, error) {
	out := bytes.NewBuffer(make([]byte, 0, len(data)))
	out.WriteString(pngSignature)
	picture := false
	for i, first := len(pngSignature), true; ; first = false {
		if i+12 > len(data) {
			return nil, damaged("PNG: ends before its last chunk")
		}
		length := int64(binary.BigEndian.Uint32(data[i:]))
		end := int64(i) + 12 + length
		if end > int64(len(data)) {
			return nil, damaged("PNG: a chunk is longer than the file")
		}
		name := string(data[i+4 : i+8])
		if crc32.ChecksumIEEE(data[i+4:end-4]) != binary.BigEndian.Uint32(data[end-4:]) {
			return nil, damaged("PNG: checksum of %q", name)
		}
		if first != (name == "IHDR") {
			return nil, damaged("PNG: the header is not the first chunk")
		}
		switch {
		case pngKept[name]:
			out.Write(data[i:end])
		case name[0]&0x20 == 0: // critical, says the fifth bit, and nobody knows it
			return nil, damaged("PNG: unknown chunk %q", name)
		}
		picture = picture || name == "IDAT"
		if name == "IEND" {
			if !picture {
				return nil, damaged("PNG: no picture")
			}
			return out.Bytes(), nil
		}
		i = int(end)
	}
}
