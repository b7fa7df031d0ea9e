package hook

import (
	"context"
	"slices"

	"tagseal"

	"github.com/distribution/distribution/v3"
	"github.com/opencontainers/go-digest"
)

// maxEventTags is how many tags an event may have. A manifest with more tags takes several events.
const maxEventTags = 1000

// Delete deletes a manifest, if every tag that needs it may be deleted.
func (m *guardedManifests) Delete(ctx context.Context, deleted digest.Digest) error {
	if err := m.repository.permitDelete(ctx, aManifest, deleted); err != nil {
		return err
	}
	return m.ManifestService.Delete(detach(ctx), deleted)
}

// guardedBlobs are the blobs of a repository.
type guardedBlobs struct {
	distribution.BlobStore
	repository *guardedRepository
}

// Delete deletes a blob, if every tag whose image needs it may be deleted: without the blob it can't be pulled.
func (b *guardedBlobs) Delete(ctx context.Context, deleted digest.Digest) error {
	if err := b.repository.permitDelete(ctx, aBlob, deleted); err != nil {
		return err
	}
	return b.BlobStore.Delete(detach(ctx), deleted)
}

// Untag deletes a tag, if it may be deleted, or its manifest was deleted by the same request.
func (t *guardedTags) Untag(ctx context.Context, tag string) error {
	if err := t.repository.permitUntag(ctx, tag); err != nil {
		return err
	}
	return t.TagService.Untag(detach(ctx), tag)
}

func (r *guardedRepository) permitUntag(ctx context.Context, tag string) error {
	t, err := ticketOf(ctx)
	if err != nil {
		return err
	}
	t.writing.Lock()
	defer t.writing.Unlock()
	q := t.newQuestion(ctx, tagseal.DeleteTag{Repository: r.name(), Tag: tag})
	if err := t.lockTags(ctx, r.name(), []string{tag}); err != nil {
		return t.refuseDelete(q.undecided(err))
	}
	current, err := r.current(ctx, tag)
	if err == nil && (current.State == tagseal.StateAbsent || current.Digest == t.deleted) {
		// What is not there can't be deleted: the answer to that is distribution's own. And the tags of a manifest were
		// judged with it.
		return nil
	}
	decision := q.decide(ctx)
	if refused := q.conclude(&decision, nil); refused != nil {
		return t.refuseDelete(refused)
	}
	return nil
}

// permitDelete judges the delete of a manifest or a blob, under the lock of the repository, which the request keeps.
func (r *guardedRepository) permitDelete(ctx context.Context, what subject, deleted digest.Digest) error {
	t, err := ticketOf(ctx)
	if err != nil {
		return err
	}
	t.writing.Lock()
	defer t.writing.Unlock()
	q := t.newQuestion(ctx, tagseal.DeleteManifest{Repository: r.name(), Digest: deleted.String()})
	q.subject = what
	if err := t.lockRepository(ctx, r.name(), alone); err != nil {
		return t.refuseDelete(q.undecided(err))
	}
	if refused := r.judgeDelete(ctx, q, deleted); refused != nil {
		return t.refuseDelete(refused)
	}
	t.deleted = deleted.String()
	return nil
}

// judgeDelete judges a delete by the tags that need what is deleted.
func (r *guardedRepository) judgeDelete(ctx context.Context, q *question, deleted digest.Digest) *denial {
	// If no rule protects a tag of the repository, its tags don't matter and are not looked up.
	decision := q.decide(ctx)
	if decision.Code != codeStateUnknown {
		return q.conclude(&decision, nil)
	}
	tags, err := r.tagsThatNeed(ctx, q, deleted)
	if err != nil {
		return q.conclude(&decision, err)
	}
	parts := slices.Collect(slices.Chunk(tags, maxEventTags))
	if len(parts) == 0 {
		parts = [][]string{{}}
	}
	for _, part := range parts {
		q.operation = tagseal.DeleteManifest{Repository: r.name(), Digest: deleted.String(), TagsKnown: true, Tags: part}
		decision := q.decide(ctx)
		if refused := q.conclude(&decision, nil); refused != nil {
			return refused
		}
	}
	return nil
}
