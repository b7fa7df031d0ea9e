package tagseal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// A pool has the instances that hold one document: lent to one call each, made when calls wait, replaced when they
// failed.
type pool struct {
	component *Component
	// document is kept for the instances to come.
	document string
	// idle has those that nobody uses.
	idle   chan *instance
	mutex  sync.Mutex
	making bool
	closed bool
	// count is how many there are, the one in the making included.
	count int
	// failed is closed when the instance in the making could not be made, and why.
	failed  chan struct{}
	failure error
	memory  atomic.Int64
}

func newPool(c *Component, document string, first *instance) *pool {
	p := &pool{
		component: c,
		document:  document,
		idle:      make(chan *instance, c.options.Instances),
		count:     1,
		failed:    make(chan struct{}),
	}
	p.weigh(first)
	p.idle <- first
	return p
}

// take returns an instance that nobody else has. When all are busy, another one is made beside, and whichever is there
// first is taken.
func (p *pool) take(ctx context.Context) (*instance, error) {
	select {
	case i := <-p.idle:
		return p.taken(i)
	default:
		return p.wait(ctx)
	}
}

func (p *pool) wait(ctx context.Context) (*instance, error) {
	failed, patience, err := p.make()
	if err != nil {
		return nil, err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case i := <-p.idle:
		return p.taken(i)
	case <-failed:
		return nil, p.lastFailure()
	case <-ctx.Done():
		return nil, contextError(ctx)
	case <-timer.C:
		return nil, fmt.Errorf("%w for %v", ErrBusy, patience)
	}
}

func (p *pool) taken(i *instance) (*instance, error) {
	if i == nil {
		return nil, ErrClosed
	}
	return i, nil
}

func (p *pool) lastFailure() error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.failure
}

// make has an instance made by another goroutine, unless one is being made or there are as many as there may be. It
// returns what is closed if that fails while no other instance is left, and how long to wait.
func (p *pool) make() (<-chan struct{}, time.Duration, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	options := &p.component.options
	if p.closed {
		return nil, 0, ErrClosed
	}
	patience := options.DecisionDeadline
	if p.count == 0 || p.making && p.count == 1 {
		patience += options.CompileDeadline
	}
	if !p.making && p.count < options.Instances {
		p.making = true
		p.count++
		go p.add()
	}
	return p.failed, patience, nil
}

// add makes an instance.
func (p *pool) add() {
	i, err := p.component.compileIn(context.Background(), p.document)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.making = false
	switch {
	case err != nil:
		p.count--
		p.failure = err
		var invalid *DocumentError
		if errors.As(err, &invalid) {
			p.failure = fmt.Errorf("%w: it refused a document that it had accepted before", ErrTrap)
		}
		if p.count == 0 {
			close(p.failed)
			p.failed = make(chan struct{})
		}
	case p.closed:
		p.count--
		i.close()
	default:
		p.weigh(i)
		p.idle <- i
	}
}

// give takes back an instance that answered.
func (p *pool) give(i *instance) {
	if i.memory.held > i.compiled+p.component.options.Growth {
		p.discard(i)
		return
	}
	p.weigh(i)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.closed {
		p.remove(i)
		return
	}
	p.idle <- i
}

// discard drops an instance, and has another one made beside.
func (p *pool) discard(i *instance) {
	p.mutex.Lock()
	p.remove(i)
	p.mutex.Unlock()
	// Where it can't be made, the next who asks is informed.
	_, _, _ = p.make()
}

func (p *pool) remove(i *instance) {
	p.count--
	p.memory.Add(-i.weight)
	i.close()
}

// weigh counts what the instance holds now.
func (p *pool) weigh(i *instance) {
	if held := int64(i.memory.held); held != i.weight {
		p.memory.Add(held - i.weight)
		i.weight = held
	}
}

// close drops the instances that are idle, and the others when they are given back.
func (p *pool) close() {
	p.component.forget(p)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.closed {
		return
	}
	p.closed = true
	for len(p.idle) > 0 {
		p.remove(<-p.idle)
	}
	close(p.idle)
}
