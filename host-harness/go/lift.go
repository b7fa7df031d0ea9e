package tagseal

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Where the parts of results begin, and what they take, as wit/interface.json has them. A test compares them.
const (
	sizeDecision    = 80
	sizeTagDecision = 64
	sizeDiagnostic  = 36
	sizeChangedRule = 32
	sizeResult      = 48
	sizeCompiled    = 12
)

var errContract = fmt.Errorf("%w: it breaks the contract", ErrAnswer)

// A view is memory of the component that holds a value. Its numbers are little-endian.
type view []byte

func (v view) u32(at int) uint32 { return binary.LittleEndian.Uint32(v[at:]) }
func (v view) u64(at int) uint64 { return binary.LittleEndian.Uint64(v[at:]) }

// view returns what lies at an address, without a copy.
func (i *instance) view(at, size, align uint32) (view, error) {
	bytes, inside := i.current.memory.Read(at, size)
	if !inside || at%align != 0 {
		return nil, errContract
	}
	return bytes, nil
}

// spend counts bytes of the answer.
func (i *instance) spend(bytes uint64) error {
	if bytes > uint64(i.budget) {
		return fmt.Errorf("%w: it takes more than %d bytes", ErrAnswer, i.component.options.Answer)
	}
	i.budget -= int(bytes)
	return nil
}

// bytes returns what a text at a place of a view consists of, without a copy.
func (i *instance) bytes(v view, at int) ([]byte, error) {
	length := v.u32(at + 4)
	if err := i.spend(uint64(length)); err != nil {
		return nil, err
	}
	text, err := i.view(v.u32(at), length, 1)
	if err == nil && !utf8.Valid(text) {
		err = errContract
	}
	return text, err
}

func (i *instance) text(v view, at int) (string, error) {
	bytes, err := i.bytes(v, at)
	return string(bytes), err
}

// word is a text that is one of a few words most of the time, which then takes no memory of its own.
func (i *instance) word(v view, at int) (string, error) {
	bytes, err := i.bytes(v, at)
	if known, ok := words[string(bytes)]; ok {
		return known, err
	}
	return string(bytes), err
}

// words are the codes of decisions.
var words = func() map[string]string {
	known := make(map[string]string)
	for _, word := range []string{
		"unprotected", "first-push", "same-digest", "exempt", "deletion-allowed", "override", "immutable", "retired",
		"state-unknown", "malformed",
	} {
		known[word] = word
	}
	return known
}()

// A lifter reads a value, and remembers the first error of several.
type lifter struct {
	*instance
	err error
}

func (l *lifter) text(v view, at int) string {
	text, err := l.instance.text(v, at)
	l.note(err)
	return text
}

func (l *lifter) word(v view, at int) string {
	text, err := l.instance.word(v, at)
	l.note(err)
	return text
}

func (l *lifter) note(err error) {
	if l.err == nil {
		l.err = err
	}
}

// number reads a case, of so many.
func (l *lifter) number(v view, at int, cases byte) byte {
	if v[at] >= cases {
		l.note(errContract)
	}
	return v[at]
}

// present reads whether an optional value is there.
func (l *lifter) present(v view, at int) bool {
	return l.number(v, at, 2) == 1
}

func (l *lifter) optionalU64(v view, at int) *uint64 {
	if !l.present(v, at) {
		return nil
	}
	value := v.u64(at + 8)
	return &value
}

func (l *lifter) optionalText(v view, at int) *string {
	if !l.present(v, at) {
		return nil
	}
	value := l.text(v, at+4)
	return &value
}

func (l *lifter) outcome(v view, at int) Outcome {
	if l.number(v, at, 2) == 0 {
		return Allow
	}
	return Deny
}

