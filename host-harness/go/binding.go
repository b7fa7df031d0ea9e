package tagseal

import (
	"fmt"

	"tagseal/internal/component"
)

// A binding has the functions of the contract as a component exports them.
type binding struct {
	compile, evaluate, evaluateBatch, evaluateJSON *boundFunc
	warnings, revision, explain                    *boundFunc
	list, change, imports, exports                 *boundFunc
	// destructor is nil where the resource has none.
	destructor *component.Func
}

// A boundFunc is a function of the contract as a component exports it, and its place among the functions of an instance.
type boundFunc struct {
	component.LiftedFunc
	number int
}

func bind(face component.Interface) *binding {
	number := 0
	find := func(name string) *boundFunc {
		bound := &boundFunc{face.Funcs[name], number}
		number++
		return bound
	}
	return &binding{
		compile:       find("[static]policy.compile"),
		evaluate:      find("[method]policy.evaluate"),
		evaluateBatch: find("[method]policy.evaluate-batch"),
		evaluateJSON:  find("[method]policy.evaluate-json"),
		warnings:      find("[method]policy.warnings"),
		revision:      find("[method]policy.revision"),
		explain:       find("[method]policy.explain-json"),
		list:          find("list-rules"),
		change:        find("change-rules"),
		imports:       find("import-rules"),
		exports:       find("export-rules"),
		destructor:    face.Resources[resourceName].Destructor,
	}
}

// boundFuncs is how many functions a binding has.
const boundFuncs = 11

// checkCore refuses a component whose core functions have other types than those of the contract give.
func (t *table) checkCore(e *engine, face component.Interface) error {
	i32 := "i32"
	check := func(fn *component.Func, params, results []string) error {
		if fn == nil {
			return nil
		}
		return e.checkFunc(*fn, params, results)
	}
	destructor := face.Resources[resourceName].Destructor
	err := check(destructor, []string{i32}, []string{})
	for name, expected := range t.Functions {
		lifted := face.Funcs[name]
		if err == nil {
			err = e.checkFunc(lifted.Core, expected.Core.Params, expected.Core.Results)
		}
		if err == nil {
			err = check(lifted.Realloc, []string{i32, i32, i32, i32}, []string{i32})
		}
		if err == nil {
			err = check(lifted.PostReturn, expected.Core.Results, []string{})
		}
		if err == nil && needsMemory(name) {
			err = e.checkMemory(lifted.Memory)
		}
		if err == nil && needsRealloc(name) && lifted.Realloc == nil {
			err = fmt.Errorf("`%s` has no function that allocates", name)
		}
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotComponent, err)
	}
	return nil
}

// needsMemory says whether a function takes or gives a text.
func needsMemory(name string) bool {
	return name != "[method]policy.revision"
}

// needsRealloc says whether a function takes a text.
func needsRealloc(name string) bool {
	return needsMemory(name) && name != "[method]policy.warnings"
}
