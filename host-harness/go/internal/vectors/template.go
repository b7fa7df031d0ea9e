package vectors

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A template is JSON of a vector, with the forms that stand for something longer.
type template struct {
	value any
}

// UnmarshalJSON keeps the fields of objects in their order.
func (t *template) UnmarshalJSON(text []byte) error {
	var err error
	t.value, err = parse(string(text))
	return err
}

// shortDigest is a digest whose last digit is repeated up to its length.
var shortDigest = regexp.MustCompile(`((?:sha256|sha512|blake3):|(?:sha256|sha512)-)([0-9a-f]+)…`)

// lengthen writes digests out.
func lengthen(text string) string {
	if !strings.Contains(text, "…") {
		return text
	}
	return shortDigest.ReplaceAllStringFunc(text, func(found string) string {
		parts := shortDigest.FindStringSubmatch(found)
		start, digits := parts[1], parts[2]
		length := 64
		if start == "sha512:" {
			length = 128
		}
		return start + digits + strings.Repeat(digits[len(digits)-1:], max(0, length-len(digits)))
	})
}

// notRepeated is the number where there is no `$repeat` around.
const notRepeated = -1

// expandText writes a text out: `$n` is the number in a `$repeat`.
func expandText(text string, number int) string {
	text = lengthen(text)
	if number != notRepeated {
		text = strings.ReplaceAll(text, "$n", strconv.Itoa(number))
	}
	return text
}

// expand writes a template out as a value.
func expand(value any, number int) any {
	switch value := value.(type) {
	case string:
		if value == "$n" && number != notRepeated {
			return json.Number(strconv.Itoa(number))
		}
		return expandText(value, number)
	case []any:
		list := make([]any, 0, len(value))
		eachElement(value, number, func(element any, number int) { list = append(list, expand(element, number)) })
		return list
	case object:
		if parts, ok := value.get("$join"); ok {
			return join(parts, number)
		}
		expanded := make(object, len(value))
		for place, inner := range value {
			expanded[place] = field{inner.name, expand(inner.value, number)}
		}
		return expanded
	default:
		return value
	}
}

// eachElement goes through a list, with the elements that `$repeat` stands for.
func eachElement(list []any, number int, visit func(element any, number int)) {
	for _, part := range list {
		repeated, times, ok := repeat(part)
		if !ok {
			visit(part, number)
			continue
		}
		for count := 1; count <= times; count++ {
			visit(repeated, count)
		}
	}
}

// repeat reads `{ "$repeat": "t$n", "times": 1000 }`.
func repeat(part any) (repeated any, times int, ok bool) {
	form, _ := part.(object)
	repeated, ok = form.get("$repeat")
	if !ok {
		return nil, 0, false
	}
	number, _ := at(form, "times").(json.Number)
	times, err := strconv.Atoi(string(number))
	return repeated, times, err == nil
}

// join writes `{ "$join": ["a/", …] }` out. Texts that are the same each time are repeated at once: some are as long as a
// document may be.
func join(parts any, number int) string {
	var joined strings.Builder
	list := listOf(parts)
	for _, part := range list {
		repeated, times, ok := repeat(part)
		text, isText := repeated.(string)
		if ok && isText && !strings.Contains(text, "$n") {
			text = lengthen(text)
			joined.Grow(len(text) * times)
			for range times {
				joined.WriteString(text)
			}
			continue
		}
		eachElement([]any{part}, number, func(element any, number int) {
			switch expanded := expand(element, number).(type) {
			case string:
				joined.WriteString(expanded)
			default:
				fmt.Fprint(&joined, expanded)
			}
		})
	}
	return joined.String()
}

// text writes a template out as a text: a list of them are its lines.
func (t template) text() string {
	list, isList := t.value.([]any)
	if !isList {
		return textOf(expand(t.value, notRepeated))
	}
	var lines strings.Builder
	first := true
	eachElement(list, notRepeated, func(element any, number int) {
		if !first {
			lines.WriteByte('\n')
		}
		first = false
		fmt.Fprint(&lines, expand(element, number))
	})
	return lines.String()
}

// json writes a template out as JSON, without the value in between: some documents have a million rules.
func (t template) json() string {
	var text strings.Builder
	writeJSON(&text, t.value, notRepeated)
	return text.String()
}

func writeJSON(to *strings.Builder, value any, number int) {
	switch value := value.(type) {
	case []any:
		to.WriteByte('[')
		first := true
		eachElement(value, number, func(element any, number int) {
			separate(to, &first)
			writeJSON(to, element, number)
		})
		to.WriteByte(']')
	case object:
		if _, joined := value.get("$join"); joined {
			quote(to, textOf(expand(value, number)))
			return
		}
		to.WriteByte('{')
		first := true
		for _, inner := range value {
			separate(to, &first)
			quote(to, inner.name)
			to.WriteByte(':')
			writeJSON(to, inner.value, number)
		}
		to.WriteByte('}')
	default:
		writeScalar(to, expand(value, number))
	}
}

func separate(to *strings.Builder, first *bool) {
	if !*first {
		to.WriteByte(',')
	}
	*first = false
}

func writeScalar(to *strings.Builder, value any) {
	switch value := value.(type) {
	case string:
		quote(to, value)
	case nil:
		to.WriteString("null")
	default:
		fmt.Fprint(to, value)
	}
}
