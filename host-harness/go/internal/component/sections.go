package component

import "errors"

// sections reads what stands after the preamble, section by section.
func sections(bytes []byte, preamble string, read func(id byte, content []byte) error) error {
	r := &reader{bytes}
	start, err := r.take(uint32(len(preamble)))
	if err != nil || string(start) != preamble {
		return errors.New("it does not start as one")
	}
	for !r.empty() {
		id, err := r.byte()
		if err != nil {
			return err
		}
		length, err := r.u32()
		if err != nil {
			return err
		}
		content, err := r.take(length)
		if err != nil {
			return err
		}
		if err := read(id, content); err != nil {
			return err
		}
	}
	return nil
}
