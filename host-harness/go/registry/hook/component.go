package hook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"tagseal"

	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
	"oras.land/oras-go/v2/registry/remote/retry"
)

// ErrComponent is that the component can't be read or loaded. The error wraps the one of tagseal.Load.
var ErrComponent = errors.New("the component can't be loaded")

const (
	// maxComponent is how many bytes a component may have.
	maxComponent = 64 << 20
	// maxPull is how long it may take to pull a component.
	maxPull = 2 * time.Minute
	// The layout of the CNCF for WebAssembly in a registry.
	configType = "application/vnd.wasm.config.v0+json"
	layerType  = "application/wasm"
)

// loadComponent loads a component from a file or a registry, or the built-in one where there is no name.
func loadComponent(ctx context.Context, name string) (*tagseal.Component, error) {
	options := &tagseal.Options{Component: maxComponent}
	if name == "" {
		component, err := tagseal.Embedded(ctx, options)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrComponent, err)
		}
		return component, nil
	}
	wasm, err := componentBytes(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("%w: `%s`: %w", ErrComponent, name, err)
	}
	component, err := tagseal.Load(ctx, wasm, options)
	if err != nil {
		return nil, fmt.Errorf("%w: `%s`: %w", ErrComponent, name, err)
	}
	return component, nil
}

func componentBytes(ctx context.Context, name string) ([]byte, error) {
	reference, remotely := strings.CutPrefix(name, "oci://")
	if !remotely {
		return readFile(name, maxComponent)
	}
	ctx, cancel := context.WithTimeout(ctx, maxPull)
	defer cancel()
	return pullComponent(ctx, reference)
}

// pullComponent pulls the component of a reference with a digest. What it returns has that digest.
func pullComponent(ctx context.Context, name string) ([]byte, error) {
	reference, err := registry.ParseReference(name)
	if err != nil {
		return nil, err
	}
	if err := reference.ValidateReferenceAsDigest(); err != nil {
		return nil, errors.New("it has no digest; write `oci://registry/repository@sha256:…`")
	}
	repository, err := openRepository(reference)
	if err != nil {
		return nil, err
	}
	described, body, err := repository.Manifests().FetchReference(ctx, reference.Reference)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	if described.Digest != digest.Digest(reference.Reference) {
		return nil, fmt.Errorf("the registry answered with %s", described.Digest)
	}
	text, err := content.ReadAll(body, described)
	if err != nil {
		return nil, err
	}
	layer, err := layerOf(text)
	if err != nil {
		return nil, err
	}
	return content.FetchAll(ctx, repository.Blobs(), layer)
}

// layerOf returns the one layer of an artifact that is a component.
func layerOf(text []byte) (v1.Descriptor, error) {
	var manifest v1.Manifest
	if err := json.Unmarshal(text, &manifest); err != nil {
		return v1.Descriptor{}, err
	}
	if manifest.Config.MediaType != configType || len(manifest.Layers) != 1 || manifest.Layers[0].MediaType != layerType {
		return v1.Descriptor{}, fmt.Errorf("it is not a component: it needs a config of the type %s and one layer of the type %s", configType, layerType)
	}
	layer := manifest.Layers[0]
	if layer.Size > maxComponent {
		return v1.Descriptor{}, fmt.Errorf("its layer has %d bytes, at most %d are read", layer.Size, maxComponent)
	}
	return layer, nil
}

// openRepository opens the repository of a reference with the credentials that docker keeps. As with docker, a registry
// on this machine needs no TLS.
func openRepository(reference registry.Reference) (*remote.Repository, error) {
	store, err := credentials.NewStoreFromDocker(credentials.StoreOptions{})
	if err != nil {
		return nil, err
	}
	return &remote.Repository{
		Reference: reference,
		PlainHTTP: isLocal(reference.Host()),
		Client:    &auth.Client{Client: retry.DefaultClient, Cache: auth.NewCache(), Credential: credentials.Credential(store)},
	}, nil
}

func isLocal(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	address := net.ParseIP(name)
	return name == "localhost" || address != nil && address.IsLoopback()
}
