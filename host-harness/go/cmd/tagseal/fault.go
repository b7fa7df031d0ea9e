package main

import (
	"errors"
	"fmt"
	"io"
	"syscall"

	"tagseal"
)

// A fault is why a command could not do what it was asked, and the exit code that says so.
type fault struct {
	code    int
	message string
}

func (f fault) Error() string { return f.message }

// errDenied says that all events were decided, and that one of them or more was denied.
var errDenied = errors.New("denied")

// closedPipe is the code that a shell shows for a program that wrote to a pipe without a reader: it can't be 0, since
// not all was said.
const closedPipe = 141

// report writes why a command failed, and returns the exit code.
func report(err error, errs io.Writer) int {
	code := exitCode(err)
	switch {
	case err == nil, errors.Is(err, errDenied), code == closedPipe:
	case code == 0:
		_, _ = fmt.Fprint(errs, err)
	default:
		_, _ = fmt.Fprintln(errs, "error:", err)
	}
	return code
}

func exitCode(err error) int {
	var known fault
	var document *tagseal.DocumentError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errDenied):
		return 1
	case errors.Is(err, syscall.EPIPE):
		return closedPipe
	case errors.As(err, &known):
		return known.code
	case errors.As(err, &document), errors.Is(err, tagseal.ErrText):
		return 2
	case errors.Is(err, tagseal.ErrNotComponent), errors.Is(err, tagseal.ErrImports), errors.Is(err, tagseal.ErrInterface),
		errors.Is(err, tagseal.ErrTooLarge), errors.Is(err, tagseal.ErrCache):
		return 3
	default:
		return 4
	}
}
