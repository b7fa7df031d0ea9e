package tagseal

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"
)

// The numbers of cases, and the sizes of elements of lists, as wit/interface.json has them. A test compares them.
const (
	caseAbsent  = 0
	caseDigest  = 1
	caseUnknown = 2
	caseRetired = 3

	caseWrite          = 0
	caseDeleteTag      = 1
	caseDeleteManifest = 2

	caseTagsKnown   = 0
	caseTagsUnknown = 1

	sizeEvent    = 44
	sizeTagWrite = 20
	sizeString   = 8
	sizeFact     = 16
	alignAll     = 4
)

// allocate asks the component for memory.
func (i *instance) allocate(ctx context.Context, size int, align uint32) (uint32, error) {
	if size == 0 {
		return align, nil
	}
	if uint64(size) > math.MaxUint32 {
		return 0, fmt.Errorf("%w: %d bytes of a question", ErrMemory, size)
	}
	i.stack[0], i.stack[1], i.stack[2], i.stack[3] = 0, 0, uint64(align), uint64(size)
	if err := i.current.realloc.CallWithStack(ctx, i.stack[:]); err != nil {
		return 0, err
	}
	at := uint32(i.stack[0])
	if at%align != 0 || uint64(at)+uint64(size) > uint64(i.current.memory.Size()) {
		return 0, fmt.Errorf("%w: it allocated outside its memory", ErrAnswer)
	}
	return at, nil
}

// lowerText copies a text into the component.
func (i *instance) lowerText(ctx context.Context, text string) (uint32, error) {
	if !utf8.ValidString(text) {
		return 0, ErrText
	}
	at, err := i.allocate(ctx, len(text), 1)
	if err == nil && !i.current.memory.WriteString(at, text) && text != "" {
		err = fmt.Errorf("%w: it allocated outside its memory", ErrAnswer)
	}
	return at, err
}

// lowerTexts writes texts to the stack, after so many values that are written later. The answer may be longer by what the
// texts take, several times: documents come back changed, and rules in other words.
func (i *instance) lowerTexts(ctx context.Context, after int, texts ...string) error {
	var params [6]uint64
	for number, text := range texts {
		at, err := i.lowerText(ctx, text)
		if err != nil {
			return err
		}
		params[2*number], params[2*number+1] = uint64(at), uint64(len(text))
		i.budget += 8 * len(text)
	}
	copy(i.stack[after:], params[:2*len(texts)])
	return nil
}

// lowerSelf writes the policy to the stack.
func lowerSelf(_ context.Context, i *instance) error {
	i.stack[0] = uint64(i.policy)
	return nil
}

// lowerEvent writes an event to the stack, after the policy. Its operation takes 9 values, its context 2.
func (i *instance) lowerEvent(ctx context.Context, event *Event) error {
	if event == nil {
		return ErrEvent
	}
	var words [11]uint32
	if err := i.lowerOperation(ctx, event.Operation, (*[9]uint32)(words[:9])); err != nil {
		return err
	}
	var err error
	if words[9], err = i.lowerContext(ctx, event.Context); err != nil {
		return err
	}
	words[10] = uint32(len(event.Context))
	i.stack[0] = uint64(i.policy)
	for number, word := range words {
		i.stack[1+number] = uint64(word)
	}
	return nil
}

// lowerEvents writes a list of events to the stack, after the policy.
func (i *instance) lowerEvents(ctx context.Context, events []Event) error {
	list := make([]byte, 0, len(events)*sizeEvent)
	for number := range events {
		var words [9]uint32
		if err := i.lowerOperation(ctx, events[number].Operation, &words); err != nil {
			return err
		}
		facts, err := i.lowerContext(ctx, events[number].Context)
		if err != nil {
			return err
		}
		for _, word := range words {
			list = binary.LittleEndian.AppendUint32(list, word)
		}
		list = binary.LittleEndian.AppendUint32(list, facts)
		list = binary.LittleEndian.AppendUint32(list, uint32(len(events[number].Context)))
	}
	at, err := i.lowerList(ctx, list)
	i.stack[0], i.stack[1], i.stack[2] = uint64(i.policy), uint64(at), uint64(len(events))
	return err
}

