package tagseal

import (
	"runtime"
	"time"
)

// Options say what a component may use, and how many instances of it there are. The zero value of each field stands for
// its default. The defaults fit a hundred thousand rules, with room.
type Options struct {
	// CompileDeadline is how long it may take to compile a document, its instance included, and to list, change, import
	// or export rules. 30 seconds by default.
	CompileDeadline time.Duration
	// DecisionDeadline is how long one waits for an instance while all are busy, and how long a decision may take, or a
	// batch of them. Decisions of the built-in component are not interrupted: it always comes to an end, and to be able
	// to interrupt it would cost several times what it costs to decide. 1 second by default.
	DecisionDeadline time.Duration
	// Memory is how many bytes one instance may hold in its memories. 2 GiB by default, and at most 4 GiB.
	Memory uint64
	// Growth is by how many bytes an instance may outgrow what it held once its document was compiled. One that holds
	// more after a call is replaced: the memory of an instance never shrinks. 256 MiB by default.
	Growth uint64
	// Answer is how many bytes one answer may take, besides what the texts of the question take. 64 MiB by default.
	Answer int
	// Component is how many bytes a component may have. 64 MiB by default.
	Component int
	// Instances is how many instances one policy may have, each with the compiled document in it. The first is made
	// with the policy, the others when calls wait for one. As many as there are processors by default.
	Instances int
	// Cache says where compiled code is kept from one start to the next. UserCache by default.
	Cache Cache
}

// withDefaults fills in what is not set.
func (o *Options) withDefaults() Options {
	var filled Options
	if o != nil {
		filled = *o
	}
	defaults(&filled.CompileDeadline, 30*time.Second)
	defaults(&filled.DecisionDeadline, time.Second)
	defaults(&filled.Memory, 2<<30)
	defaults(&filled.Growth, 256<<20)
	defaults(&filled.Answer, 64<<20)
	defaults(&filled.Component, 64<<20)
	defaults(&filled.Instances, runtime.GOMAXPROCS(0))
	filled.Memory = min(filled.Memory, 4<<30)
	return filled
}

func defaults[T time.Duration | uint64 | int](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}
