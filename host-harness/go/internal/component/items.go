package component

import (
	"errors"
	"fmt"
)

// The sorts of items, as the binary format numbers them.
const (
	sortCore      = 0x00
	sortFunc      = 0x01
	sortType      = 0x03
	sortComponent = 0x04
	sortInstance  = 0x05
)

// item reads a sort and an index.
func (s *scope) item(r *reader) (item, error) {
	sort, err := r.byte()
	if err != nil {
		return item{}, err
	}
	switch sort {
	case sortCore:
		if err := r.expect(coreModule, "a core item"); err != nil {
			return item{}, err
		}
		module, err := index(r, s.modules, "core module")
		return item{module: module}, err
	case sortFunc:
		found, err := index(r, s.funcs, "function")
		return item{lifted: &found}, err
	case sortType:
		found, err := index(r, s.types, "type")
		return item{typ: &found}, err
	case sortComponent:
		found, err := index(r, s.components, "component")
		return item{component: found}, err
	case sortInstance:
		found, err := index(r, s.instances, "instance")
		return item{instance: found}, err
	default:
		return item{}, fmt.Errorf("an item of an unknown kind (%#x)", sort)
	}
}

// add gives an item an index.
func (s *scope) add(added item) {
	switch {
	case added.module != nil:
		s.modules = append(s.modules, added.module)
	case added.lifted != nil:
		s.funcs = append(s.funcs, *added.lifted)
	case added.typ != nil:
		s.types = append(s.types, *added.typ)
	case added.component != nil:
		s.components = append(s.components, added.component)
	default:
		s.instances = append(s.instances, added.instance)
	}
}

// instance reads an instance of a component, or one that is made of items.
func (s *scope) instance(r *reader) error {
	kind, err := r.byte()
	if err != nil {
		return err
	}
	var made instance
	switch kind {
	case 0:
		made, err = s.instanceOfComponent(r)
	case 1:
		made = make(instance)
		err = r.each(func() error {
			name, err := r.externName()
			if err != nil {
				return err
			}
			made[name], err = s.item(r)
			return err
		})
	default:
		err = fmt.Errorf("an instance of an unknown kind (%#x)", kind)
	}
	s.instances = append(s.instances, made)
	return err
}

func (s *scope) instanceOfComponent(r *reader) (instance, error) {
	found, err := index(r, s.components, "component")
	if err != nil {
		return nil, err
	}
	arguments := make(map[string]item)
	err = r.each(func() error {
		name, err := r.name()
		if err != nil {
			return err
		}
		arguments[name], err = s.item(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.link.instantiate(found, arguments, s.depth+1)
}

// alias reads another name for an item of an instance or of an outer component.
func (s *scope) alias(r *reader) error {
	sort, err := r.byte()
	if err != nil {
		return err
	}
	core := byte(0)
	if sort == sortCore {
		if core, err = r.byte(); err != nil {
			return err
		}
	}
	target, err := r.byte()
	if err != nil {
		return err
	}
	switch target {
	case 0:
		return s.aliasOfExport(r, sort)
	case 1:
		if sort != sortCore {
			return errors.New("an alias of a core export that is not a core item")
		}
		return s.aliasOfCoreExport(r, core)
	case 2:
		return s.aliasOfOuter(r, sort)
	default:
		return fmt.Errorf("an alias of an unknown kind (%#x)", target)
	}
}

func (s *scope) aliasOfExport(r *reader, sort byte) error {
	from, err := index(r, s.instances, "instance")
	if err != nil {
		return err
	}
	name, err := r.name()
	if err != nil {
		return err
	}
	found, known := from[name]
	if !known || found.sort() != sort {
		return fmt.Errorf("there is no export %q", name)
	}
	s.add(found)
	return nil
}

func (i item) sort() byte {
	switch {
	case i.module != nil:
		return sortCore
	case i.lifted != nil:
		return sortFunc
	case i.typ != nil:
		return sortType
	case i.component != nil:
		return sortComponent
	default:
		return sortInstance
	}
}

func (s *scope) aliasOfCoreExport(r *reader, sort byte) error {
	from, err := index(r, s.cores, "core instance")
	if err != nil {
		return err
	}
	name, err := r.name()
	if err != nil {
		return err
	}
	found, err := from.export(sort, name)
	if err != nil {
		return err
	}
	return s.addCoreItem(found)
}

// aliasOfOuter reads an alias of a type, a module or a component that is defined further out.
func (s *scope) aliasOfOuter(r *reader, sort byte) error {
	count, err := r.u32()
	if err != nil {
		return err
	}
	from := s
	for range count {
		if from = from.outer; from == nil {
			return errors.New("an alias further out than the outermost component")
		}
	}
	switch sort {
	case sortType:
		found, err := index(r, from.types, "type")
		s.types = append(s.types, found)
		return err
	case sortComponent:
		found, err := index(r, from.components, "component")
		s.components = append(s.components, found)
		return err
	default:
		return fmt.Errorf("an alias of an outer item of an unknown kind (%#x)", sort)
	}
}

// importSection reads what a nested component imports. It has an argument for each.
func (s *scope) importSection(r *reader) error {
	return r.each(func() error {
		name, err := r.externName()
		if err != nil {
			return err
		}
		return s.importItem(r, name)
	})
}

func (s *scope) importItem(r *reader, name string) error {
	given, known := s.arguments[name]
	if !known {
		return fmt.Errorf("there is no argument %q", name)
	}
	if err := s.check(r, given); err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	s.add(given)
	return nil
}

// export reads an export, which gets an index of its own.
func (s *scope) export(r *reader) error {
	name, err := r.externName()
	if err != nil {
		return err
	}
	exported, err := s.item(r)
	if err != nil {
		return err
	}
	described, err := r.byte()
	if err != nil {
		return err
	}
	if described != 0 {
		if err := s.check(r, exported); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
	}
	if _, taken := s.exports[name]; taken {
		return fmt.Errorf("it exports %q twice", name)
	}
	s.exports[name] = exported
	s.add(exported)
	return nil
}

// check reads what an import or an export says that it is, and compares it with what it is.
func (s *scope) check(r *reader, given item) error {
	sort, err := r.byte()
	if err != nil {
		return err
	}
	if sort != given.sort() {
		return errors.New("it is of another kind")
	}
	switch sort {
	case sortFunc:
		described, err := index(r, s.types, "type")
		if err != nil {
			return err
		}
		return same(described.text, given.lifted.Type)
	case sortType:
		return s.checkType(r, given.typ)
	default:
		return fmt.Errorf("a description of an unknown kind (%#x)", sort)
	}
}

func (s *scope) checkType(r *reader, given *typ) error {
	bound, err := r.byte()
	if err != nil {
		return err
	}
	switch bound {
	case 0:
		described, err := index(r, s.types, "type")
		if err != nil {
			return err
		}
		return same(described.text, given.text)
	case 1:
		if given.resource == nil {
			return errors.New("it is not a resource")
		}
		return nil
	default:
		return fmt.Errorf("a bound of an unknown kind (%#x)", bound)
	}
}

func same(described, given string) error {
	if described != given {
		return fmt.Errorf("it is described as %s, and is %s", described, given)
	}
	return nil
}
