package tagseal

import (
	"context"
	"crypto/sha256"
	_ "embed"
)

// embedded is the component, written by .ci/component.
//
//go:embed tagseal.wasm
var embedded []byte

// Embedded loads the component that is built into the package.
//
// It fails when the options don't fit it (less memory than it starts with), or the folder for compiled code that they
// name can't be used.
func Embedded(ctx context.Context, options *Options) (*Component, error) {
	return Load(ctx, embedded, options)
}

// isEmbedded says whether these are the bytes of the component that is built in.
func isEmbedded(digest [sha256.Size]byte) bool {
	return digest == sha256.Sum256(embedded)
}
