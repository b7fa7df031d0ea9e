package tagseal

import (
	"context"

	"github.com/tetratelabs/wazero/experimental"
)

// A memoryCap keeps the memories of one instance, all together, under a cap. Wazero knows only one for each memory.
type memoryCap struct {
	most uint64
	held uint64
	// exceeded says that the instance asked for more.
	exceeded bool
	// until is what ends when nobody waits for an answer any more. Nothing grows after that.
	until context.Context
}

// Allocate makes a memory without content.
func (c *memoryCap) Allocate(_, most uint64) experimental.LinearMemory {
	return &cappedMemory{cap: c, pages: reserve(min(most, c.most))}
}

// A cappedMemory is one memory of an instance.
type cappedMemory struct {
	cap   *memoryCap
	pages pages
	size  uint64
}

// Reallocate grows the memory. It panics where that is too much, or where nobody waits for an answer any more: wazero
// makes that the error of the call. A component that was only refused the memory would go on in an error path of its own.
func (m *cappedMemory) Reallocate(size uint64) []byte {
	held := m.cap.held + size - m.size
	if isGrowth := m.size > 0; isGrowth && held > m.cap.most {
		m.cap.exceeded = true
		panic(ErrMemory)
	} else if isGrowth && m.cap.until.Err() != nil {
		panic(ErrDeadline)
	}
	grown := m.pages.grow(size)
	if grown != nil {
		m.cap.held, m.size = held, size
	}
	return grown
}

// Free gives the memory back to the system.
func (m *cappedMemory) Free() {
	m.cap.held -= m.size
	m.size = 0
	m.pages.free()
}

// pages are where a memory lies.
type pages interface {
	// grow returns the first bytes, as many as are asked for; those that are new are zero. Nil if there are not as many.
	grow(size uint64) []byte
	free()
}

// heapPages lie in the heap of Go.
type heapPages struct {
	bytes []byte
	most  uint64
}

func (p *heapPages) grow(size uint64) []byte {
	if size > uint64(cap(p.bytes)) {
		grown := make([]byte, size, min(p.most, size+size/2))
		copy(grown, p.bytes)
		p.bytes = grown
	}
	p.bytes = p.bytes[:size]
	return p.bytes
}

func (p *heapPages) free() {
	p.bytes = nil
}
