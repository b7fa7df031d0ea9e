package main

import (
	"encoding/json"
	"fmt"

	"tagseal"
)

// benchPolicy has each kind of rule, and both kinds of namespace. It and the events are those of `tagseal bench` in Rust,
// so that figures can be compared.
const benchPolicy = `{
  "version": 1,
  "instance": "bench",
  "rules": [
    { "id": 1, "namespace": "prod", "preset": "latest", "exempt": ["signatures", "referrers"] },
    { "id": 2, "namespace": "team", "exempt": ["signatures", "referrers"], "protects": [
      { "repositories": { "matches": "**" }, "tags": { "excludes": ["latest", "dev-*"] } } ] },
    { "id": 3, "namespace": "*", "protects": [
      { "repositories": { "matches": "**" }, "tags": { "matches": "@release" } } ] }
  ]
}`

const (
	// repositories and versions are how many of each namespace are named.
	repositories = 100
	versions     = 1_000
	// stride takes neighbours far apart.
	stride = 1_000_003
)

var namespaces = []string{"prod", "team", "without-a-rule"}

// workload is so many events, in turn: a first push, the same content again, other content, `latest` moved, a tag deleted.
func workload(number int) []tagseal.Event {
	events := make([]tagseal.Event, number)
	for index := range events {
		events[index] = benchEvent(namespaces[index*stride%len(namespaces)], index)
	}
	return events
}

func benchEvent(namespace string, index int) tagseal.Event {
	repository := fmt.Sprintf("%s/team/app-%d", namespace, index%repositories)
	tag := fmt.Sprintf("v1.%d.0", index%versions)
	pushed, other := benchDigest(index), benchDigest(index+1)
	write := func(tag string, current tagseal.Current) tagseal.Event {
		tags := []tagseal.TagWrite{{Tag: tag, Current: current}}
		return tagseal.Event{Operation: &tagseal.Write{Repository: repository, Digest: pushed, Tags: tags}}
	}
	switch index % 5 {
	case 0:
		return write(tag, tagseal.Absent())
	case 1:
		return write(tag, tagseal.ResolvesTo(pushed))
	case 2:
		return write(tag, tagseal.ResolvesTo(other))
	case 3:
		return write("latest", tagseal.ResolvesTo(other))
	default:
		return tagseal.Event{Operation: &tagseal.DeleteTag{Repository: repository, Tag: tag}}
	}
}

func benchDigest(number int) string {
	return fmt.Sprintf("sha256:%064x", number)
}

// inJSON is the same event in JSON.
func inJSON(event *tagseal.Event) string {
	var value any
	switch operation := event.Operation.(type) {
	case *tagseal.Write:
		tags := []any{}
		for _, tag := range operation.Tags {
			current := tag.Current.Digest
			if tag.Current.State == tagseal.StateAbsent {
				current = "absent"
			}
			tags = append(tags, map[string]any{"tag": tag.Tag, "current": current})
		}
		value = map[string]any{"write": map[string]any{
			"repository": operation.Repository, "digest": operation.Digest, "tags": tags,
		}}
	case *tagseal.DeleteTag:
		value = map[string]any{"delete-tag": map[string]any{"repository": operation.Repository, "tag": operation.Tag}}
	}
	text, err := json.Marshal(value)
	if err != nil {
		// Texts can always be written.
		panic(err)
	}
	return string(text)
}
