package component

import "fmt"

// An ImportsError says that a component imports something: these names.
type ImportsError struct {
	Names []string
}

func (e *ImportsError) Error() string {
	return fmt.Sprintf("it imports %q", e.Names)
}

// checkImports refuses a component that imports anything. It looks before anything else is read, so that a component is
// refused for its imports even where they have types that are not known here.
func checkImports(bytes []byte) error {
	var names []string
	err := sections(bytes, Preamble, func(id byte, content []byte) error {
		if id != 10 {
			return nil
		}
		r := &reader{content}
		return r.each(func() error {
			name, err := r.externName()
			if err != nil {
				return err
			}
			names = append(names, name)
			return skipDescription(r)
		})
	})
	if err == nil && len(names) > 0 {
		return &ImportsError{Names: names}
	}
	return err
}

// skipDescription passes over what an import says that it is.
func skipDescription(r *reader) error {
	sort, err := r.byte()
	if err != nil {
		return err
	}
	if sort == sortCore || sort == sortType {
		bound, err := r.byte()
		if err != nil {
			return err
		}
		if sort == sortType && bound == 1 {
			return nil
		}
	}
	_, err = r.u32()
	return err
}
