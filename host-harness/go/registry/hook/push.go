package hook

import (
	"context"
	"errors"

	"tagseal"

	"github.com/distribution/distribution/v3"
	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// guardedManifests are the manifests of a repository.
type guardedManifests struct {
	distribution.ManifestService
	repository *guardedRepository
}

// Put stores a manifest, if it may be pushed under its tags. A push by digest moves no tag, and is not judged.
func (m *guardedManifests) Put(ctx context.Context, manifest distribution.Manifest, options ...distribution.ManifestServiceOption) (digest.Digest, error) {
	tags := tagsOf(options)
	if len(tags) == 0 {
		return m.ManifestService.Put(detach(ctx), manifest, options...)
	}
	_, payload, err := manifest.Payload()
	if err != nil {
		return "", err
	}
	if err := m.repository.permitPush(ctx, digest.FromBytes(payload).String(), tags); err != nil {
		return "", err
	}
	return m.ManifestService.Put(detach(ctx), manifest, options...)
}

// tagsOf returns the tags that a push will set.
func tagsOf(options []distribution.ManifestServiceOption) []string {
	var tags []string
	for _, option := range options {
		if tag, is := option.(distribution.WithTagOption); is {
			tags = append(tags, tag.Tag)
		}
	}
	return tags
}

// guardedTags are the tags of a repository.
type guardedTags struct {
	distribution.TagService
	repository *guardedRepository
}

// Tag sets a tag, if that was permitted when its manifest was put, or is now.
func (t *guardedTags) Tag(ctx context.Context, tag string, manifest v1.Descriptor) error {
	if err := t.repository.permitPush(ctx, manifest.Digest.String(), []string{tag}); err != nil {
		return err
	}
	return t.TagService.Tag(detach(ctx), tag, manifest)
}

// permitPush judges a push under the locks of its tags, which the request keeps. It is judged once: what was permitted
// stays so while the locks are held.
func (r *guardedRepository) permitPush(ctx context.Context, pushed string, tags []string) error {
	t, err := ticketOf(ctx)
	if err != nil {
		return err
	}
	t.writing.Lock()
	defer t.writing.Unlock()
	if t.permitsPush(r.name(), pushed, tags) {
		return nil
	}
	q := t.newQuestion(ctx, tagseal.Write{Repository: r.name(), Digest: pushed})
	if err := t.lockTags(ctx, r.name(), tags); err != nil {
		return t.refusePush(q.undecided(err))
	}
	writes, unknown := r.states(ctx, tags)
	q.operation = tagseal.Write{Repository: r.name(), Digest: pushed, Tags: writes}
	decision := q.decide(ctx)
	if refused := q.conclude(&decision, unknown); refused != nil {
		return t.refusePush(refused)
	}
	t.permitPush(pushed, tags)
	return nil
}

// states looks up what the tags are now. The error says why that could not be found out.
func (r *guardedRepository) states(ctx context.Context, tags []string) ([]tagseal.TagWrite, error) {
	var unknown error
	writes := make([]tagseal.TagWrite, len(tags))
	for i, tag := range tags {
		current, err := r.current(ctx, tag)
		if err != nil {
			unknown = err
		}
		writes[i] = tagseal.TagWrite{Tag: tag, Current: current}
	}
	return writes, unknown
}

// current looks up what a tag is now. Only an error that says so means that it is absent.
func (r *guardedRepository) current(ctx context.Context, tag string) (tagseal.Current, error) {
	manifest, err := r.Repository.Tags(ctx).Get(ctx, tag)
	var absent distribution.ErrTagUnknown
	switch {
	case err == nil:
		return tagseal.ResolvesTo(manifest.Digest.String()), nil
	case errors.As(err, &absent):
		return tagseal.Absent(), nil
	default:
		return tagseal.Unknown(), err
	}
}
