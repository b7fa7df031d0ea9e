package hook

import (
	"encoding/json"
	"net"
	"slices"
	"strings"
	"time"

	"tagseal"
)

// codeOverride is the code of what an override let through.
const codeOverride = "override"

// hostName names the host in lines of the audit file.
const hostName = "tagseal registry 0.1.0"

// An auditLine is a line of the audit file: see wit/audit.schema.json.
type auditLine struct {
	Version   int               `json:"version"`
	Time      time.Time         `json:"time"`
	Kind      string            `json:"kind"`
	Host      string            `json:"host"`
	Instance  *string           `json:"instance"`
	Revision  *uint64           `json:"revision"`
	Actor     *auditActor       `json:"actor"`
	Address   *string           `json:"address"`
	RequestID *string           `json:"request-id"`
	Event     json.RawMessage   `json:"event"`
	Decision  *tagseal.Decision `json:"decision"`
	Rule      *uint64           `json:"rule"`
	// Change is of lines of the kind `rules`, and null in them: the file was replaced.
	Change *string `json:"change"`
	Reason *string `json:"reason,omitempty"`
}

// An auditActor is who asked.
type auditActor struct {
	Name     string `json:"name"`
	KnownBy  string `json:"known-by"`
	Verified bool   `json:"verified"`
}

// audit writes a line about a denial or a used override.
func (q *question) audit(decision *tagseal.Decision, outcome string) {
	line := &auditLine{Revision: &decision.Revision, Decision: decision, Rule: decision.Rule, Event: eventJSON(q.event())}
	switch {
	case outcome == "monitored":
		line.Kind = "monitored"
	case !decision.Allowed():
		line.Kind = "denied"
	case decision.Code == codeOverride:
		line.Kind = "override"
	default:
		return
	}
	q.guard.policy.use(func(active *activePolicy) {
		line.Instance = active.instance
		if line.Kind == "override" {
			reason := reasonOf(active.overrides, q.operation, decision)
			line.Reason = &reason
		}
	})
	line.Time = q.at
	line.RequestID = textOrNull(q.requestID)
	if host, _, err := net.SplitHostPort(q.address); err == nil {
		line.Address = &host
	}
	if q.actor != "" {
		line.Actor = &auditActor{Name: q.actor[:min(len(q.actor), maxFact)], KnownBy: "host", Verified: true}
	}
	q.guard.audit.write(line)
}

func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// reasonOf returns the reasons of the overrides that let the tags of an operation through.
func reasonOf(overrides []override, operation tagseal.Operation, decision *tagseal.Decision) string {
	var reasons []string
	for _, tag := range decision.Tags {
		for _, override := range overrides {
			if tag.Code == codeOverride && override.Tag == tag.Tag && override.Repository == repositoryOf(operation) &&
				!slices.Contains(reasons, override.Reason) {
				reasons = append(reasons, override.Reason)
			}
		}
	}
	return strings.Join(reasons, "; ")
}
