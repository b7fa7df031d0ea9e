package tagseal

// A Severity says how serious a diagnostic is.
type Severity uint8

const (
	// Problem is that the text is refused.
	Problem Severity = iota
	// Warning is that the text is valid, but almost certainly not what was meant.
	Warning
)

// String returns the severity as the contract writes it.
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "problem"
}

// MarshalText writes the severity as the contract writes it.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Diagnostic is one thing that is wrong with a text: where, what, and what to do.
type Diagnostic struct {
	Severity Severity `json:"severity"`
	// Pointer is where, as a JSON pointer. Empty for the whole document.
	Pointer string `json:"pointer"`
	// Line and Column are where, from 1. Columns count Unicode scalar values.
	Line    uint32 `json:"line"`
	Column  uint32 `json:"column"`
	Message string `json:"message"`
	// Help is what to do about it.
	Help string `json:"help"`
}

// A Refusal is why a change or a question was refused. The document stays as it was.
type Refusal struct {
	// Code says why, as a stable word: `stale`, `conflict`.
	Code string `json:"code"`
	// Message is for people: what was refused, why, and what to do instead.
	Message string `json:"message"`
	// Rule is the one that is in the way or that was meant. Nil elsewhere.
	Rule        *uint64      `json:"rule"`
	Diagnostics []Diagnostic `json:"diagnostics"`
}

// A Changed is the result of a change.
type Changed struct {
	// Document is the document with the change in it. The host stores it.
	Document string `json:"document"`
	Revision uint64 `json:"revision"`
	// Rules are those that the change was for, in its order.
	Rules []ChangedRule `json:"rules"`
}

// A ChangedRule is a rule that a change was for, as it is after the change.
type ChangedRule struct {
	ID uint64 `json:"id"`
	// Rule is its text in the new document. Nil after a delete.
	Rule *string `json:"rule"`
	// Warnings are about it, with places in that text.
	Warnings []Diagnostic `json:"warnings"`
}

// A Converted is the result of an import or an export.
type Converted struct {
	// Text is the policy document, or the text for the other registry.
	Text string `json:"text"`
	// Losses are what means something else now, or was left out.
	Losses []Diagnostic `json:"losses"`
}
