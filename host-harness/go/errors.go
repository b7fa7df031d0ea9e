package tagseal

import (
	"errors"
	"fmt"
	"strings"
)

// Why a component is refused before it runs. The errors of Load wrap one of these.
var (
	// ErrNotComponent is that the bytes are not a component, or one that can't be read here.
	ErrNotComponent = errors.New("not a usable WebAssembly component")
	// ErrImports is that the component imports something. A policy component imports nothing.
	ErrImports = errors.New("the component imports something; a policy component imports nothing")
	// ErrInterface is that the component lacks an item of the contract, or has one of another type.
	ErrInterface = errors.New("the component has another interface; build it for `" + interfaceName + "`")
	// ErrTooLarge is that the component has more bytes than it may have, or starts with more memory.
	ErrTooLarge = errors.New("the component is larger than it may be; allow it more")
	// ErrCache is that the folder for compiled code can't be used.
	ErrCache = errors.New("the cache folder can't be used; name another one, or none")
)

// Why a call got no answer. The instance that failed is gone by then, and the next call gets another one. Where a
// context ended, the error wraps that of the context instead.
var (
	// ErrTrap is that the component failed.
	ErrTrap = errors.New("the component failed")
	// ErrDeadline is that it took longer than it may.
	ErrDeadline = errors.New("the component took longer than it may")
	// ErrMemory is that it asked for more memory than it may hold.
	ErrMemory = errors.New("the component asked for more memory than it may hold")
	// ErrAnswer is that its answer takes more bytes than it may, or breaks the contract.
	ErrAnswer = errors.New("the component's answer is too large or breaks the contract")
	// ErrText is that a text of the question is not UTF-8. The component was not asked.
	ErrText = errors.New("the text is not UTF-8")
	// ErrEvent is that an event has no operation. The component was not asked.
	ErrEvent = errors.New("the event has no operation")
	// ErrBusy is that all instances were busy until the deadline.
	ErrBusy = errors.New("all instances of the component are busy")
	// ErrClosed is that the policy or the component is closed.
	ErrClosed = errors.New("the policy or its component is closed")
)

// A DocumentError says that a policy document is invalid: every problem, in the order of their places.
type DocumentError struct {
	Diagnostics []Diagnostic
}

func (e *DocumentError) Error() string {
	if len(e.Diagnostics) == 0 {
		return "the document is invalid"
	}
	first := e.Diagnostics[0]
	text := fmt.Sprintf("the document is invalid: line %d, column %d: %s; %s", first.Line, first.Column, first.Message, first.Help)
	if more := len(e.Diagnostics) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

// A RefusalError says that a change, a query, an import or an export was refused, and why.
type RefusalError struct {
	Refusal Refusal
}

func (e *RefusalError) Error() string { return e.Refusal.Message }

// CodeUnavailable is the code of a denial that the component did not make.
const CodeUnavailable = "unavailable"

// Denial is the denial that stands for an answer that did not come, by a policy of this revision. There is no other
// place that makes one: hosts that ask in JSON or by TryEvaluate take it too.
func Denial(err error, revision uint64) Decision {
	message := fmt.Sprintf("no decision could be made: %v; try again, and inform the operator of the registry if it happens again", err)
	return Decision{Outcome: Deny, Code: CodeUnavailable, Revision: revision, Message: printable(message), Tags: []TagDecision{}}
}

// maxMessage is how long a message may be.
const maxMessage = 600

// printable leaves printable ASCII alone, at most as much as a message may have.
func printable(message string) string {
	kept := strings.Map(func(letter rune) rune {
		if letter < ' ' || letter > '~' {
			return -1
		}
		return letter
	}, message)
	return kept[:min(len(kept), maxMessage)]
}
