package component

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// errEnd says that the bytes end within something that they began.
var errEnd = errors.New("it ends too early")

// A reader takes values from the front of a section.
type reader struct {
	bytes []byte
}

func (r *reader) empty() bool {
	return len(r.bytes) == 0
}

func (r *reader) byte() (byte, error) {
	if len(r.bytes) == 0 {
		return 0, errEnd
	}
	first := r.bytes[0]
	r.bytes = r.bytes[1:]
	return first, nil
}

// take returns the next n bytes, which share the memory of the whole.
func (r *reader) take(n uint32) ([]byte, error) {
	if uint64(n) > uint64(len(r.bytes)) {
		return nil, errEnd
	}
	taken := r.bytes[:n:n]
	r.bytes = r.bytes[n:]
	return taken, nil
}

// u32 reads an unsigned LEB128 number.
func (r *reader) u32() (uint32, error) {
	var value uint64
	for shift := 0; shift < 35; shift += 7 {
		next, err := r.byte()
		if err != nil {
			return 0, err
		}
		value |= uint64(next&0x7f) << shift
		if next < 0x80 {
			if value > 0xffff_ffff {
				break
			}
			return uint32(value), nil
		}
	}
	return 0, errors.New("a number is too large")
}

func (r *reader) name() (string, error) {
	length, err := r.u32()
	if err != nil {
		return "", err
	}
	text, err := r.take(length)
	if err != nil {
		return "", err
	}
	if !utf8.Valid(text) {
		return "", errors.New("a name is not UTF-8")
	}
	return string(text), nil
}

// externName reads the name of an import or an export of a component.
func (r *reader) externName() (string, error) {
	kind, err := r.byte()
	if err != nil {
		return "", err
	}
	if kind > 1 {
		return "", fmt.Errorf("a name of an unknown kind (%#x)", kind)
	}
	return r.name()
}

// expect reads a byte that can only have one value.
func (r *reader) expect(want byte, what string) error {
	got, err := r.byte()
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%s of an unknown kind (%#x)", what, got)
	}
	return nil
}

// each reads a vector: a length, and so many elements.
func (r *reader) each(element func() error) error {
	count, err := r.u32()
	if err != nil {
		return err
	}
	for range count {
		if err := element(); err != nil {
			return err
		}
	}
	return nil
}

// at returns an element of an index space.
func at[T any](space []T, index uint32, what string) (T, error) {
	if uint64(index) >= uint64(len(space)) {
		var none T
		return none, fmt.Errorf("there is no %s %d", what, index)
	}
	return space[index], nil
}

// index reads an index, and returns the element that it names.
func index[T any](r *reader, space []T, what string) (T, error) {
	number, err := r.u32()
	if err != nil {
		var none T
		return none, err
	}
	return at(space, number, what)
}
