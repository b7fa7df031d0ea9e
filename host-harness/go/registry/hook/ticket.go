package hook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/distribution/distribution/v3"
	"github.com/distribution/distribution/v3/registry/api/errcode"
)

// maxLockWait is how long a request waits for others that write the same tag or repository.
const maxLockWait = time.Minute

// errNoTicket is that a write did not come through the handler of this package, which opens a ticket for each request.
// So nothing would hold its lock until it is answered.
var errNoTicket = errors.New("the write did not come through the handler of the middleware `" + Name + "`, so it is refused")

// A ticket belongs to one request. It carries what the middleware may not keep: the locks until the request is answered,
// what was permitted, and the denial for the handler to write.
type ticket struct {
	guard   *Guard
	address string

	// writing is held while one write of the request is judged: distribution deletes several tags at once. It guards what
	// follows, up to the denial.
	writing  sync.Mutex
	releases []func()
	// repository is the one whose lock is held, and exclusive says whether it is held alone.
	repository string
	exclusive  bool
	// tags are those whose locks are held, and what each may be set to.
	tags map[string]string
	// deleted is the manifest or blob whose delete was permitted. The tags of a manifest go with it.
	deleted string

	mutex     sync.Mutex
	denial    *denial
	requestID string
}

type ticketKey struct{}

// openTicket opens a ticket, and returns the request that carries it.
func openTicket(guard *Guard, r *http.Request) (*ticket, *http.Request) {
	opened := &ticket{guard: guard, address: r.RemoteAddr, tags: make(map[string]string)}
	return opened, r.WithContext(context.WithValue(r.Context(), ticketKey{}, opened))
}

// ticketOf returns the ticket of the request that the context belongs to.
func ticketOf(ctx context.Context) (*ticket, error) {
	found, there := ctx.Value(ticketKey{}).(*ticket)
	if !there {
		return nil, errNoTicket
	}
	return found, nil
}

// detach returns the context for what is carried out once it was permitted. It does not end when the client goes away:
// a store may carry out later what was given up, when the lock is gone.
func detach(ctx context.Context) context.Context {
	if _, err := ticketOf(ctx); err != nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// close gives the locks back.
func (t *ticket) close() {
	t.writing.Lock()
	defer t.writing.Unlock()
	for _, release := range slices.Backward(t.releases) {
		release()
	}
	t.releases = nil
}

// refuse leaves a denial for the handler. The first one counts.
func (t *ticket) refuse(refused *denial) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.denial == nil {
		t.denial = refused
	}
}

// judged notes the id of a request that was judged. It stands in the log, the audit and the answer.
func (t *ticket) judged(requestID string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.requestID = requestID
}

// id returns the id of the request, empty where it was not judged.
func (t *ticket) id() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.requestID
}

// refusePush leaves a denial, and returns the error that distribution logs with the status of the denial. No denial is no
// error: monitor mode has none.
func (t *ticket) refusePush(refused *denial) error {
	if refused == nil {
		return nil
	}
	t.refuse(refused)
	switch refused.status {
	case http.StatusConflict:
		return errorCode.WithMessage(refused.Message)
	case http.StatusBadRequest:
		return errcode.ErrorCodeNameInvalid.WithMessage(refused.Message)
	default:
		return errcode.ErrorCodeUnavailable.WithMessage(refused.Message)
	}
}

// refuseDelete does the same for a delete. Distribution compares errors of deletes by identity, so there is no message in
// it.
func (t *ticket) refuseDelete(refused *denial) error {
	if refused == nil {
		return nil
	}
	t.refuse(refused)
	if refused.status == http.StatusMethodNotAllowed {
		return distribution.ErrUnsupported
	}
	return distribution.ErrAccessDenied
}

// permitsPush says whether these tags may be set to a manifest because that was permitted before.
func (t *ticket) permitsPush(repository, pushed string, tags []string) bool {
	return t.repository == repository && !slices.ContainsFunc(tags, func(tag string) bool { return t.tags[tag] != pushed })
}

// permitPush notes that the tags, whose locks are held, may be set to a manifest.
func (t *ticket) permitPush(pushed string, tags []string) {
	for _, tag := range tags {
		t.tags[tag] = pushed
	}
}

// refused returns the denial, or nil.
func (t *ticket) refused() *denial {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.denial
}

// lockTags takes the locks of these tags, unless the request has them already.
func (t *ticket) lockTags(ctx context.Context, repository string, tags []string) error {
	if err := t.lockRepository(ctx, repository, together); err != nil {
		return err
	}
	if t.exclusive {
		return nil
	}
	for _, tag := range slices.Sorted(slices.Values(tags)) {
		if _, held := t.tags[tag]; held {
			continue
		}
		if err := t.lock(ctx, tagLock(repository, tag), alone); err != nil {
			return err
		}
		t.tags[tag] = ""
	}
	return nil
}

// lockRepository takes the lock of the repository, unless the request has it already.
func (t *ticket) lockRepository(ctx context.Context, repository string, share int64) error {
	switch {
	case t.repository == "":
		if err := t.lock(ctx, repository, share); err != nil {
			return err
		}
		t.repository, t.exclusive = repository, share == alone
		return nil
	case t.repository != repository:
		return fmt.Errorf("one request writes to two repositories, `%s` and `%s`", t.repository, repository)
	case share == alone && !t.exclusive:
		return errors.New("one request writes a tag and deletes a manifest")
	default:
		return nil
	}
}

func (t *ticket) lock(ctx context.Context, name string, share int64) error {
	ctx, cancel := context.WithTimeout(ctx, maxLockWait)
	defer cancel()
	release, err := t.guard.locks.take(ctx, name, share)
	if err != nil {
		return fmt.Errorf("others are writing to `%s`: %w", name, err)
	}
	t.releases = append(t.releases, release)
	return nil
}
