package vectors

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"tagseal"
)

// A listVector lists the rules of a document.
type listVector struct {
	documentFields
	Name    string    `json:"name"`
	Query   *template `json:"query"`
	Text    *template `json:"text"`
	Listed  *template `json:"listed"`
	Refused *template `json:"refused"`
}

func (v *listVector) title() string { return v.Name }

func (v *listVector) ask(ctx context.Context, component *tagseal.Component) ([]string, error) {
	if err := checkExpectations(v.Listed != nil, v.Refused != nil); err != nil {
		return nil, err
	}
	document, err := v.document()
	if err != nil {
		return nil, err
	}
	query, err := either(v.Query, v.Text)
	if err != nil {
		return nil, err
	}
	listed, err := component.ListRules(ctx, document, query)
	found, refused, err := checkAnswered(v.Refused, err, []string{"invalid", "invalid-document"}, false)
	if refused || err != nil {
		return found, err
	}
	came, err := parse(listed)
	if err != nil {
		return nil, err
	}
	found = differences("/listed", expand(v.Listed.value, notRepeated), came)
	more, err := checkListed(document, query, listed, came)
	return append(found, more...), err
}

// checkListed says what is wrong with a list of rules, whatever was expected.
func checkListed(document, query, listed string, came any) ([]string, error) {
	whole, err := newOutline(document)
	if err != nil {
		return nil, err
	}
	fields, err := rawObject(listed)
	if err != nil {
		return nil, err
	}
	var found []string
	if at(came, "revision") != json.Number(fmt.Sprint(whole.revision)) {
		found = append(found, "/listed/revision: expected that of the document")
	}
	for _, inner := range fields {
		if inner.name != "rules" {
			continue
		}
		rules, err := rawList(inner.value)
		if err != nil {
			return nil, err
		}
		if !isPartOf(rules, whole.rules) {
			found = append(found, "/listed/rules: expected rules of the document, byte for byte and in its order")
		}
	}
	found = append(found, checkDescribed(came)...)
	asked, err := parse(query)
	if err != nil {
		return nil, err
	}
	_, hasNamespaces := asked.(object).get("namespaces")
	if _, has := came.(object).get("without-rule"); has != hasNamespaces {
		found = append(found, "/listed/without-rule: expected where the query gives namespaces, and nowhere else")
	}
	return found, nil
}

// isPartOf says whether texts are all among others, in their order.
func isPartOf(some, others []string) bool {
	for _, text := range some {
		place := slices.Index(others, text)
		if place < 0 {
			return false
		}
		others = others[place+1:]
	}
	return true
}

// checkDescribed says where a rule is not described with every field, under its id.
func checkDescribed(came any) []string {
	rules, described := listOf(at(came, "rules")), listOf(at(came, "described"))
	if len(rules) != len(described) {
		return []string{fmt.Sprintf("/listed/described: expected %d rules, got %d", len(rules), len(described))}
	}
	var found []string
	for number, rule := range described {
		if at(rule, "id") != at(rules[number], "id") {
			found = append(found, fmt.Sprintf("/listed/described/%d/id: expected that of the rule", number))
		}
		for _, name := range []string{"namespace", "enabled", "deletion", "exempt", "note", "preset", "protects"} {
			if _, has := rule.(object).get(name); !has {
				found = append(found, fmt.Sprintf("/listed/described/%d: expected the field %q", number, name))
			}
		}
	}
	return found
}
