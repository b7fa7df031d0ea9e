package tagseal

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"tagseal/internal/component"
)

// An instance is one of a component, used by one goroutine at a time. After a call that failed it is of no more use.
type instance struct {
	component *Component
	engine    *engine
	steps     []api.Module
	memory    memoryCap
	handles   handles
	// calls are the functions of the binding, found when they are first needed.
	calls [boundFuncs]*callee
	// current is the one that is asked.
	current *callee
	// policy is the representation of the policy, once there is one.
	policy uint32
	// context is what calls are made with that can't be interrupted.
	context context.Context
	// revision is that of the document.
	revision uint64
	// compiled is how many bytes it held when the document was compiled, weight what the pool has counted.
	compiled uint64
	weight   int64
	// budget is how many more bytes the answer may take.
	budget int
	stack  [16]uint64
	// lastNamespace is that of the last decision.
	lastNamespace string
	// scratch is where lists are put together before they are written.
	scratch []byte
}

// instanceKey is where the built-in functions find the instance that calls them.
type instanceKey struct{}

// A callContext is a context with an instance in it.
type callContext struct {
	context.Context
	instance *instance
}

// Value knows the instance alone. Wazero looks for several values at each call, none of which is here.
func (c callContext) Value(key any) any {
	if key == (instanceKey{}) {
		return c.instance
	}
	return nil
}

func instanceOf(ctx context.Context) *instance {
	return ctx.Value(instanceKey{}).(*instance)
}

// start makes an instance, and runs the start functions of its modules.
func (c *Component) start(ctx context.Context) (*instance, error) {
	i := &instance{component: c, engine: c.engine, memory: memoryCap{most: c.engine.memory, until: ctx}}
	i.context = callContext{context.Background(), i}
	if ctx.Err() != nil {
		return nil, contextError(ctx)
	}
	if err := c.add(); err != nil {
		return nil, err
	}
	if err := i.instantiate(ctx); err != nil {
		i.close()
		return nil, i.failure(ctx, err)
	}
	return i, nil
}

func (i *instance) instantiate(ctx context.Context) error {
	ctx = context.WithValue(ctx, instanceKey{}, i)
	ctx = experimental.WithMemoryAllocator(ctx, &i.memory)
	ctx = experimental.WithImportResolver(ctx, i.module)
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	for _, compiled := range i.engine.modules {
		module, err := i.engine.runtime.InstantiateModule(ctx, compiled, config)
		if err != nil {
			return err
		}
		i.steps = append(i.steps, module)
	}
	return nil
}

// module is the one that the items of an earlier step are imported from. Nil for the built-in functions, which are found
// by their name.
func (i *instance) module(name string) api.Module {
	for step, made := range i.steps {
		if component.StepName(step) == name {
			return made
		}
	}
	return nil
}

func (i *instance) find(fn component.Func) api.Function {
	return i.steps[fn.Step].ExportedFunction(fn.Name)
}

// drop drops a handle that the component holds.
func (i *instance) drop(ctx context.Context, handle uint32) {
	representation, known := i.handles.take(handle)
	if !known {
		panic(errors.New("there is no such handle"))
	}
	destructor := i.component.binding.destructor
	if destructor == nil {
		return
	}
	if _, err := i.find(*destructor).Call(ctx, uint64(representation)); err != nil {
		panic(err)
	}
}

// A callee is a function of the binding in an instance.
type callee struct {
	core, realloc, after api.Function
	memory               api.Memory
}

// callee finds a function. All that allocate by the same function share it.
func (i *instance) callee(fn *boundFunc) *callee {
	if found := i.calls[fn.number]; found != nil {
		return found
	}
	made := &callee{core: i.find(fn.Core)}
	if fn.Realloc != nil {
		made.realloc = i.find(*fn.Realloc)
	}
	if fn.PostReturn != nil {
		made.after = i.find(*fn.PostReturn)
	}
	if fn.Memory != nil {
		made.memory = i.steps[fn.Memory.Step].ExportedMemory(fn.Memory.Name)
	}
	i.calls[fn.number] = made
	return made
}

// A question is what is asked of an instance: how its parameters are written to the stack, and how its result is read.
type question[T any] struct {
	fn    *boundFunc
	lower func(ctx context.Context, i *instance) error
	lift  func(i *instance, result uint64) (T, error)
}

// put puts a question to an instance, and lets the component free the result. While it runs, the memory of the instance
// grows until the context ends.
func put[T any](ctx context.Context, i *instance, q question[T]) (T, error) {
	inner := i.context
	if i.engine.interruptible {
		inner = callContext{ctx, i}
	}
	i.memory.until = ctx
	i.current = i.callee(q.fn)
	i.budget = i.component.options.Answer
	var answer T
	err := q.lower(inner, i)
	if err == nil {
		answer, err = enter(inner, i, q)
	}
	if err != nil && !answered(err) {
		err = i.failure(ctx, err)
	}
	return answer, err
}

func enter[T any](ctx context.Context, i *instance, q question[T]) (T, error) {
	callee := i.current
	if err := callee.core.CallWithStack(ctx, i.stack[:]); err != nil {
		var none T
		return none, err
	}
	result := i.stack[0]
	answer, refusal := q.lift(i, result)
	if refusal != nil && !answered(refusal) {
		return answer, refusal
	}
	if callee.after != nil {
		i.stack[0] = result
		if err := callee.after.CallWithStack(ctx, i.stack[:]); err != nil {
			return answer, err
		}
	}
	return answer, refusal
}

// answered says whether an error is what the component answered.
func answered(err error) bool {
	var refusal *RefusalError
	var document *DocumentError
	return errors.As(err, &refusal) || errors.As(err, &document)
}

// unasked says whether an error is about the question, so that the component was not asked. What was passed of the question
// is lost memory, for which an instance is replaced when it has lost too much.
func unasked(err error) bool {
	return errors.Is(err, ErrText) || errors.Is(err, ErrEvent)
}

// failure says what a call's error means.
func (i *instance) failure(ctx context.Context, err error) error {
	switch {
	case i.memory.exceeded:
		return fmt.Errorf("%w (%d bytes)", ErrMemory, i.memory.most)
	case ctx.Err() != nil:
		return contextError(ctx)
	case errors.Is(err, ErrAnswer), unasked(err):
		return err
	default:
		return fmt.Errorf("%w: %s", ErrTrap, firstLine(err))
	}
}

// close gives back the memory of the instance. It is called once.
func (i *instance) close() {
	defer i.component.live.Done()
	for _, module := range i.steps {
		// It runs nothing, and so nothing can fail.
		_ = module.Close(context.Background())
	}
	i.steps = nil
}

// handles give numbers to the representations of resources.
type handles struct {
	entries []handle
	free    []uint32
}

type handle struct {
	representation uint32
	used           bool
}

// maxHandles bounds how many handles a component may have at once.
const maxHandles = 1 << 20

// add returns a number from 1.
func (h *handles) add(representation uint32) uint32 {
	entry := handle{representation, true}
	if last := len(h.free) - 1; last >= 0 {
		number := h.free[last]
		h.free = h.free[:last]
		h.entries[number-1] = entry
		return number
	}
	if len(h.entries) >= maxHandles {
		panic(errors.New("too many handles"))
	}
	h.entries = append(h.entries, entry)
	return uint32(len(h.entries))
}

func (h *handles) take(number uint32) (uint32, bool) {
	if number == 0 || int(number) > len(h.entries) || !h.entries[number-1].used {
		return 0, false
	}
	entry := &h.entries[number-1]
	entry.used = false
	h.free = append(h.free, number)
	return entry.representation, true
}
