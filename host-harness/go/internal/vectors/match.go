package vectors

import (
	"context"
	"encoding/json"
	"fmt"

	"tagseal"
)

// A matchVector matches a pattern against names.
type matchVector struct {
	Name    string    `json:"name"`
	Of      string    `json:"of"`
	Pattern *template `json:"pattern"`
	Matches *template `json:"matches"`
	Misses  *template `json:"misses"`
}

func (v *matchVector) title() string { return v.Name }

// inherit does nothing: a document at the head of a file serves no vector of this kind.
func (v *matchVector) inherit(*template) {}

// ask asks for the delete of each name by two documents: the pattern stands under `matches` in one, and under `excludes` in
// the other.
func (v *matchVector) ask(ctx context.Context, component *tagseal.Component) ([]string, error) {
	var found []string
	for _, selector := range []string{"matches", "excludes"} {
		policy, err := component.Compile(ctx, v.document(selector))
		if err != nil {
			return nil, err
		}
		defer policy.Close()
		for _, names := range []struct {
			listed  *template
			matches bool
		}{{v.Matches, true}, {v.Misses, false}} {
			expected := "unprotected"
			if names.matches == (selector == "matches") {
				expected = "immutable"
			}
			more, err := v.askNames(ctx, policy, names.listed, expected)
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
		}
	}
	return found, nil
}

func (v *matchVector) document(selector string) string {
	all := object{{"matches", "**"}}
	pair := object{{"repositories", all}, {"tags", object{{selector, v.Pattern.value}}}}
	if v.Of == "repositories" {
		pair = object{{"repositories", object{{selector, v.Pattern.value}}}, {"tags", all}}
	}
	one := json.Number("1")
	rule := object{{"id", one}, {"namespace", "*"}, {"protects", []any{pair}}}
	return template{object{{"version", one}, {"rules", []any{rule}}}}.json()
}

func (v *matchVector) askNames(ctx context.Context, policy *tagseal.Policy, listed *template, expected string) ([]string, error) {
	if listed == nil {
		return nil, nil
	}
	var found []string
	for _, name := range listOf(expand(listed.value, notRepeated)) {
		remove := tagseal.DeleteTag{Repository: "a", Tag: textOf(name)}
		if v.Of == "repositories" {
			remove = tagseal.DeleteTag{Repository: textOf(name), Tag: "a"}
		}
		decision, err := policy.TryEvaluate(ctx, &tagseal.Event{Operation: remove})
		if err != nil {
			return nil, err
		}
		if decision.Code != expected {
			found = append(found, fmt.Sprintf("%v: expected %s, got %s", name, expected, decision.Code))
		}
	}
	return found, nil
}
