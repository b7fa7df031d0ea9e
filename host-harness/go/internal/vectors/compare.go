package vectors

import (
	"encoding/json"
	"fmt"
	"strings"
)

// differences compares what is expected with what came, part by part: a list has as many elements as are expected, an
// object has at least the fields that are expected, and everything else is equal.
func differences(place string, expected, came any) []string {
	return compare(place, expected, came, false)
}

// wholeDifferences compares so that objects have no other fields either.
func wholeDifferences(place string, expected, came any) []string {
	return compare(place, expected, came, true)
}

func compare(place string, expected, came any, whole bool) []string {
	switch expected := expected.(type) {
	case object:
		came, ok := came.(object)
		if !ok {
			break
		}
		return compareObjects(place, expected, came, whole)
	case []any:
		came, ok := came.([]any)
		if !ok || len(came) != len(expected) {
			break
		}
		var found []string
		for number := range expected {
			found = append(found, compare(fmt.Sprintf("%s/%d", place, number), expected[number], came[number], whole)...)
		}
		return found
	default:
		if expected == came {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s: expected %s, got %s", place, show(expected), show(came))}
}

func compareObjects(place string, expected, came object, whole bool) []string {
	var found []string
	for _, inner := range expected {
		value, ok := came.get(inner.name)
		if !ok {
			found = append(found, fmt.Sprintf("%s/%s: expected %s, got nothing", place, inner.name, show(inner.value)))
			continue
		}
		found = append(found, compare(place+"/"+inner.name, inner.value, value, whole)...)
	}
	if whole {
		for _, inner := range came {
			if _, ok := expected.get(inner.name); !ok {
				found = append(found, fmt.Sprintf("%s/%s: expected nothing, got %s", place, inner.name, show(inner.value)))
			}
		}
	}
	return found
}

// shown is how much of a value is shown.
const shown = 400

func show(value any) string {
	if text, ok := value.(string); ok && len(text) > shown {
		value = text[:shown] + "…"
	}
	var text strings.Builder
	if value == nil {
		return "null"
	}
	writeJSON(&text, value, notRepeated)
	if text.Len() > shown {
		return strings.ToValidUTF8(text.String()[:shown], "") + "…"
	}
	return text.String()
}

// valueOf turns a Go value into objects and lists, by way of JSON.
func valueOf(value any) (any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return parse(string(text))
}
