package hook

import (
	"context"

	"github.com/distribution/distribution/v3"
)

// wrap is what distribution calls for each request. It gets the application's context; the request's comes with each
// call of a method.
func wrap(_ context.Context, repository distribution.Repository, _ map[string]any) (distribution.Repository, error) {
	return &guardedRepository{repository}, nil
}

// A guardedRepository is a repository whose writes are judged.
type guardedRepository struct {
	distribution.Repository
}

func (r *guardedRepository) name() string { return r.Named().Name() }

// Manifests returns the manifests, whose pushes under a tag and deletes are judged.
func (r *guardedRepository) Manifests(ctx context.Context, options ...distribution.ManifestServiceOption) (distribution.ManifestService, error) {
	manifests, err := r.Repository.Manifests(detach(ctx), options...)
	if err != nil {
		return nil, err
	}
	return &guardedManifests{manifests, r}, nil
}

// Tags returns the tags, whose moves and deletes are judged.
func (r *guardedRepository) Tags(ctx context.Context) distribution.TagService {
	return &guardedTags{r.Repository.Tags(detach(ctx)), r}
}

// Blobs returns the blobs, whose deletes are judged.
func (r *guardedRepository) Blobs(ctx context.Context) distribution.BlobStore {
	return &guardedBlobs{r.Repository.Blobs(ctx), r}
}
