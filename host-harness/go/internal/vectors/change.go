package vectors

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"tagseal"
)

// A changeVector changes the rules of a document.
type changeVector struct {
	documentFields
	Name    string           `json:"name"`
	Change  *template        `json:"change"`
	Text    *template        `json:"text"`
	Changed *expectedChanged `json:"changed"`
	Refused *template        `json:"refused"`
}

// expectedChanged is what is expected of a change that is made.
type expectedChanged struct {
	Document     *template `json:"document"`
	DocumentText *template `json:"document-text"`
	Rules        *template `json:"rules"`
	Revision     *template `json:"revision"`
}

func (v *changeVector) title() string { return v.Name }

func (v *changeVector) ask(ctx context.Context, component *tagseal.Component) ([]string, error) {
	if err := checkExpectations(v.Changed != nil, v.Refused != nil); err != nil {
		return nil, err
	}
	document, err := v.document()
	if err != nil {
		return nil, err
	}
	change, err := either(v.Change, v.Text)
	if err != nil {
		return nil, err
	}
	changed, err := component.ChangeRules(ctx, document, change)
	codes := []string{"invalid", "invalid-document", "stale", "not-found", "namespace-fixed", "conflict"}
	found, refused, err := checkAnswered(v.Refused, err, codes, true)
	if refused || err != nil {
		return found, err
	}
	found, err = v.Changed.compare(changed)
	if err != nil {
		return nil, err
	}
	more, err := checkChange(ctx, component, document, changed)
	return append(found, more...), err
}

func (e *expectedChanged) compare(changed *tagseal.Changed) ([]string, error) {
	came, err := valueOf(map[string]any{"rules": changed.Rules, "revision": changed.Revision})
	if err != nil {
		return nil, err
	}
	var found []string
	for name, expected := range map[string]*template{"rules": e.Rules, "revision": e.Revision} {
		if expected != nil {
			found = append(found, differences("/changed/"+name, expand(expected.value, notRepeated), at(came, name))...)
		}
	}
	if e.DocumentText != nil {
		found = append(found, differences("/changed/document-text", e.DocumentText.text(), changed.Document)...)
	}
	if e.Document != nil {
		document, err := parse(changed.Document)
		if err != nil {
			return nil, err
		}
		found = append(found, differences("/changed/document", expand(e.Document.value, notRepeated), document)...)
	}
	return found, nil
}

// checkChange says what is wrong with a new document, whatever was expected.
func checkChange(ctx context.Context, component *tagseal.Component, before string, changed *tagseal.Changed) ([]string, error) {
	policy, err := component.Compile(ctx, changed.Document)
	if err != nil {
		return nil, fmt.Errorf("the new document: %w", err)
	}
	defer policy.Close()
	old, err := newOutline(before)
	if err != nil {
		return nil, err
	}
	new, err := newOutline(changed.Document)
	if err != nil {
		return nil, err
	}
	ids := make(map[uint64]bool)
	for _, rule := range changed.Rules {
		ids[rule.ID] = true
	}
	isChanged := before != changed.Document
	revision := old.revision
	if isChanged {
		revision++
	}
	var found []string
	expect := func(holds bool, what string) {
		if !holds {
			found = append(found, "/changed: expected "+what)
		}
	}
	expect(policy.Revision() == changed.Revision, "a document that compiles to a policy of the revision")
	expect(changed.Revision == revision, "a revision that is one more where anything changed")
	expect(slices.Equal(old.without(ids), new.without(ids)), "all other rules as they were, byte for byte")
	expect(maps.Equal(old.otherFields(), new.otherFields()), "all other fields as they were, byte for byte")
	for id := range ids {
		expect(slices.Contains(old.ids, id) || id >= old.freeID(), "an id that was never given")
	}
	expect(!isChanged || new.nextID >= max(old.freeID(), new.freeID()), "a `next-id` that was never given")
	for _, rule := range changed.Rules {
		place := slices.Index(new.ids, rule.ID)
		if rule.Rule == nil {
			expect(place < 0, "a rule without a text only where it was deleted")
		} else {
			expect(place >= 0 && new.rules[place] == *rule.Rule, "the text of each rule as it is in the new document")
		}
	}
	return found, nil
}

// otherFields are all fields that a change of rules leaves alone. Overrides are changed by changes of their own.
func (o *outline) otherFields() map[string]string {
	others := maps.Clone(o.others)
	delete(others, "overrides")
	return others
}
