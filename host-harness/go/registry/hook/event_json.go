package hook

import (
	"encoding/json"

	"tagseal"
)

// eventJSON writes an event as the component reads it: see wit/event.schema.json.
func eventJSON(event *tagseal.Event) json.RawMessage {
	context := make(map[string]string, len(event.Context))
	for _, fact := range event.Context {
		context[fact.Key] = fact.Value
	}
	fields := map[string]any{"context": context}
	switch operation := event.Operation.(type) {
	case tagseal.Write:
		tags := make([]map[string]any, len(operation.Tags))
		for i, tag := range operation.Tags {
			tags[i] = map[string]any{"tag": tag.Tag, "current": currentJSON(tag.Current)}
		}
		fields["write"] = map[string]any{"repository": operation.Repository, "digest": operation.Digest, "tags": tags}
	case tagseal.DeleteTag:
		fields["delete-tag"] = map[string]any{"repository": operation.Repository, "tag": operation.Tag}
	case tagseal.DeleteManifest:
		var tags any = "unknown"
		if operation.TagsKnown {
			tags = operation.Tags
		}
		fields["delete-manifest"] = map[string]any{"repository": operation.Repository, "digest": operation.Digest, "tags": tags}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return nil
	}
	return text
}

func currentJSON(current tagseal.Current) any {
	switch current.State {
	case tagseal.StateAbsent:
		return "absent"
	case tagseal.StateDigest:
		return current.Digest
	case tagseal.StateRetired:
		return map[string]string{"retired": current.Digest}
	default:
		return "unknown"
	}
}

// repositoryOf returns the repository that an operation is about.
func repositoryOf(operation tagseal.Operation) string {
	switch operation := operation.(type) {
	case tagseal.Write:
		return operation.Repository
	case tagseal.DeleteTag:
		return operation.Repository
	case tagseal.DeleteManifest:
		return operation.Repository
	default:
		return ""
	}
}
