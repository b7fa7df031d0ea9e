package component

import (
	"encoding/binary"
	"fmt"
)

// modulePreamble is what every core module starts with.
const modulePreamble = "\x00asm\x01\x00\x00\x00"

// PageSize is the unit of a memory's size.
const PageSize = 64 << 10

// MaxTable bounds how many elements a table may have: they take memory that no cap on memories counts.
const MaxTable = 1 << 20

// BuiltIns is the name of the module that the built-in functions are imported from.
const BuiltIns = "built-in"

// A Module is a core module, ready for a runtime in which each core instance is a module with the name of its step.
type Module struct {
	Bytes []byte
	// InitialPages is how large its largest memory is at first.
	InitialPages uint32
}

// StepName is the module that the items of a core instance are imported from.
func StepName(step int) string {
	return fmt.Sprintf("step%d", step)
}

// ImportName is the name of a built-in function in the module BuiltIns.
func (f Func) ImportName() string {
	if f.Kind == ResourceDrop {
		return fmt.Sprintf("drop%d", f.Resource.Number)
	}
	return fmt.Sprintf("new%d", f.Resource.Number)
}

// Rewrite gives imports the names by which a runtime without instances made of exports finds them. It refuses tables that
// grow.
func (s Step) Rewrite() (Module, error) {
	module := Module{Bytes: []byte(modulePreamble)}
	err := sections(s.Module, modulePreamble, func(id byte, content []byte) error {
		r := &reader{content}
		rewritten := content
		var err error
		switch id {
		case 2:
			rewritten, err = s.rewriteImports(r)
		case 4:
			err = r.each(func() error { return checkTable(r) })
		case 5:
			err = module.readMemories(r)
		}
		module.Bytes = append(module.Bytes, id)
		module.Bytes = binary.AppendUvarint(module.Bytes, uint64(len(rewritten)))
		module.Bytes = append(module.Bytes, rewritten...)
		return err
	})
	return module, err
}

func (s Step) rewriteImports(r *reader) ([]byte, error) {
	return rewriteVector(r, func(r *reader, to []byte) ([]byte, error) {
		from, err := r.name()
		if err != nil {
			return nil, err
		}
		name, err := r.name()
		if err != nil {
			return nil, err
		}
		before := r.bytes
		sort, err := r.byte()
		if err != nil {
			return nil, err
		}
		if err := skipImport(r, sort); err != nil {
			return nil, err
		}
		found, err := s.resolve(from, name, sort)
		if err != nil {
			return nil, err
		}
		to = appendName(to, found.from)
		to = appendName(to, found.name)
		return append(to, before[:len(before)-len(r.bytes)]...), nil
	})
}

// names are those of an import.
type names struct {
	from, name string
}

func (s Step) resolve(from, name string, sort byte) (names, error) {
	argument, known := s.imports[from]
	if !known {
		return names{}, fmt.Errorf("there is no core instance for the import %q", from)
	}
	found, err := argument.export(sort, name)
	switch {
	case err != nil:
		return names{}, err
	case sort != coreFunc:
		return names{StepName(found.step), found.name}, nil
	case found.fn.Kind != Exported:
		return names{BuiltIns, found.fn.ImportName()}, nil
	default:
		return names{StepName(found.fn.Step), found.fn.Name}, nil
	}
}

// skipImport passes over the type of an import.
func skipImport(r *reader, sort byte) error {
	var err error
	switch sort {
	case coreFunc:
		_, err = r.u32()
	case coreTable:
		if _, err = r.byte(); err == nil {
			_, _, err = readLimits(r)
		}
	case coreMemory:
		_, _, err = readLimits(r)
	case coreGlobal:
		_, err = r.take(2)
	default:
		err = fmt.Errorf("an import of an unknown kind (%#x)", sort)
	}
	return err
}

// noMaximum stands for a greatest size that is not given.
const noMaximum = 1<<32 - 1

// readLimits reads the least and the greatest size of a table or a memory.
func readLimits(r *reader) (least, most uint32, err error) {
	flags, err := r.byte()
	if err != nil {
		return 0, 0, err
	}
	if flags > 1 {
		return 0, 0, fmt.Errorf("a size of an unknown kind (%#x)", flags)
	}
	if least, err = r.u32(); err != nil || flags == 0 {
		return least, noMaximum, err
	}
	most, err = r.u32()
	return least, most, err
}

// checkTable refuses a table that may grow: the runtime has no cap on what tables take.
func checkTable(r *reader) error {
	element, err := r.byte()
	if err != nil {
		return err
	}
	if element != 0x70 && element != 0x6f {
		return fmt.Errorf("a table of an unknown kind (%#x)", element)
	}
	least, most, err := readLimits(r)
	if err != nil {
		return err
	}
	if least > MaxTable || most != least {
		return fmt.Errorf("a table that may grow, or of more than %d elements", MaxTable)
	}
	return nil
}

func (m *Module) readMemories(r *reader) error {
	return r.each(func() error {
		least, _, err := readLimits(r)
		m.InitialPages = max(m.InitialPages, least)
		return err
	})
}

// rewriteVector reads a vector, and writes each element as the function does.
func rewriteVector(r *reader, element func(*reader, []byte) ([]byte, error)) ([]byte, error) {
	count, err := r.u32()
	if err != nil {
		return nil, err
	}
	to := binary.AppendUvarint(nil, uint64(count))
	for range count {
		if to, err = element(r, to); err != nil {
			return nil, err
		}
	}
	return to, nil
}

func appendName(to []byte, name string) []byte {
	to = binary.AppendUvarint(to, uint64(len(name)))
	return append(to, name...)
}