// lowerOperation gives the nine values of an operation: its case, and what it is about. In memory they have the same
// order, each in four bytes: all parts are texts and lists, and a bool stands at the end.
func (i *instance) lowerOperation(ctx context.Context, operation Operation, words *[9]uint32) error {
	switch operation := operation.(type) {
	case Write:
		return i.lowerWrite(ctx, &operation, words)
	case *Write:
		if operation == nil {
			return ErrEvent
		}
		return i.lowerWrite(ctx, operation, words)
	case DeleteTag:
		return i.lowerDeleteTag(ctx, &operation, words)
	case *DeleteTag:
		if operation == nil {
			return ErrEvent
		}
		return i.lowerDeleteTag(ctx, operation, words)
	case DeleteManifest:
		return i.lowerDeleteManifest(ctx, &operation, words)
	case *DeleteManifest:
		if operation == nil {
			return ErrEvent
		}
		return i.lowerDeleteManifest(ctx, operation, words)
	default:
		return ErrEvent
	}
}

func (i *instance) lowerWrite(ctx context.Context, write *Write, words *[9]uint32) error {
	words[0] = caseWrite
	if err := i.lowerInto(ctx, words[1:], write.Repository, write.Digest); err != nil {
		return err
	}
	i.scratch = i.scratch[:0]
	for number := range write.Tags {
		if err := i.lowerTagWrite(ctx, &write.Tags[number]); err != nil {
			return err
		}
	}
	at, err := i.lowerList(ctx, i.scratch)
	words[5], words[6] = at, uint32(len(write.Tags))
	return err
}

func (i *instance) lowerTagWrite(ctx context.Context, tag *TagWrite) error {
	var words [2]uint32
	if err := i.lowerInto(ctx, words[:], tag.Tag); err != nil {
		return err
	}
	var current uint32
	var digest [2]uint32
	switch tag.Current.State {
	case StateAbsent:
		current = caseAbsent
	case StateDigest:
		current = caseDigest
	case StateRetired:
		current = caseRetired
	default:
		current = caseUnknown
	}
	if current == caseDigest || current == caseRetired {
		if err := i.lowerInto(ctx, digest[:], tag.Current.Digest); err != nil {
			return err
		}
	}
	for _, word := range [...]uint32{words[0], words[1], current, digest[0], digest[1]} {
		i.scratch = binary.LittleEndian.AppendUint32(i.scratch, word)
	}
	return nil
}

func (i *instance) lowerDeleteTag(ctx context.Context, remove *DeleteTag, words *[9]uint32) error {
	words[0], words[5] = caseDeleteTag, asWord(remove.Remembers)
	return i.lowerInto(ctx, words[1:], remove.Repository, remove.Tag)
}

func (i *instance) lowerDeleteManifest(ctx context.Context, remove *DeleteManifest, words *[9]uint32) error {
	words[0], words[5], words[8] = caseDeleteManifest, caseTagsUnknown, asWord(remove.Remembers)
	if err := i.lowerInto(ctx, words[1:], remove.Repository, remove.Digest); err != nil {
		return err
	}
	if !remove.TagsKnown {
		return nil
	}
	i.scratch = i.scratch[:0]
	for _, tag := range remove.Tags {
		if err := i.lowerElement(ctx, tag); err != nil {
			return err
		}
	}
	at, err := i.lowerList(ctx, i.scratch)
	words[5], words[6], words[7] = caseTagsKnown, at, uint32(len(remove.Tags))
	return err
}

func (i *instance) lowerContext(ctx context.Context, facts []Fact) (uint32, error) {
	i.scratch = i.scratch[:0]
	for number := range facts {
		if err := i.lowerElement(ctx, facts[number].Key); err != nil {
			return 0, err
		}
		if err := i.lowerElement(ctx, facts[number].Value); err != nil {
			return 0, err
		}
	}
	return i.lowerList(ctx, i.scratch)
}

// lowerInto copies texts into the component, and gives where each is and how long.
func (i *instance) lowerInto(ctx context.Context, words []uint32, texts ...string) error {
	for number, text := range texts {
		at, err := i.lowerText(ctx, text)
		if err != nil {
			return err
		}
		words[2*number], words[2*number+1] = at, uint32(len(text))
	}
	return nil
}

// lowerElement adds a text to the list that is put together.
func (i *instance) lowerElement(ctx context.Context, text string) error {
	at, err := i.lowerText(ctx, text)
	i.scratch = binary.LittleEndian.AppendUint32(i.scratch, at)
	i.scratch = binary.LittleEndian.AppendUint32(i.scratch, uint32(len(text)))
	return err
}

// lowerList copies the elements of a list into the component.
func (i *instance) lowerList(ctx context.Context, list []byte) (uint32, error) {
	at, err := i.allocate(ctx, len(list), alignAll)
	if err == nil && len(list) > 0 {
		i.current.memory.Write(at, list)
	}
	return at, err
}

func asWord(value bool) uint32 {
	if value {
		return 1
	}
	return 0
}
