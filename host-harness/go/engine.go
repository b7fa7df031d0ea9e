package tagseal

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"tagseal/internal/component"
)

// An engine has the compiled code of a component, and makes instances of it.
type engine struct {
	runtime wazero.Runtime
	modules []wazero.CompiledModule
	// interruptible says that the code looks at each turn of a loop whether it should end. That costs several times what
	// it takes to run without.
	interruptible bool
	memory        uint64
}

// newEngine compiles a component. Nothing of it runs.
func newEngine(ctx context.Context, modules []component.Module, cache wazero.CompilationCache, options Options, interruptible bool) (*engine, error) {
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2).
		WithCloseOnContextDone(interruptible).
		WithDebugInfoEnabled(false).
		WithCustomSections(false)
	if cache != nil {
		config = config.WithCompilationCache(cache)
	}
	e := &engine{runtime: wazero.NewRuntimeWithConfig(ctx, config), interruptible: interruptible, memory: options.Memory}
	ctx = experimental.WithCompilationWorkers(ctx, runtime.GOMAXPROCS(0))
	for _, module := range modules {
		compiled, err := e.runtime.CompileModule(ctx, module.Bytes)
		if err != nil {
			e.close()
			if ctx.Err() != nil {
				return nil, contextError(ctx)
			}
			return nil, fmt.Errorf("%w: %s", ErrNotComponent, firstLine(err))
		}
		e.modules = append(e.modules, compiled)
	}
	return e, nil
}

// addBuiltIns makes the functions that deal with handles of a resource.
func (e *engine) addBuiltIns(ctx context.Context, resource *component.Resource) error {
	i32 := []api.ValueType{api.ValueTypeI32}
	newName := component.Func{Kind: component.ResourceNew, Resource: resource}.ImportName()
	dropName := component.Func{Kind: component.ResourceDrop, Resource: resource}.ImportName()
	_, err := e.runtime.NewHostModuleBuilder(component.BuiltIns).
		NewFunctionBuilder().WithGoFunction(api.GoFunc(func(ctx context.Context, stack []uint64) {
		stack[0] = uint64(instanceOf(ctx).handles.add(uint32(stack[0])))
	}), i32, i32).Export(newName).
		NewFunctionBuilder().WithGoFunction(api.GoFunc(func(ctx context.Context, stack []uint64) {
		instanceOf(ctx).drop(ctx, uint32(stack[0]))
	}), i32, nil).Export(dropName).
		Instantiate(ctx)
	return err
}

func (e *engine) close() {
	// A runtime that runs nothing has nothing to fail at.
	_ = e.runtime.Close(context.Background())
}

// checkFunc refuses a core function that does not exist or has other parameters or results. Lowering and lifting rely on
// them.
func (e *engine) checkFunc(fn component.Func, params, results []string) error {
	if fn.Kind != component.Exported {
		return errors.New("a built-in function is lifted")
	}
	definition := e.modules[fn.Step].ExportedFunctions()[fn.Name]
	if definition == nil {
		return fmt.Errorf("there is no core function `%s`", fn.Name)
	}
	if !slices.Equal(typeNames(definition.ParamTypes()), params) || !slices.Equal(typeNames(definition.ResultTypes()), results) {
		return fmt.Errorf("the core function `%s` has other parameters or results", fn.Name)
	}
	return nil
}

// checkMemory refuses a memory that does not exist.
func (e *engine) checkMemory(memory *component.Memory) error {
	if memory == nil {
		return errors.New("a function has no memory")
	}
	if e.modules[memory.Step].ExportedMemories()[memory.Name] == nil {
		return fmt.Errorf("there is no memory `%s`", memory.Name)
	}
	return nil
}

func typeNames(types []api.ValueType) []string {
	names := make([]string, len(types))
	for i, valueType := range types {
		names[i] = api.ValueTypeName(valueType)
	}
	return names
}

// firstLine leaves out the trace that wazero adds to its errors.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
