package vectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// An object is one of JSON, with its fields in their order.
type object []field

type field struct {
	name  string
	value any
}

// get returns a field, and whether there is one.
func (o object) get(name string) (any, bool) {
	for _, field := range o {
		if field.name == name {
			return field.value, true
		}
	}
	return nil, false
}

// parse reads JSON into objects, lists ([]any), texts, numbers (json.Number), booleans and nil. An object with a field
// twice is refused.
func parse(text string) (any, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	value, err := parseValue(decoder)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("something stands after the value")
	}
	return value, nil
}

func parseValue(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return parseObject(decoder)
	case json.Delim('['):
		list := []any{}
		for decoder.More() {
			element, err := parseValue(decoder)
			if err != nil {
				return nil, err
			}
			list = append(list, element)
		}
		_, err := decoder.Token()
		return list, err
	default:
		return token, nil
	}
}

func parseObject(decoder *json.Decoder) (object, error) {
	parsed := object{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		if _, twice := parsed.get(name.(string)); twice {
			return nil, fmt.Errorf("the field %q comes twice", name)
		}
		value, err := parseValue(decoder)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, field{name.(string), value})
	}
	_, err := decoder.Token()
	return parsed, err
}

// at follows names into objects. Nil where there is nothing.
func at(value any, names ...string) any {
	for _, name := range names {
		inner, ok := value.(object)
		if !ok {
			return nil
		}
		value, _ = inner.get(name)
	}
	return value
}

// listOf is the value as a list, empty where it is not one.
func listOf(value any) []any {
	list, _ := value.([]any)
	return list
}

// textOf is the value as a text, empty where it is not one.
func textOf(value any) string {
	text, _ := value.(string)
	return text
}

// quote writes a text as JSON.
func quote(to *strings.Builder, text string) {
	encoder := json.NewEncoder(noNewline{to})
	encoder.SetEscapeHTML(false)
	// A text can always be written, and so can a builder.
	_ = encoder.Encode(text)
}

// noNewline leaves out the end of the line that an encoder writes.
type noNewline struct {
	to *strings.Builder
}

func (n noNewline) Write(text []byte) (int, error) {
	end := len(text)
	if end > 0 && text[end-1] == '\n' {
		end--
	}
	n.to.Write(text[:end])
	return len(text), nil
}
