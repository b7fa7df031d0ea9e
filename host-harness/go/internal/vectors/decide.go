package vectors

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"tagseal"
)

// A decideVector decides an event by a document.
type decideVector struct {
	policyFields
	Event    *template `json:"event"`
	Decision *template `json:"decision"`
}

func (v *decideVector) ask(ctx context.Context, component *tagseal.Component) ([]string, error) {
	event, err := either(v.Event, v.Text)
	if err != nil {
		return nil, err
	}
	policy, err := component.Compile(ctx, v.Document.json())
	if err != nil {
		return nil, err
	}
	defer policy.Close()
	text, err := policy.EvaluateJSON(ctx, event)
	if err != nil {
		return nil, err
	}
	came, err := parse(text)
	if err != nil {
		return nil, err
	}
	found := differences("", expand(v.Decision.value, notRepeated), came)
	typed, isEvent := typedEvent(event)
	if !isEvent {
		return found, nil
	}
	asTyped, err := askTyped(ctx, policy, typed, text)
	return append(found, asTyped...), err
}

// askTyped asks the same event typed and in a batch. Both answers are that in JSON, byte for byte.
func askTyped(ctx context.Context, policy *tagseal.Policy, event *tagseal.Event, text string) ([]string, error) {
	decision, err := policy.TryEvaluate(ctx, event)
	if err != nil {
		return nil, err
	}
	batch, err := policy.EvaluateBatch(ctx, []tagseal.Event{*event, *event})
	if err != nil {
		return nil, err
	}
	found := checkMessage(&decision)
	for _, other := range append(batch, decision) {
		written, err := inJSON(other)
		if err != nil {
			return nil, err
		}
		if written != text {
			found = append(found, fmt.Sprintf("expected the same answer typed and in JSON, got %s and %s", written, text))
		}
	}
	return found, nil
}

// inJSON writes a decision as the component does.
func inJSON(decision tagseal.Decision) (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(decision)
	return string(bytes.TrimSuffix(text.Bytes(), []byte("\n"))), err
}