// list reads a list: how many elements it has, and where they are.
func (l *lifter) list(v view, at int, size, align uint32) (elements view, count int) {
	if l.err != nil {
		return nil, 0
	}
	length := uint64(v.u32(at+4)) * uint64(size)
	if err := l.spend(length); err != nil {
		l.note(err)
		return nil, 0
	}
	elements, err := l.view(v.u32(at), uint32(length), align)
	l.note(err)
	if err != nil {
		return nil, 0
	}
	return elements, int(v.u32(at + 4))
}

// decidedBy are the rule, the namespace and the pair of a decision, in one piece of memory.
type decidedBy struct {
	rule      uint64
	namespace string
	pair      uint32
}

// decidedBy reads a rule, a namespace and a pair, which begin at these places.
func (l *lifter) decidedBy(v view, rule, namespace, pair int) (*uint64, *string, *uint32) {
	hasRule, hasNamespace, hasPair := l.present(v, rule), l.present(v, namespace), l.present(v, pair)
	if !hasRule && !hasNamespace && !hasPair {
		return nil, nil, nil
	}
	by := &decidedBy{rule: v.u64(rule + 8), pair: v.u32(pair + 4)}
	var ruleOf *uint64
	var namespaceOf *string
	var pairOf *uint32
	if hasRule {
		ruleOf = &by.rule
	}
	if hasNamespace {
		by.namespace = l.namespace(v, namespace+4)
		namespaceOf = &by.namespace
	}
	if hasPair {
		pairOf = &by.pair
	}
	return ruleOf, namespaceOf, pairOf
}

// namespace reads a namespace. It is that of the last decision as a rule.
func (l *lifter) namespace(v view, at int) string {
	bytes, err := l.bytes(v, at)
	l.note(err)
	if string(bytes) != l.lastNamespace {
		l.lastNamespace = string(bytes)
	}
	return l.lastNamespace
}

// liftDecision reads the decision for an event, whose tags, in their order, are those of the answer as a rule.
func (i *instance) liftDecision(result uint32, event *Event) (Decision, error) {
	v, err := i.view(result, sizeDecision, 8)
	if err != nil {
		return Decision{}, err
	}
	l := &lifter{instance: i}
	decision := l.decision(v, event)
	return decision, l.err
}

// liftDecisions reads the decisions for a batch.
func (i *instance) liftDecisions(result uint32, events []Event) ([]Decision, error) {
	v, err := i.view(result, 8, 4)
	if err != nil {
		return nil, err
	}
	l := &lifter{instance: i}
	elements, count := l.list(v, 0, sizeDecision, 8)
	if l.err == nil && count != len(events) {
		return nil, errContract
	}
	decisions := make([]Decision, count)
	for number := range decisions {
		decisions[number] = l.decision(elements[number*sizeDecision:], &events[number])
	}
	return decisions, l.err
}

func (l *lifter) decision(v view, event *Event) Decision {
	decision := Decision{
		Outcome:  l.outcome(v, 0),
		Code:     l.word(v, 4),
		Revision: v.u64(56),
		Message:  l.text(v, 64),
	}
	decision.Rule, decision.Namespace, decision.Pair = l.decidedBy(v, 16, 32, 44)
	elements, count := l.list(v, 72, sizeTagDecision, 8)
	decision.Tags = make([]TagDecision, count)
	for number := range decision.Tags {
		l.tagDecision(elements[number*sizeTagDecision:], &decision.Tags[number], tagOf(event, number))
	}
	return decision
}

func (l *lifter) tagDecision(v view, decision *TagDecision, expected string) {
	tag, err := l.bytes(v, 0)
	l.note(err)
	if decision.Tag = expected; string(tag) != expected {
		decision.Tag = string(tag)
	}
	decision.Outcome = l.outcome(v, 8)
	decision.Code = l.word(v, 12)
	decision.Rule, decision.Namespace, decision.Pair = l.decidedBy(v, 24, 40, 52)
	decision.Precondition = Precondition(l.number(v, 60, 3))
}

