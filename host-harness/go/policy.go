package tagseal

import "context"

// A Policy is a policy document, validated and compiled. It never changes, and is safe for concurrent use: for a new
// document, compile that one and close the old policy.
type Policy struct {
	component *Component
	pool      *pool
	revision  uint64
}

// newPolicy compiles a document in the first instance of a new pool.
func newPolicy(ctx context.Context, c *Component, document string) (*Policy, error) {
	first, err := c.compileIn(ctx, document)
	if err != nil {
		return nil, err
	}
	policy := &Policy{component: c, pool: newPool(c, document, first), revision: first.revision}
	if !c.remember(policy.pool) {
		policy.Close()
		return nil, ErrClosed
	}
	return policy, nil
}

// compileIn compiles a document in an instance of its own, both within the deadline for it.
func (c *Component) compileIn(ctx context.Context, document string) (*instance, error) {
	return within(ctx, c, func(ctx context.Context) (*instance, error) {
		i, err := c.start(ctx)
		if err != nil {
			return nil, err
		}
		if err := i.compile(ctx, document); err != nil {
			i.close()
			return nil, err
		}
		return i, nil
	}, func(i *instance) {
		if i != nil {
			i.close()
		}
	})
}

func (i *instance) compile(ctx context.Context, document string) error {
	binding := i.component.binding
	handle, err := put(ctx, i, question[uint32]{
		fn:    binding.compile,
		lower: func(ctx context.Context, i *instance) error { return i.lowerTexts(ctx, 0, document) },
		lift:  func(i *instance, result uint64) (uint32, error) { return i.liftCompiled(uint32(result)) },
	})
	if err != nil {
		return err
	}
	if err := i.hold(handle); err != nil {
		return err
	}
	i.compiled = i.memory.held
	i.revision, err = put(ctx, i, question[uint64]{
		fn:    binding.revision,
		lower: lowerSelf,
		lift:  func(_ *instance, result uint64) (uint64, error) { return result, nil },
	})
	return err
}

// hold takes the handle of the policy from the component: a method is asked by what it stands for.
func (i *instance) hold(handle uint32) error {
	representation, known := i.handles.take(handle)
	if !known {
		return errContract
	}
	i.policy = representation
	return nil
}

// Evaluate decides an event. Total: where no answer comes, the decision is a Denial.
func (p *Policy) Evaluate(ctx context.Context, event *Event) Decision {
	decision, err := p.TryEvaluate(ctx, event)
	if err != nil {
		return Denial(err, p.revision)
	}
	return decision
}

// TryEvaluate decides an event. Where it fails, nothing is decided, and it must not be treated as allowed.
func (p *Policy) TryEvaluate(ctx context.Context, event *Event) (Decision, error) {
	return decide(ctx, p, question[Decision]{
		fn:    p.component.binding.evaluate,
		lower: func(ctx context.Context, i *instance) error { return i.lowerEvent(ctx, event) },
		lift:  func(i *instance, result uint64) (Decision, error) { return i.liftDecision(uint32(result), event) },
	})
}

// EvaluateBatch decides each event by itself, in order, while it enters the component once. Where it fails, none of them
// is decided.
func (p *Policy) EvaluateBatch(ctx context.Context, events []Event) ([]Decision, error) {
	return decide(ctx, p, question[[]Decision]{
		fn:    p.component.binding.evaluateBatch,
		lower: func(ctx context.Context, i *instance) error { return i.lowerEvents(ctx, events) },
		lift:  func(i *instance, result uint64) ([]Decision, error) { return i.liftDecisions(uint32(result), events) },
	})
}

// EvaluateJSON decides an event in JSON, and answers in JSON. An event that can't be read is denied as `malformed`. Where
// it fails, nothing is decided; Denial makes the answer that stands for it.
func (p *Policy) EvaluateJSON(ctx context.Context, event string) (string, error) {
	return decide(ctx, p, textQuestion(p.component.binding.evaluateJSON, event))
}

// ExplainJSON explains what the policy does to one tag, asked in JSON: `{"repository": "prod/app", "tag": "v1"}`. A
// question that can't be read is answered by `{"malformed": "…"}`. The document is read again for it, within the
// deadline for compiling.
func (p *Policy) ExplainJSON(ctx context.Context, question string) (string, error) {
	return study(ctx, p, textQuestion(p.component.binding.explain, question))
}

// Warnings returns what is valid in the document but almost certainly not meant. The document is read again for it,
// within the deadline for compiling.
func (p *Policy) Warnings(ctx context.Context) ([]Diagnostic, error) {
	return study(ctx, p, question[[]Diagnostic]{
		fn:    p.component.binding.warnings,
		lower: lowerSelf,
		lift:  func(i *instance, result uint64) ([]Diagnostic, error) { return i.liftDiagnostics(uint32(result)) },
	})
}

func textQuestion(fn *boundFunc, text string) question[string] {
	return question[string]{
		fn: fn,
		lower: func(ctx context.Context, i *instance) error {
			err := i.lowerTexts(ctx, 1, text)
			i.stack[0] = uint64(i.policy)
			return err
		},
		lift: func(i *instance, result uint64) (string, error) { return i.liftText(uint32(result)) },
	}
}

// Revision is the revision of the document, 0 where it has none.
func (p *Policy) Revision() uint64 { return p.revision }

// Memory is how many bytes its instances hold now, all together.
func (p *Policy) Memory() int64 { return p.pool.memory.Load() }

// Close drops the policy. Calls that are under way come to their end; later ones fail with ErrClosed.
func (p *Policy) Close() { p.pool.close() }

// decide puts a question that is answered at once.
func decide[T any](ctx context.Context, p *Policy, q question[T]) (T, error) {
	var none T
	if ctx.Err() != nil {
		return none, contextError(ctx)
	}
	i, err := p.pool.take(ctx)
	if err != nil {
		return none, err
	}
	if i.engine.interruptible {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, p.component.options.DecisionDeadline, errOwnDeadline)
		defer cancel()
	}
	return putAndGive(ctx, p.pool, i, q)
}

// study puts a question for which the document is read again.
func study[T any](ctx context.Context, p *Policy, q question[T]) (T, error) {
	var none T
	i, err := p.pool.take(ctx)
	if err != nil {
		return none, err
	}
	return within(ctx, p.component, func(ctx context.Context) (T, error) {
		return putAndGive(ctx, p.pool, i, q)
	}, func(T) {})
}

// putAndGive puts a question to an instance of a pool, and gives it back unless it failed.
func putAndGive[T any](ctx context.Context, p *pool, i *instance, q question[T]) (T, error) {
	answer, err := put(ctx, i, q)
	if err != nil && !answered(err) && !unasked(err) {
		p.discard(i)
		var none T
		return none, err
	}
	p.give(i)
	return answer, err
}
