//go:build linux

package tagseal

import "syscall"

// mappedPages lie outside the heap of Go: they don't move when they grow, don't count when it is decided how much garbage
// is worth collecting, and are given back at once.
type mappedPages struct {
	bytes []byte
}

// reserve sets room aside. The system gives it memory page by page, when it is first written to.
func reserve(most uint64) pages {
	bytes, err := syscall.Mmap(-1, 0, int(max(most, 1)), syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	if err != nil {
		// The system does not let a process reserve more than there is.
		return &heapPages{most: most}
	}
	return &mappedPages{bytes}
}

func (p *mappedPages) grow(size uint64) []byte {
	if size > uint64(len(p.bytes)) {
		return nil
	}
	return p.bytes[:size]
}

func (p *mappedPages) free() {
	// What can't be given back stays reserved, and harms nobody.
	_ = syscall.Munmap(p.bytes)
	p.bytes = nil
}