// tagOf is a tag of an event, by its place.
func tagOf(event *Event, number int) string {
	switch operation := event.Operation.(type) {
	case Write:
		if number < len(operation.Tags) {
			return operation.Tags[number].Tag
		}
	case *Write:
		if number < len(operation.Tags) {
			return operation.Tags[number].Tag
		}
	case DeleteTag:
		return operation.Tag
	case *DeleteTag:
		return operation.Tag
	}
	return ""
}

// liftCompiled reads the handle of a policy.
func (i *instance) liftCompiled(result uint32) (uint32, error) {
	v, err := i.view(result, sizeCompiled, 4)
	if err != nil {
		return 0, err
	}
	l := &lifter{instance: i}
	if l.number(v, 0, 2) == 0 {
		return v.u32(4), nil
	}
	diagnostics := l.diagnostics(v, 4)
	if l.err == nil {
		l.err = &DocumentError{diagnostics}
	}
	return 0, l.err
}

// liftDiagnostics reads a list of diagnostics.
func (i *instance) liftDiagnostics(result uint32) ([]Diagnostic, error) {
	v, err := i.view(result, 8, 4)
	if err != nil {
		return nil, err
	}
	l := &lifter{instance: i}
	diagnostics := l.diagnostics(v, 0)
	return diagnostics, l.err
}

func (l *lifter) diagnostics(v view, at int) []Diagnostic {
	elements, count := l.list(v, at, sizeDiagnostic, 4)
	diagnostics := make([]Diagnostic, count)
	for number := range diagnostics {
		v := elements[number*sizeDiagnostic:]
		diagnostics[number] = Diagnostic{
			Severity: Severity(l.number(v, 0, 2)),
			Pointer:  l.text(v, 4),
			Line:     v.u32(12),
			Column:   v.u32(16),
			Message:  l.text(v, 20),
			Help:     l.text(v, 28),
		}
	}
	return diagnostics
}

// liftText reads a text.
func (i *instance) liftText(result uint32) (string, error) {
	v, err := i.view(result, 8, 4)
	if err != nil {
		return "", err
	}
	return i.text(v, 0)
}

// refusable reads a result whose error is a refusal. The value begins after 8 bytes.
func refusable[T any](i *instance, result uint32, read func(*lifter, view) T) (T, error) {
	var none T
	v, err := i.view(result, sizeResult, 8)
	if err != nil {
		return none, err
	}
	l := &lifter{instance: i}
	if l.number(v, 0, 2) == 0 {
		value := read(l, v[8:])
		return value, l.err
	}
	refusal := l.refusal(v[8:])
	if l.err == nil {
		l.err = &RefusalError{refusal}
	}
	return none, l.err
}

func (l *lifter) refusal(v view) Refusal {
	return Refusal{
		Code:        l.text(v, 0),
		Message:     l.text(v, 8),
		Rule:        l.optionalU64(v, 16),
		Diagnostics: l.diagnostics(v, 32),
	}
}

// liftListed reads the answer about rules.
func (i *instance) liftListed(result uint32) (string, error) {
	return refusable(i, result, func(l *lifter, v view) string { return l.text(v, 0) })
}

// liftChanged reads the result of a change.
func (i *instance) liftChanged(result uint32) (*Changed, error) {
	return refusable(i, result, func(l *lifter, v view) *Changed {
		changed := &Changed{Document: l.text(v, 0), Revision: v.u64(8)}
		elements, count := l.list(v, 16, sizeChangedRule, 8)
		changed.Rules = make([]ChangedRule, count)
		for number := range changed.Rules {
			v := elements[number*sizeChangedRule:]
			changed.Rules[number] = ChangedRule{ID: v.u64(0), Rule: l.optionalText(v, 8), Warnings: l.diagnostics(v, 20)}
		}
		return changed
	})
}

// liftConverted reads the result of an import or an export.
func (i *instance) liftConverted(result uint32) (*Converted, error) {
	return refusable(i, result, func(l *lifter, v view) *Converted {
		return &Converted{Text: l.text(v, 0), Losses: l.diagnostics(v, 8)}
	})
}
