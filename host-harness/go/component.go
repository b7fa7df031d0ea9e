package tagseal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/tetratelabs/wazero"

	"tagseal/internal/component"
)

// A Component has the interface of the contract and imports nothing. It is checked and compiled, and is safe for
// concurrent use.
type Component struct {
	options Options
	digest  [sha256.Size]byte
	binding *binding
	cache   wazero.CompilationCache
	engine  *engine

	mutex  sync.Mutex
	closed bool
	// pools are those of policies that are not closed, and live counts instances.
	pools map[*pool]struct{}
	live  sync.WaitGroup
}

// Load checks a component in the binary format, and compiles it or takes it from the cache. Nothing of it runs. Nil
// options are the defaults.
//
// It refuses:
//   - text, a core module, a component that was cut, or one that uses what is not known here (ErrNotComponent)
//   - a component that imports anything at all (ErrImports)
//   - one without the interface of the contract, or with a function of another type (ErrInterface)
//   - one that is too large, or starts with more memory than it may hold (ErrTooLarge)
func Load(ctx context.Context, wasm []byte, options *Options) (*Component, error) {
	c := &Component{options: options.withDefaults(), pools: make(map[*pool]struct{})}
	if len(wasm) > c.options.Component {
		return nil, fmt.Errorf("%w: it has %d bytes, of %d", ErrTooLarge, len(wasm), c.options.Component)
	}
	program, err := link(wasm)
	if err != nil {
		return nil, err
	}
	contract, err := readTable()
	if err != nil {
		return nil, err
	}
	face, err := contract.check(program)
	if err != nil {
		return nil, err
	}
	modules, err := rewrite(program, c.options.Memory)
	if err != nil {
		return nil, err
	}
	c.digest = sha256.Sum256(wasm)
	c.binding = bind(face)
	if err := c.compile(ctx, modules, contract, face); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func link(wasm []byte) (*component.Program, error) {
	program, err := component.Link(wasm)
	var imports *component.ImportsError
	switch {
	case errors.As(err, &imports):
		return nil, fmt.Errorf("%w: %w", ErrImports, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrNotComponent, err)
	default:
		return program, nil
	}
}

// rewrite prepares the core modules for wazero.
func rewrite(program *component.Program, memory uint64) ([]component.Module, error) {
	modules := make([]component.Module, len(program.Steps))
	var starts uint64
	for i, step := range program.Steps {
		module, err := step.Rewrite()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotComponent, err)
		}
		modules[i] = module
		starts += uint64(module.InitialPages) * component.PageSize
	}
	if starts > memory {
		return nil, fmt.Errorf("%w: it starts with %d bytes of memory, of %d", ErrTooLarge, starts, memory)
	}
	return modules, nil
}

func (c *Component) compile(ctx context.Context, modules []component.Module, contract *table, face component.Interface) error {
	var err error
	if c.cache, err = c.options.Cache.open(); err != nil {
		return err
	}
	// The built-in component always comes to an end. Code that can be interrupted takes several times as long.
	if c.engine, err = newEngine(ctx, modules, c.cache, c.options, !isEmbedded(c.digest)); err != nil {
		return err
	}
	if err := contract.checkCore(c.engine, face); err != nil {
		return err
	}
	return c.engine.addBuiltIns(ctx, face.Resources[resourceName])
}

// Digest returns the SHA-256 of the component in hex digits.
func (c *Component) Digest() string {
	return hex.EncodeToString(c.digest[:])
}

// Compile validates and compiles a policy document.
//
// It fails with a DocumentError where the document is invalid, which has every problem, and with another error where the
// component fails.
func (c *Component) Compile(ctx context.Context, document string) (*Policy, error) {
	return newPolicy(ctx, c, document)
}

// ListRules lists the rules of a document. The query is JSON, and so is the answer: `{}` asks for all.
//
// It fails with a RefusalError where the query or the document is invalid.
func (c *Component) ListRules(ctx context.Context, document, query string) (string, error) {
	return ask(ctx, c, c.binding.list, (*instance).liftListed, document, query)
}

// ChangeRules makes a change, which is JSON, to the rules of a document. The host stores the new document.
//
// It fails with a RefusalError where the change can't be made.
func (c *Component) ChangeRules(ctx context.Context, document, change string) (*Changed, error) {
	return ask(ctx, c, c.binding.change, (*instance).liftChanged, document, change)
}

// ImportRules turns the rules of another registry, as its API answered them, into a policy document. Options are JSON:
// `{}`, or `{"namespace": "prod", "instance": "registry-prod"}`.
//
// It fails with a RefusalError where the format is unknown, or the text or the options are invalid.
func (c *Component) ImportRules(ctx context.Context, format, text, options string) (*Converted, error) {
	return ask(ctx, c, c.binding.imports, (*instance).liftConverted, format, text, options)
}

// ExportRules turns a policy document into the rules of another registry that say the same. Options are those of an
// import.
//
// It fails with a RefusalError where the format is unknown or can't say it, or the document or the options are invalid.
func (c *Component) ExportRules(ctx context.Context, format, document, options string) (*Converted, error) {
	return ask(ctx, c, c.binding.exports, (*instance).liftConverted, format, document, options)
}

// ask asks a function of texts in an instance of its own, within the deadline for compiling.
func ask[T any](ctx context.Context, c *Component, fn *boundFunc, lift func(*instance, uint32) (T, error), texts ...string) (T, error) {
	return within(ctx, c, func(ctx context.Context) (T, error) {
		i, err := c.start(ctx)
		if err != nil {
			var none T
			return none, err
		}
		defer i.close()
		return put(ctx, i, question[T]{
			fn:    fn,
			lower: func(ctx context.Context, i *instance) error { return i.lowerTexts(ctx, 0, texts...) },
			lift:  func(i *instance, result uint64) (T, error) { return lift(i, uint32(result)) },
		})
	}, func(T) {})
}

// Close closes all policies of the component, waits for calls that are under way, and gives back what the component holds.
// Later calls fail with ErrClosed.
func (c *Component) Close() error {
	for _, open := range c.shut() {
		open.close()
	}
	c.live.Wait()
	if c.engine != nil {
		c.engine.close()
	}
	if c.cache != nil {
		return c.cache.Close(context.Background())
	}
	return nil
}

// shut lets no instance start any more, and returns the pools that have some.
func (c *Component) shut() []*pool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.closed = true
	return slices.Collect(maps.Keys(c.pools))
}

// add counts an instance, unless the component is closed.
func (c *Component) add() error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.closed {
		return ErrClosed
	}
	c.live.Add(1)
	return nil
}

// remember keeps a pool, to be closed with the component. It says no where the component is closed already.
func (c *Component) remember(p *pool) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !c.closed {
		c.pools[p] = struct{}{}
	}
	return !c.closed
}

func (c *Component) forget(p *pool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.pools, p)
}
