package hook_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// slowAfter wraps a registry that takes a while between carrying a push out and answering it.
func slowAfter(pause time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			if r.Method == http.MethodPut {
				time.Sleep(pause)
			}
		})
	}
}

func TestTheLockIsHeldUntilTheRequestIsAnswered(t *testing.T) {
	const pause = 500 * time.Millisecond
	r := start(t, setup{around: slowAfter(pause)})
	first, other := r.image("prod/app", "first"), r.image("prod/app", "other")
	for tag, second := range map[string]func() reply{
		"v1": func() reply { return r.push("prod/app", "v1", other) },
		"v2": func() reply { return r.delete("prod/app", first.digest()) },
	} {
		var answered time.Time
		var all sync.WaitGroup
		all.Go(func() {
			r.push("prod/app", tag, first)
			answered = time.Now()
		})
		eventually(t, "the first push is carried out", func() bool { return r.resolves("prod/app", tag) != "" })
		refused := second()
		done := time.Now()
		all.Wait()
		if refused.status != http.StatusConflict && refused.status != http.StatusMethodNotAllowed {
			t.Errorf("%s: expected a denial, got %d: %s", tag, refused.status, refused.body)
		}
		// The first answer is written before the lock is given back, and read a moment later.
		if done.Before(answered.Add(-pause / 2)) {
			t.Errorf("%s: the second request was answered %v before the first", tag, answered.Sub(done))
		}
	}
}

func TestPushesOfDifferentTagsDoNotWaitForEachOther(t *testing.T) {
	const pause = time.Second
	r := start(t, setup{around: slowAfter(pause)})
	image := r.image("prod/app", "image")
	begin := time.Now()
	atOnce(4, func(number int) { r.push("prod/app", fmt.Sprint("v", number), image) })
	if taken := time.Since(begin); taken > 3*pause {
		t.Errorf("four pushes at once took %v", taken)
	}
}

// A client that goes away does not end its push, which may be carried out later by some stores.
func TestAPushIsCarriedOutWhenItsClientHasGone(t *testing.T) {
	gone := make(chan struct{})
	r := start(t, setup{around: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut && r.Header.Get("X-Leaves") != "" {
				ctx, cancel := context.WithCancel(r.Context())
				r = r.WithContext(ctx)
				r.Body = &leavingBody{r.Body, cancel}
			}
			next.ServeHTTP(w, r)
			if r.Header.Get("X-Leaves") != "" {
				close(gone)
			}
		})
	}})
	image := r.image("prod/app", "image")
	r.header.Set("X-Leaves", "yes")
	r.push("prod/app", "v1", image)
	<-gone
	r.header.Del("X-Leaves")
	other := r.image("prod/app", "other")
	switch now := r.resolves("prod/app", "v1"); now {
	case image.digest():
		r.push("prod/app", "v1", other).expect(t, http.StatusConflict)
	case "":
		r.pushed("prod/app", "v1", other)
	default:
		t.Errorf("v1 is %s", now)
	}
}

// A leavingBody is that of a client that goes away once it was read.
type leavingBody struct {
	body interface {
		Read([]byte) (int, error)
		Close() error
	}
	leave func()
}

func (b *leavingBody) Read(part []byte) (int, error) {
	count, err := b.body.Read(part)
	if err != nil {
		b.leave()
	}
	return count, err
}

func (b *leavingBody) Close() error { return b.body.Close() }

// The middleware alone could not hold a lock until the answer, so it refuses.
func TestAWriteThatDoesNotComeThroughTheHandlerIsRefused(t *testing.T) {
	alone := start(t, setup{withoutHandler: true})
	image := alone.image("prod/app", "image")
	if got := alone.push("prod/app", "v1", image).status; got != http.StatusInternalServerError {
		t.Errorf("expected 500, got %d", got)
	}
	alone.expectTag("prod/app", "v1", "")
	alone.pushed("prod/app", image.digest(), image)
	for _, reference := range []string{"v1", image.digest()} {
		if got := alone.delete("prod/app", reference).status; got != http.StatusInternalServerError {
			t.Errorf("delete of %s: expected 500, got %d", reference, got)
		}
	}
}
