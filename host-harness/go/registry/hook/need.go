package hook

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"tagseal"

	"github.com/distribution/distribution/v3"
	"github.com/distribution/distribution/v3/manifest/manifestlist"
	"github.com/distribution/distribution/v3/manifest/ocischema"
	"github.com/opencontainers/go-digest"
	"golang.org/x/sync/errgroup"
)

// maxReads is how many tags or manifests are read at once.
const maxReads = 16

// tagsThatNeed returns the tags that resolve to what is deleted, or to an index that contains it however deep, or to an
// image that has it as a blob. Tags that no rule protects don't matter, and are left out.
func (r *guardedRepository) tagsThatNeed(ctx context.Context, q *question, deleted digest.Digest) ([]string, error) {
	all, err := r.Repository.Tags(ctx).All(ctx)
	var unknown distribution.ErrRepositoryUnknown
	if err != nil && !errors.As(err, &unknown) {
		return nil, fmt.Errorf("the tags can't be listed: %w", err)
	}
	protected, err := r.protected(ctx, q, deleted, all)
	if err != nil {
		return nil, err
	}
	roots, err := r.resolve(ctx, protected)
	if err != nil {
		return nil, err
	}
	walk := &walk{
		wanted: deleted, references: make(map[digest.Digest][]digest.Digest), reached: make(map[digest.Digest]bool),
	}
	if walk.manifests, err = r.Repository.Manifests(ctx); err != nil {
		return nil, err
	}
	if err := walk.read(ctx, distinct(roots)); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(protected, func(tag string) bool {
		root, there := roots[tag]
		return !there || !walk.reaches(root)
	}), nil
}

// protected returns the tags about which a rule has something to say, by asking about a delete of all of them.
func (r *guardedRepository) protected(ctx context.Context, q *question, deleted digest.Digest, tags []string) ([]string, error) {
	var protected []string
	for part := range slices.Chunk(tags, maxEventTags) {
		about := *q
		about.operation = tagseal.DeleteManifest{Repository: r.name(), Digest: deleted.String(), TagsKnown: true, Tags: part}
		decision := about.decide(ctx)
		if len(decision.Tags) != len(part) {
			return nil, errors.New(decision.Message)
		}
		for _, tag := range decision.Tags {
			if tag.Code != codeUnprotected {
				protected = append(protected, tag.Tag)
			}
		}
	}
	return protected, nil
}

// resolve returns what the tags are now. Tags that are gone by then are left out.
func (r *guardedRepository) resolve(ctx context.Context, tags []string) (map[string]digest.Digest, error) {
	var mutex sync.Mutex
	roots := make(map[string]digest.Digest, len(tags))
	err := each(ctx, tags, func(ctx context.Context, tag string) error {
		current, err := r.current(ctx, tag)
		if err != nil {
			return fmt.Errorf("tag %s can't be read: %w", tag, err)
		}
		if current.State == tagseal.StateDigest {
			mutex.Lock()
			defer mutex.Unlock()
			roots[tag] = digest.Digest(current.Digest)
		}
		return nil
	})
	return roots, err
}

// A walk reads manifests, and what they refer to.
type walk struct {
	manifests distribution.ManifestService
	wanted    digest.Digest
	mutex     sync.Mutex
	// references has the manifests that were read, and what each of them refers to.
	references map[digest.Digest][]digest.Digest
	// reached has the answers of reaches, so that none is looked for twice.
	reached map[digest.Digest]bool
}

// read reads these manifests, and all manifests below them.
func (w *walk) read(ctx context.Context, level []digest.Digest) error {
	for len(level) > 0 {
		for _, manifest := range level {
			w.references[manifest] = nil
		}
		var below []digest.Digest
		err := each(ctx, level, func(ctx context.Context, manifest digest.Digest) error {
			references, isIndex, err := w.readOne(ctx, manifest)
			if err != nil {
				return fmt.Errorf("manifest %s can't be read: %w", manifest, err)
			}
			w.mutex.Lock()
			defer w.mutex.Unlock()
			w.references[manifest] = references
			if isIndex {
				below = append(below, references...)
			}
			return nil
		})
		if err != nil {
			return err
		}
		slices.Sort(below)
		level = slices.DeleteFunc(slices.Compact(below), func(manifest digest.Digest) bool {
			_, read := w.references[manifest]
			return read
		})
	}
	return nil
}

// readOne returns what a manifest refers to, and whether those are manifests: what a descriptor says about its type is
// not trusted. What is not in the repository, or could be in none, refers to nothing.
func (w *walk) readOne(ctx context.Context, name digest.Digest) ([]digest.Digest, bool, error) {
	if name.Validate() != nil {
		return nil, false, nil
	}
	manifest, err := w.manifests.Get(ctx, name)
	var unknown distribution.ErrManifestUnknownRevision
	if errors.As(err, &unknown) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	var references []digest.Digest
	for _, reference := range manifest.References() {
		references = append(references, reference.Digest)
	}
	switch manifest.(type) {
	case *manifestlist.DeserializedManifestList, *ocischema.DeserializedImageIndex:
		return references, true, nil
	default:
		return references, false, nil
	}
}

// reaches says whether a manifest is what is wanted, or refers to it however deep. Nothing refers to itself: its digest
// would have to be in what it is the digest of.
func (w *walk) reaches(from digest.Digest) bool {
	known, found := w.reached[from]
	if !found {
		known = from == w.wanted || slices.ContainsFunc(w.references[from], w.reaches)
		w.reached[from] = known
	}
	return known
}

// distinct returns each root once.
func distinct(roots map[string]digest.Digest) []digest.Digest {
	return slices.Compact(slices.Sorted(maps.Values(roots)))
}

// each runs something for each item, several at once. The first error ends it.
func each[T any](ctx context.Context, items []T, run func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxReads)
	for _, item := range items {
		group.Go(func() error { return run(ctx, item) })
	}
	return group.Wait()
}
