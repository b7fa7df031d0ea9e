package hook

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"tagseal"

	"github.com/distribution/distribution/v3/registry/api/errcode"
)

// Codes of decisions. Every other denial means that a tag is protected, also with a code that is not known yet.
const (
	codeStateUnknown = "state-unknown"
	codeMalformed    = "malformed"
	codeUnprotected  = "unprotected"
)

// errorCode is what distribution logs for a denied push. Its own DENIED would be logged with the status 403.
var errorCode = errcode.Register("tagseal", errcode.ErrorDescriptor{
	Value:          "TAGSEAL_DENIED",
	Message:        "the push is denied by the policy",
	Description:    "The policy of the middleware `" + Name + "` denied the push of a tag.",
	HTTPStatusCode: http.StatusConflict,
})

// A denial is the answer to a request that the policy denied, in the form of the OCI distribution specification.
type denial struct {
	status  int
	header  map[string]string
	Code    string `json:"code"`
	Message string `json:"message"`
	Detail  detail `json:"detail"`
}

// A detail is what the message says, as data. Few clients show it.
type detail struct {
	Reason     string  `json:"reason"`
	Rule       *uint64 `json:"rule,omitempty"`
	Namespace  *string `json:"namespace,omitempty"`
	Repository string  `json:"repository"`
	Tag        string  `json:"tag,omitempty"`
	Current    string  `json:"current,omitempty"`
	Pushed     string  `json:"pushed,omitempty"`
}

// denialOf makes the answer to a denied question.
//
// A client must not try again what stays refused: 409 for a push, and 405 for a delete, as from a registry that does not
// support deletes. What may be decided in a moment is 503.
func denialOf(q *question, decision *tagseal.Decision) *denial {
	answer := &denial{Message: decision.Message, Detail: q.detail(decision)}
	switch {
	case decision.Code == codeMalformed:
		answer.status, answer.Code = http.StatusBadRequest, "NAME_INVALID"
	case decision.Code == tagseal.CodeUnavailable, decision.Code == codeStateUnknown:
		answer.status, answer.Code = http.StatusServiceUnavailable, "UNAVAILABLE"
		answer.header = map[string]string{"Retry-After": "1"}
	case q.isPush():
		answer.status, answer.Code = http.StatusConflict, "DENIED"
	case q.subject == aBlob:
		answer.status, answer.Code = http.StatusMethodNotAllowed, "DENIED"
		answer.header = map[string]string{"Allow": "GET, HEAD"}
		answer.Message = blobMessage(q, decision, answer.Detail.Tag)
	default:
		answer.status, answer.Code = http.StatusMethodNotAllowed, "DENIED"
		answer.header = map[string]string{"Allow": "GET, HEAD, PUT"}
	}
	return answer
}

// maxMessage is how many characters a message may have.
const maxMessage = 600

// blobMessage words the denial of a delete of a blob.
func blobMessage(q *question, decision *tagseal.Decision, tag string) string {
	about, isDelete := q.operation.(tagseal.DeleteManifest)
	if !isDelete || decision.Rule == nil || decision.Namespace == nil {
		return decision.Message
	}
	message := fmt.Sprintf("blob %.19s of %s cannot be deleted because tag %s needs it, and the tag is immutable (rule %d, namespace %s); "+
		"let the rule allow deletion first", about.Digest, about.Repository, tag, *decision.Rule, *decision.Namespace)
	return message[:min(len(message), maxMessage)]
}

// write writes the answer.
func (d *denial) write(w http.ResponseWriter) {
	body, err := json.Marshal(map[string][]*denial{"errors": {d}})
	if err != nil {
		body = []byte(`{"errors":[{"code":"DENIED"}]}`)
	}
	header := w.Header()
	for _, name := range []string{"Location", "Docker-Content-Digest", "Etag"} {
		header.Del(name)
	}
	for name, value := range d.header {
		header.Set(name, value)
	}
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(d.status)
	// A client that has gone is no longer interested in the answer.
	_, _ = w.Write(body)
}
