package vectors

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// A rawField is a field of an object, with its value as it stands in the text.
type rawField struct {
	name, value string
}

var errRaw = errors.New("it is not JSON of this form")

// rawObject splits the text of an object, which is valid JSON, into its fields. Nothing is copied.
func rawObject(text string) ([]rawField, error) {
	var fields []rawField
	err := eachRaw(text, '{', '}', func(rest string) (string, error) {
		name, rest, err := rawValue(rest)
		if err != nil {
			return "", err
		}
		var plain string
		if err := json.Unmarshal([]byte(name), &plain); err != nil {
			return "", err
		}
		rest = trim(rest)
		if !strings.HasPrefix(rest, ":") {
			return "", errRaw
		}
		value, rest, err := rawValue(trim(rest[1:]))
		fields = append(fields, rawField{plain, value})
		return rest, err
	})
	return fields, err
}

// rawList splits the text of a list, which is valid JSON, into its elements.
func rawList(text string) ([]string, error) {
	var elements []string
	err := eachRaw(text, '[', ']', func(rest string) (string, error) {
		value, rest, err := rawValue(rest)
		elements = append(elements, value)
		return rest, err
	})
	return elements, err
}

// eachRaw reads what stands between two brackets, with commas in between.
func eachRaw(text string, begin, end byte, read func(rest string) (string, error)) error {
	text = trim(text)
	if text == "" || text[0] != begin {
		return errRaw
	}
	for text = trim(text[1:]); text != "" && text[0] != end; text = trim(text) {
		rest, err := read(text)
		if err != nil {
			return err
		}
		if text = trim(rest); strings.HasPrefix(text, ",") {
			text = trim(text[1:])
		}
	}
	if text == "" {
		return errRaw
	}
	return nil
}

func trim(text string) string {
	return strings.TrimLeft(text, " \t\r\n")
}

// rawValue splits a text after its first value.
func rawValue(text string) (value, rest string, err error) {
	depth := 0
	for place := 0; place < len(text); place++ {
		switch text[place] {
		case '"':
			if place = endOfText(text, place); place < 0 {
				return "", "", errRaw
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default:
			if depth > 0 {
				continue
			}
			end := strings.IndexAny(text[place:], ",]} \t\r\n:")
			if end <= 0 {
				end = len(text) - place
			}
			return text[:place+end], text[place+end:], nil
		}
		if depth == 0 {
			return text[:place+1], text[place+1:], nil
		}
	}
	return "", "", errRaw
}

// endOfText is where the text that begins at a place ends.
func endOfText(text string, place int) int {
	for place++; place < len(text); place++ {
		next := strings.IndexAny(text[place:], `"\`)
		if next < 0 {
			return -1
		}
		if place += next; text[place] == '"' {
			return place
		}
		place++
	}
	return -1
}

// An outline is a document as changes see it.
type outline struct {
	revision, nextID uint64
	ids              []uint64
	rules            []string
	// others are the texts of all other fields.
	others map[string]string
}

func newOutline(document string) (*outline, error) {
	fields, err := rawObject(document)
	if err != nil {
		return nil, err
	}
	read := &outline{others: make(map[string]string)}
	for _, inner := range fields {
		switch inner.name {
		case "revision":
			read.revision, err = strconv.ParseUint(inner.value, 10, 64)
		case "next-id":
			read.nextID, err = strconv.ParseUint(inner.value, 10, 64)
		case "rules":
			read.rules, err = rawList(inner.value)
		default:
			read.others[inner.name] = inner.value
		}
		if err != nil {
			return nil, err
		}
	}
	for _, rule := range read.rules {
		var known struct{ ID uint64 }
		if err := json.Unmarshal([]byte(rule), &known); err != nil {
			return nil, err
		}
		read.ids = append(read.ids, known.ID)
	}
	return read, nil
}

// freeID is the least id that was never given, as far as the document says.
func (o *outline) freeID() uint64 {
	free := max(o.nextID, 1)
	for _, id := range o.ids {
		free = max(free, id+1)
	}
	return free
}

// without are the texts of all rules but some.
func (o *outline) without(ids map[uint64]bool) []string {
	var rules []string
	for number, id := range o.ids {
		if !ids[id] {
			rules = append(rules, o.rules[number])
		}
	}
	return rules
}
