package hook

import (
	"context"
	"strings"
	"time"

	"tagseal"

	"github.com/sirupsen/logrus"
)

// maxFact is how many bytes the value of a fact may have.
const maxFact = 1024

// A subject is what a question is about. The policy knows no blobs, and is asked about manifests in their place.
type subject uint8

const (
	// aTag is the zero value: a push or a delete of tags.
	aTag subject = iota
	aManifest
	aBlob
)

// A question is one request that writes or deletes, as the policy is asked about it.
type question struct {
	guard *Guard
	actor string
	// address is that of the client's connection.
	address   string
	requestID string
	// at is the one time that all parts of the question have.
	at        time.Time
	subject   subject
	operation tagseal.Operation
}

// newQuestion makes the question about an operation, from what distribution knows about the request.
func (t *ticket) newQuestion(ctx context.Context, operation tagseal.Operation) *question {
	requestID := contextText(ctx, "http.request.id")
	t.judged(requestID)
	return &question{
		guard:     t.guard,
		actor:     contextText(ctx, "auth.user.name"),
		address:   t.address,
		requestID: requestID,
		at:        time.Now().UTC(),
		operation: operation,
	}
}

// contextText returns a text that distribution keeps in the context of a request.
func contextText(ctx context.Context, key string) string {
	text, _ := ctx.Value(key).(string)
	return text
}

// isPush says whether the question is about a push.
func (q *question) isPush() bool {
	_, push := q.operation.(tagseal.Write)
	return push
}

// event is what the policy is asked.
func (q *question) event() *tagseal.Event {
	facts := []tagseal.Fact{{Key: "time", Value: q.at.Format("2006-01-02T15:04:05Z")}}
	if q.actor != "" && len(q.actor) <= maxFact {
		facts = append(facts, tagseal.Fact{Key: "actor", Value: q.actor})
	}
	return &tagseal.Event{Operation: q.operation, Context: facts}
}

// decide asks the active policy. It always answers.
func (q *question) decide(ctx context.Context) tagseal.Decision {
	var decision tagseal.Decision
	q.guard.policy.use(func(active *activePolicy) { decision = active.policy.Evaluate(ctx, q.event()) })
	return decision
}

// undecided is the denial where the policy could not be asked. Monitor mode refuses nothing, so it has none.
func (q *question) undecided(err error) *denial {
	decision := tagseal.Denial(err, 0)
	return q.conclude(&decision, nil)
}

// conclude counts a decision and writes it down, and returns the denial where the request must be refused, else nil.
// unknown is why something could not be found out. It stands in the log only, since it may be about the storage.
func (q *question) conclude(decision *tagseal.Decision, unknown error) *denial {
	var refused *denial
	outcome := decision.Outcome.String()
	if !decision.Allowed() {
		refused = denialOf(q, decision)
		if q.guard.mode == Monitor {
			outcome = "monitored"
		}
	}
	decisions.WithValues(outcome, decision.Code).Inc(1)
	q.log(decision, outcome, refused, unknown)
	q.audit(decision, outcome)
	if q.guard.mode == Monitor {
		return nil
	}
	return refused
}

func (q *question) log(decision *tagseal.Decision, outcome string, refused *denial, unknown error) {
	if refused == nil && decision.Code != codeOverride {
		return
	}
	log := logrus.WithFields(logrus.Fields{
		"http.request.id": q.requestID, "outcome": outcome, "code": decision.Code, "revision": decision.Revision,
		"address": q.address,
	})
	if q.actor != "" {
		log = log.WithField("actor", q.actor)
	}
	if unknown != nil {
		log = log.WithError(unknown)
	}
	if decision.Rule != nil {
		log = log.WithField("rule", *decision.Rule)
	}
	switch {
	case refused == nil:
		log.Warnf("tagseal: an override let a request through: %s", q.name())
	case q.guard.mode == Monitor:
		log.Warnf("tagseal: would be denied without monitor mode: %s", refused.Message)
	default:
		log.Warnf("tagseal: denied: %s", refused.Message)
	}
}

// name says what the question is about, for people.
func (q *question) name() string {
	switch operation := q.operation.(type) {
	case tagseal.Write:
		names := make([]string, len(operation.Tags))
		for i, tag := range operation.Tags {
			names[i] = tag.Tag
		}
		return "a push of " + operation.Repository + ":" + strings.Join(names, ",")
	case tagseal.DeleteTag:
		return "a delete of " + operation.Repository + ":" + operation.Tag
	case tagseal.DeleteManifest:
		return "a delete of " + operation.Repository + "@" + operation.Digest
	default:
		return "an unknown operation"
	}
}

// detail is what a denial says as data.
func (q *question) detail(decision *tagseal.Decision) detail {
	facts := detail{Reason: reason(decision.Code), Rule: decision.Rule, Namespace: decision.Namespace}
	for _, tag := range decision.Tags {
		if tag.Outcome == tagseal.Deny {
			facts.Tag = tag.Tag
			break
		}
	}
	facts.Repository = repositoryOf(q.operation)
	if push, is := q.operation.(tagseal.Write); is {
		facts.Pushed = push.Digest
		for _, tag := range push.Tags {
			if tag.Tag == facts.Tag {
				facts.Current = tag.Current.Digest
			}
		}
	}
	return facts
}

// reason is the code of a decision in the form that registries give reasons.
func reason(code string) string {
	if code == "immutable" {
		return "TAG_IMMUTABLE"
	}
	return strings.ToUpper(strings.ReplaceAll(code, "-", "_"))
}
