package component

import (
	"errors"
	"fmt"
)

// The sorts of core items, as the binary format numbers them.
const (
	coreFunc         = 0x00
	coreTable        = 0x01
	coreMemory       = 0x02
	coreGlobal       = 0x03
	coreModule       = 0x11
	coreInstanceSort = 0x12
)

// A coreInstance is the instance of a module, or a bundle of items from elsewhere.
type coreInstance struct {
	// step is the number of the instance of a module, -1 for a bundle.
	step   int
	bundle map[string]coreItem
}

// A coreItem is something that a core instance exports, or a built-in function.
type coreItem struct {
	sort byte
	fn   Func
	// step and name are where a table, a memory or a global is found.
	step int
	name string
}

func (i coreInstance) export(sort byte, name string) (coreItem, error) {
	if i.step < 0 {
		found, known := i.bundle[name]
		if !known || found.sort != sort {
			return coreItem{}, fmt.Errorf("there is no core export %q", name)
		}
		return found, nil
	}
	// Whether the module has it, the runtime says.
	return coreItem{sort: sort, fn: Func{Kind: Exported, Step: i.step, Name: name}, step: i.step, name: name}, nil
}

func (s *scope) coreInstance(r *reader) error {
	if s.link.instances++; s.link.instances > maxInstances {
		return fmt.Errorf("more than %d instances", maxInstances)
	}
	kind, err := r.byte()
	if err != nil {
		return err
	}
	switch kind {
	case 0:
		return s.coreInstanceOfModule(r)
	case 1:
		return s.coreInstanceOfExports(r)
	default:
		return fmt.Errorf("a core instance of an unknown kind (%#x)", kind)
	}
}

func (s *scope) coreInstanceOfModule(r *reader) error {
	module, err := index(r, s.modules, "core module")
	if err != nil {
		return err
	}
	step := Step{Module: module, imports: make(map[string]coreInstance)}
	err = r.each(func() error {
		name, err := r.name()
		if err != nil {
			return err
		}
		if err := r.expect(coreInstanceSort, "an argument"); err != nil {
			return err
		}
		argument, err := index(r, s.cores, "core instance")
		step.imports[name] = argument
		return err
	})
	s.cores = append(s.cores, coreInstance{step: len(s.link.steps)})
	s.link.steps = append(s.link.steps, step)
	return err
}

func (s *scope) coreInstanceOfExports(r *reader) error {
	bundle := make(map[string]coreItem)
	err := r.each(func() error {
		name, err := r.name()
		if err != nil {
			return err
		}
		bundle[name], err = s.coreItem(r)
		return err
	})
	s.cores = append(s.cores, coreInstance{step: -1, bundle: bundle})
	return err
}

// coreItem reads a sort and an index.
func (s *scope) coreItem(r *reader) (coreItem, error) {
	sort, err := r.byte()
	if err != nil {
		return coreItem{}, err
	}
	switch sort {
	case coreFunc:
		fn, err := index(r, s.coreFuncs, "core function")
		return coreItem{sort: sort, fn: fn}, err
	case coreTable:
		return index(r, s.tables, "table")
	case coreMemory:
		return index(r, s.memories, "memory")
	case coreGlobal:
		return index(r, s.globals, "global")
	default:
		return coreItem{}, fmt.Errorf("a core item of an unknown kind (%#x)", sort)
	}
}

// addCoreItem gives an item an index.
func (s *scope) addCoreItem(added coreItem) error {
	switch added.sort {
	case coreFunc:
		s.coreFuncs = append(s.coreFuncs, added.fn)
	case coreTable:
		s.tables = append(s.tables, added)
	case coreMemory:
		s.memories = append(s.memories, added)
	case coreGlobal:
		s.globals = append(s.globals, added)
	default:
		return fmt.Errorf("a core export of an unknown kind (%#x)", added.sort)
	}
	return nil
}

// canon reads a function that is lifted from a core function, or a built-in one.
func (s *scope) canon(r *reader) error {
	kind, err := r.byte()
	if err != nil {
		return err
	}
	switch kind {
	case 0:
		if err := r.expect(0, "a lifted function"); err != nil {
			return err
		}
		lifted, err := s.lift(r)
		s.funcs = append(s.funcs, lifted)
		return err
	case 2, 3:
		named, err := index(r, s.types, "type")
		if err != nil {
			return err
		}
		if named.resource == nil {
			return errors.New("a handle to something that is not a resource")
		}
		fn := Func{Kind: ResourceNew, Resource: named.resource}
		if kind == 3 {
			fn.Kind = ResourceDrop
		}
		s.coreFuncs = append(s.coreFuncs, fn)
		return nil
	default:
		return fmt.Errorf("a built-in function of an unknown kind (%#x)", kind)
	}
}

// lift reads a lifted function: its core function, its options, and its type.
func (s *scope) lift(r *reader) (LiftedFunc, error) {
	var lifted LiftedFunc
	var err error
	if lifted.Core, err = index(r, s.coreFuncs, "core function"); err != nil {
		return lifted, err
	}
	err = r.each(func() error { return s.option(r, &lifted) })
	if err != nil {
		return lifted, err
	}
	named, err := index(r, s.types, "type")
	if err == nil && !named.isFunc {
		err = fmt.Errorf("a function can't have the type %s", named.text)
	}
	lifted.Type = named.text
	return lifted, err
}

func (s *scope) option(r *reader, lifted *LiftedFunc) error {
	kind, err := r.byte()
	if err != nil {
		return err
	}
	switch kind {
	case 0: // Strings in UTF-8, the only ones that are known here.
		return nil
	case 3:
		memory, err := index(r, s.memories, "memory")
		lifted.Memory = &Memory{Step: memory.step, Name: memory.name}
		return err
	case 4:
		realloc, err := index(r, s.coreFuncs, "core function")
		lifted.Realloc = &realloc
		return err
	case 5:
		after, err := index(r, s.coreFuncs, "core function")
		lifted.PostReturn = &after
		return err
	default:
		return fmt.Errorf("an option of an unknown kind (%#x)", kind)
	}
}
