package component

import (
	"fmt"
	"strings"
)

// A Resource is a type of resource that the component defines. Two are the same if their pointers are.
type Resource struct {
	// Number is a different one for each resource of a component.
	Number int
	// Destructor is called when a handle is dropped that the host owns. Nil where the type has no destructor.
	Destructor *Func
}

// A typ is a type of a component, with the names of other types replaced by what they stand for.
type typ struct {
	// text is the type as wit/interface.json writes it, but for resources, which are numbers: `own<#0>`.
	text string
	// resource is set for the type of a resource alone.
	resource *Resource
	// isFunc is set for the type of a function alone.
	isFunc bool
}

// maxTypeText bounds what types may expand to: a few types that each name the one before twice would expand without end.
const maxTypeText = 64 << 10

// primitives are the types that have no parts, by their byte.
var primitives = map[byte]string{
	0x7f: "bool", 0x7e: "s8", 0x7d: "u8", 0x7c: "s16", 0x7b: "u16", 0x7a: "s32", 0x79: "u32", 0x78: "s64", 0x77: "u64",
	0x76: "f32", 0x75: "f64", 0x74: "char", 0x73: "string",
}

// typeSection reads types and adds them to the scope.
func (s *scope) typeSection(r *reader) error {
	return r.each(func() error {
		defined, err := s.readType(r)
		if err != nil {
			return err
		}
		s.types = append(s.types, defined)
		return nil
	})
}

func (s *scope) readType(r *reader) (typ, error) {
	kind, err := r.byte()
	if err != nil {
		return typ{}, err
	}
	var text string
	switch kind {
	case 0x3f:
		return s.readResource(r)
	case 0x40:
		text, err = s.readFunc(r)
	case 0x72:
		text, err = s.readList(r, "record { ", " }", s.readField)
	case 0x71:
		text, err = s.readList(r, "variant { ", " }", s.readCase)
	case 0x70:
		text, err = s.readOf(r, "list")
	case 0x6f:
		text, err = s.readList(r, "tuple<", ">", s.readValue)
	case 0x6d:
		text, err = s.readList(r, "enum { ", " }", (*reader).name)
	case 0x6b:
		text, err = s.readOf(r, "option")
	case 0x6a:
		text, err = s.readResult(r)
	case 0x69:
		text, err = s.readHandle(r, "own")
	case 0x68:
		text, err = s.readHandle(r, "borrow")
	default:
		primitive, known := primitives[kind]
		if !known {
			return typ{}, fmt.Errorf("a type of an unknown kind (%#x)", kind)
		}
		text = primitive
	}
	if err == nil && len(text) > maxTypeText {
		err = fmt.Errorf("a type that takes more than %d bytes to write", maxTypeText)
	}
	return typ{text: text, isFunc: kind == 0x40}, err
}

// readValue reads the type of a value: a primitive, or the index of one that was defined before.
func (s *scope) readValue(r *reader) (string, error) {
	if r.empty() {
		return "", errEnd
	}
	if primitive, known := primitives[r.bytes[0]]; known {
		r.bytes = r.bytes[1:]
		return primitive, nil
	}
	named, err := index(r, s.types, "type")
	if err != nil {
		return "", err
	}
	if named.resource != nil || named.isFunc {
		return "", fmt.Errorf("a value can't have the type %s", named.text)
	}
	return named.text, nil
}

func (s *scope) readOf(r *reader, what string) (string, error) {
	element, err := s.readValue(r)
	return what + "<" + element + ">", err
}

// readList reads a vector of parts, and writes them between the two texts.
func (s *scope) readList(r *reader, before, after string, part func(*reader) (string, error)) (string, error) {
	var parts []string
	length := 0
	err := r.each(func() error {
		text, err := part(r)
		parts = append(parts, text)
		if length += len(text); length > maxTypeText {
			return fmt.Errorf("a type that takes more than %d bytes to write", maxTypeText)
		}
		return err
	})
	return before + strings.Join(parts, ", ") + after, err
}

func (s *scope) readField(r *reader) (string, error) {
	name, err := r.name()
	if err != nil {
		return "", err
	}
	value, err := s.readValue(r)
	return name + ": " + value, err
}

func (s *scope) readCase(r *reader) (string, error) {
	name, err := r.name()
	if err != nil {
		return "", err
	}
	value, err := s.readOptional(r)
	if err != nil {
		return "", err
	}
	if value != "" {
		name += "(" + value + ")"
	}
	return name, r.expect(0, "a case")
}

// readOptional reads a type that may be missing, and returns an empty text if it is.
func (s *scope) readOptional(r *reader) (string, error) {
	present, err := r.byte()
	switch {
	case err != nil:
		return "", err
	case present == 0:
		return "", nil
	case present == 1:
		return s.readValue(r)
	default:
		return "", fmt.Errorf("an optional type of an unknown kind (%#x)", present)
	}
}

func (s *scope) readResult(r *reader) (string, error) {
	var sides [2]string
	for side := range sides {
		text, err := s.readOptional(r)
		if err != nil {
			return "", err
		}
		if text == "" {
			text = "_"
		}
		sides[side] = text
	}
	return "result<" + sides[0] + ", " + sides[1] + ">", nil
}

func (s *scope) readHandle(r *reader, what string) (string, error) {
	named, err := index(r, s.types, "type")
	if err != nil {
		return "", err
	}
	if named.resource == nil {
		return "", fmt.Errorf("a handle to something that is not a resource: %s", named.text)
	}
	return what + "<" + named.text + ">", nil
}

func (s *scope) readFunc(r *reader) (string, error) {
	params, err := s.readList(r, "(", ")", s.readField)
	if err != nil {
		return "", err
	}
	results, err := r.byte()
	switch {
	case err != nil:
		return "", err
	case results == 0:
		result, err := s.readValue(r)
		return params + " -> " + result, err
	case results == 1:
		return params, r.expect(0, "a list of results")
	default:
		return "", fmt.Errorf("a list of results of an unknown kind (%#x)", results)
	}
}

func (s *scope) readResource(r *reader) (typ, error) {
	if err := r.expect(0x7f, "the representation of a resource"); err != nil {
		return typ{}, err
	}
	resource := &Resource{Number: s.link.resources}
	s.link.resources++
	hasDestructor, err := r.byte()
	if err != nil {
		return typ{}, err
	}
	if hasDestructor != 0 {
		destructor, err := index(r, s.coreFuncs, "core function")
		if err != nil {
			return typ{}, err
		}
		resource.Destructor = &destructor
	}
	return typ{text: fmt.Sprintf("#%d", resource.Number), resource: resource}, nil
}
