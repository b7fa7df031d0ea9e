package hook

import (
	"context"
	"math"
	"sync"

	"golang.org/x/sync/semaphore"
)

// locks are those of repositories and tags. Whoever waits first gets a lock first, so that nobody waits for ever.
//
// A push of a tag holds its repository together with others, and the tag alone. A delete of a manifest or a blob depends
// on all tags, and holds the repository alone. Locks are taken in this order: repository, then tags, sorted.
type locks struct {
	mutex sync.Mutex
	held  map[string]*lock
}

// A lock is there while somebody holds it or waits for it.
type lock struct {
	users int
	*semaphore.Weighted
}

const (
	together int64 = 1
	alone    int64 = math.MaxInt64
)

func newLocks() *locks {
	return &locks{held: make(map[string]*lock)}
}

// take takes a lock, together with others or alone, and returns what gives it back. It fails when the context ends.
func (l *locks) take(ctx context.Context, name string, share int64) (func(), error) {
	wanted := l.use(name)
	if err := wanted.Acquire(ctx, share); err != nil {
		l.drop(name, wanted)
		return nil, err
	}
	return func() {
		wanted.Release(share)
		l.drop(name, wanted)
	}, nil
}

func (l *locks) use(name string) *lock {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	used, there := l.held[name]
	if !there {
		used = &lock{Weighted: semaphore.NewWeighted(alone)}
		l.held[name] = used
	}
	used.users++
	return used
}

func (l *locks) drop(name string, used *lock) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	used.users--
	if used.users == 0 {
		delete(l.held, name)
	}
}

// tagLock is the name of a tag's lock. A repository's is its name, which has no colon.
func tagLock(repository, tag string) string { return repository + ":" + tag }
