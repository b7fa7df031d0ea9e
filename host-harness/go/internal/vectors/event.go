package vectors

import (
	"regexp"

	"tagseal"
)

// maxEvent is how many bytes an event in JSON may have. A typed event has no such limit, so a longer text is not the same
// event.
const maxEvent = 1 << 20

// typedEvent is the typed event of the same meaning as a text, if the text is an event by its form. Its names may be
// malformed all the same.
func typedEvent(text string) (*tagseal.Event, bool) {
	if len(text) > maxEvent || hasLoneSurrogate(text) {
		return nil, false
	}
	value, err := parse(text)
	if err != nil {
		return nil, false
	}
	fields, ok := value.(object)
	event := &tagseal.Event{}
	for _, inner := range fields {
		if inner.name == "context" {
			if event.Context, ok = facts(inner.value); !ok {
				return nil, false
			}
			continue
		}
		if event.Operation != nil {
			return nil, false
		}
		if event.Operation, ok = operation(inner.name, inner.value); !ok {
			return nil, false
		}
	}
	return event, ok && event.Operation != nil
}

var (
	surrogatePair = regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`)
	surrogate     = regexp.MustCompile(`\\u[dD][89a-fA-F]`)
)

// hasLoneSurrogate says whether a text in JSON has half of a letter, which is not text. Go reads it as another letter.
func hasLoneSurrogate(text string) bool {
	return surrogate.MatchString(surrogatePair.ReplaceAllString(text, ""))
}

func facts(value any) ([]tagseal.Fact, bool) {
	pairs, ok := value.(object)
	facts := make([]tagseal.Fact, 0, len(pairs))
	for _, pair := range pairs {
		text, isText := pair.value.(string)
		ok = ok && isText
		facts = append(facts, tagseal.Fact{Key: pair.name, Value: text})
	}
	return facts, ok
}

func operation(name string, value any) (tagseal.Operation, bool) {
	form := &form{ok: true}
	fields := form.fields(value)
	var operation tagseal.Operation
	switch name {
	case "write":
		write := tagseal.Write{Repository: fields.text("repository"), Digest: fields.text("digest")}
		for _, tag := range fields.list("tags") {
			write.Tags = append(write.Tags, form.tagWrite(tag))
		}
		operation = write
	case "delete-tag":
		operation = tagseal.DeleteTag{
			Repository: fields.text("repository"), Tag: fields.text("tag"), Remembers: fields.flag("remembers"),
		}
	case "delete-manifest":
		remove := tagseal.DeleteManifest{
			Repository: fields.text("repository"), Digest: fields.text("digest"), Remembers: fields.flag("remembers"),
		}
		remove.Tags, remove.TagsKnown = fields.manifestTags("tags")
		operation = remove
	default:
		return nil, false
	}
	fields.end()
	return operation, form.ok
}

// A form reads values, and remembers whether all were as they must be.
type form struct {
	ok bool
}

// formFields are the fields of an object, each of which must be read once.
type formFields struct {
	form *form
	left map[string]any
}

func (f *form) fields(value any) *formFields {
	read, ok := value.(object)
	f.ok = f.ok && ok
	left := make(map[string]any, len(read))
	for _, inner := range read {
		left[inner.name] = inner.value
	}
	return &formFields{f, left}
}

func (f *formFields) take(name string) any {
	value, ok := f.left[name]
	f.form.ok = f.form.ok && ok
	delete(f.left, name)
	return value
}

// end notes fields that nobody has read.
func (f *formFields) end() {
	f.form.ok = f.form.ok && len(f.left) == 0
}

func (f *formFields) text(name string) string {
	text, ok := f.take(name).(string)
	f.form.ok = f.form.ok && ok
	return text
}

func (f *formFields) list(name string) []any {
	list, ok := f.take(name).([]any)
	f.form.ok = f.form.ok && ok
	return list
}

// flag reads a boolean that may be missing.
func (f *formFields) flag(name string) bool {
	if _, there := f.left[name]; !there {
		return false
	}
	flag, ok := f.take(name).(bool)
	f.form.ok = f.form.ok && ok
	return flag
}

func (f *formFields) manifestTags(name string) (tags []string, known bool) {
	value := f.take(name)
	if value == "unknown" {
		return nil, false
	}
	list, ok := value.([]any)
	f.form.ok = f.form.ok && ok
	for _, element := range list {
		tag, ok := element.(string)
		f.form.ok = f.form.ok && ok
		tags = append(tags, tag)
	}
	return tags, true
}

func (f *form) tagWrite(value any) tagseal.TagWrite {
	fields := f.fields(value)
	write := tagseal.TagWrite{Tag: fields.text("tag")}
	switch current := fields.take("current").(type) {
	case string:
		write.Current = currentOf(current)
	case object:
		retired := f.fields(current)
		write.Current = tagseal.Retired(retired.text("retired"))
		retired.end()
	default:
		f.ok = false
	}
	fields.end()
	return write
}

func currentOf(text string) tagseal.Current {
	switch text {
	case "absent":
		return tagseal.Absent()
	case "unknown":
		return tagseal.Unknown()
	default:
		return tagseal.ResolvesTo(text)
	}
}
