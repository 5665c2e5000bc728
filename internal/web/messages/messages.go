// Package messages has what the public pages say, one file for each language.
package messages

import "embed"

// Files are <code>.json for the six languages.
//
//go:embed *.json
var Files embed.FS
