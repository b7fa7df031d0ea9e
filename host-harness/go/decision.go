package tagseal

// An Outcome says whether something may happen. Its zero value is Deny.
type Outcome uint8

const (
	// Deny is that it may not, and no part of it may.
	Deny Outcome = iota
	// Allow is that it may, under the precondition of each tag.
	Allow
)

// String returns the outcome as the contract writes it.
func (o Outcome) String() string {
	if o == Allow {
		return "allow"
	}
	return "deny"
}

// MarshalText writes the outcome as the contract writes it.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// A Precondition is what must still hold for a tag at the moment in which the host commits a write.
type Precondition uint8

const (
	// Unconditional is that the decision does not depend on what the tag is now.
	Unconditional Precondition = iota
	// StillAbsent is that the tag is still absent.
	StillAbsent
	// StillUnchanged is that the tag still has the digest that the event gave as its current one.
	StillUnchanged
)

// String returns the precondition as the contract writes it.
func (p Precondition) String() string {
	switch p {
	case StillAbsent:
		return "absent"
	case StillUnchanged:
		return "unchanged"
	default:
		return "unconditional"
	}
}

// MarshalText writes the precondition as the contract writes it.
func (p Precondition) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// A Decision is the answer to an event. Its zero value denies.
//
// In JSON it is written as the component writes it.
type Decision struct {
	// Outcome says whether it may happen. Hosts act on this and on the preconditions, and on nothing else.
	Outcome Outcome `json:"outcome"`
	// Code says why, as a stable word: `first-push`, `immutable`. Those that the component did not make have
	// CodeUnavailable.
	Code string `json:"code"`
	// Rule is the id of the rule that decided. Nil where no rule did.
	Rule *uint64 `json:"rule"`
	// Namespace is that of the rule, `*` for the rule of the whole instance.
	Namespace *string `json:"namespace"`
	// Pair is the lowest index of the rule's selector pairs that match.
	Pair *uint32 `json:"pair"`
	// Revision is that of the document that decided, 0 where it has none.
	Revision uint64 `json:"revision"`
	// Message is for people: one line of printable ASCII. Empty when allowed.
	Message string `json:"message"`
	// Tags has the decision for each tag of the event, in its order.
	Tags []TagDecision `json:"tags"`
}

// Allowed says whether it may happen.
func (d *Decision) Allowed() bool { return d.Outcome == Allow }

// A TagDecision is what was decided for one tag of an event.
type TagDecision struct {
	Tag string `json:"tag"`
	// Outcome says whether this tag may be written or deleted. One denied tag denies the whole event.
	Outcome   Outcome `json:"outcome"`
	Code      string  `json:"code"`
	Rule      *uint64 `json:"rule"`
	Namespace *string `json:"namespace"`
	Pair      *uint32 `json:"pair"`
	// Precondition is what must still hold when the write commits.
	Precondition Precondition `json:"precondition"`
}
