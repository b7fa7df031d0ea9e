// Package component reads a WebAssembly component, and says how its core modules are linked and which core functions it
// exports under which types. It runs nothing.
//
// It knows the part of the binary format that components use that import nothing: core modules and instances, aliases,
// types, lifted functions, resources, nested components and their instances. It refuses everything else by name. The
// core modules themselves are left to the runtime to check.
package component

import (
	"errors"
	"fmt"
)

// Preamble is what every component starts with. A core module has another version there.
const Preamble = "\x00asm\x0d\x00\x01\x00"

const (
	// maxDepth bounds how deep components may be nested.
	maxDepth = 8
	// maxInstances bounds how many instances, of components and of core modules, there may be.
	maxInstances = 100
)

// A Program is a component, ready to be instantiated.
type Program struct {
	// Steps are the core instances, in the order in which they must be made.
	Steps []Step
	// Interfaces are the exported instances, by name.
	Interfaces map[string]Interface
	// Others are the names of exports that are not instances.
	Others []string
}

// A Step makes a core instance of a module.
type Step struct {
	Module []byte
	// imports are what the module may import, by the two names of an import.
	imports map[string]coreInstance
}

// An Interface is what an exported instance consists of.
type Interface struct {
	Funcs map[string]LiftedFunc
	// Resources are the exported types that are resources.
	Resources map[string]*Resource
}

// A FuncKind says where a core function comes from.
type FuncKind uint8

const (
	// Exported is a function that a core instance exports.
	Exported FuncKind = iota
	// ResourceNew makes a handle of a representation.
	ResourceNew
	// ResourceDrop drops a handle.
	ResourceDrop
)

// A Func is a core function.
type Func struct {
	Kind FuncKind
	// Step and Name are where an exported function is found.
	Step int
	Name string
	// Resource is what the others are for.
	Resource *Resource
}

// A LiftedFunc is a function of the component: its type, and the core functions that it is called by.
type LiftedFunc struct {
	// Type is the type as wit/interface.json writes it, but for resources, which are numbers: `own<#0>`.
	Type string
	Core Func
	// Memory is where arguments and results lie. Nil where the function needs none.
	Memory *Memory
	// Realloc and PostReturn are nil where the function needs none.
	Realloc    *Func
	PostReturn *Func
}

// A Memory is a memory that a core instance exports.
type Memory struct {
	Step int
	Name string
}

// Link reads a component and links it.
func Link(bytes []byte) (*Program, error) {
	if err := checkImports(bytes); err != nil {
		return nil, err
	}
	link := &linker{}
	root := &component{bytes: bytes}
	exports, err := link.instantiate(root, nil, 0)
	if err != nil {
		return nil, err
	}
	program := &Program{Steps: link.steps, Interfaces: make(map[string]Interface)}
	for name, exported := range exports {
		if exported.instance == nil {
			program.Others = append(program.Others, name)
			continue
		}
		program.Interfaces[name] = exported.instance.asInterface()
	}
	return program, nil
}

func (i instance) asInterface() Interface {
	face := Interface{Funcs: make(map[string]LiftedFunc), Resources: make(map[string]*Resource)}
	for name, exported := range i {
		switch {
		case exported.lifted != nil:
			face.Funcs[name] = *exported.lifted
		case exported.typ != nil && exported.typ.resource != nil:
			face.Resources[name] = exported.typ.resource
		}
	}
	return face
}

// A linker collects what the whole component consists of.
type linker struct {
	steps     []Step
	resources int
	instances int
}

// A component is one that was found but not instantiated.
type component struct {
	bytes []byte
	// outer is where it was found. Nil for the outermost.
	outer *scope
}

// An instance is what a component exports, by name.
type instance map[string]item

// An item is something that a component imports or exports. One of the fields is set.
type item struct {
	lifted    *LiftedFunc
	typ       *typ
	instance  instance
	component *component
	module    []byte
}

// A scope has the index spaces of one component while it is instantiated.
type scope struct {
	link       *linker
	outer      *scope
	depth      int
	arguments  map[string]item
	exports    map[string]item
	modules    [][]byte
	cores      []coreInstance
	coreFuncs  []Func
	tables     []coreItem
	memories   []coreItem
	globals    []coreItem
	types      []typ
	funcs      []LiftedFunc
	instances  []instance
	components []*component
}

// instantiate reads the sections of a component in their order. Arguments are nil for the outermost, which gets none.
func (l *linker) instantiate(c *component, arguments map[string]item, depth int) (instance, error) {
	if l.instances++; l.instances > maxInstances {
		return nil, fmt.Errorf("more than %d instances", maxInstances)
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("components nested more than %d deep", maxDepth)
	}
	s := &scope{link: l, outer: c.outer, depth: depth, arguments: arguments, exports: make(map[string]item)}
	err := sections(c.bytes, Preamble, func(id byte, content []byte) error {
		if err := s.section(id, content); err != nil {
			return fmt.Errorf("section %d: %w", id, err)
		}
		return nil
	})
	return s.exports, err
}

func (s *scope) section(id byte, content []byte) error {
	r := &reader{content}
	var err error
	switch id {
	case 0: // A custom section means nothing here.
		return nil
	case 1:
		s.modules = append(s.modules, content)
		return nil
	case 2:
		err = r.each(func() error { return s.coreInstance(r) })
	case 4:
		s.components = append(s.components, &component{bytes: content, outer: s})
		return nil
	case 5:
		err = r.each(func() error { return s.instance(r) })
	case 6:
		err = r.each(func() error { return s.alias(r) })
	case 7:
		err = s.typeSection(r)
	case 8:
		err = r.each(func() error { return s.canon(r) })
	case 10:
		err = s.importSection(r)
	case 11:
		err = r.each(func() error { return s.export(r) })
	default:
		return errors.New("it has an unknown kind")
	}
	if err == nil && !r.empty() {
		err = errors.New("it is longer than what it holds")
	}
	return err
}
