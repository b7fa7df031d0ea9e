package tagseal

import (
	"context"
	"errors"
	"fmt"
)

// errOwnDeadline is the cause of a context's end where the deadline is that of the options.
var errOwnDeadline = errors.New("own deadline")

// within runs something that takes long, until its deadline or the end of the context.
//
// Code that can be interrupted ends then. That of the built-in component can't. It runs beside, and whoever waits for it
// is released in time; it comes to its end soon after, at the latest when its memory would have to grow. An answer that
// nobody waits for any more is dropped.
func within[T any](ctx context.Context, c *Component, run func(context.Context) (T, error), drop func(T)) (T, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.options.CompileDeadline, errOwnDeadline)
	defer cancel()
	if c.engine.interruptible {
		return run(ctx)
	}
	return beside(ctx, run, drop)
}

// beside runs something in a goroutine of its own, and returns its answer or the end of the context.
func beside[T any](ctx context.Context, run func(context.Context) (T, error), drop func(T)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer)
	go func() {
		value, err := run(ctx)
		select {
		case answers <- answer{value, err}:
		case <-ctx.Done():
			drop(value)
		}
	}()
	select {
	case answer := <-answers:
		return answer.value, answer.err
	case <-ctx.Done():
		var none T
		return none, contextError(ctx)
	}
}

// contextError says why a context ended.
func contextError(ctx context.Context) error {
	if context.Cause(ctx) == errOwnDeadline {
		return ErrDeadline
	}
	return fmt.Errorf("the question was given up: %w", context.Cause(ctx))
}
