package vectors

import (
	"fmt"
	"slices"
	"strings"

	"tagseal"
)

// maxMessage is how long the message of a decision may be.
const maxMessage = 600

// checkMessage says what is wrong with the message of a decision.
func checkMessage(decision *tagseal.Decision) []string {
	message := decision.Message
	var found []string
	if !isLine(message) || len(message) > maxMessage {
		found = append(found, fmt.Sprintf("/message: expected one line of printable ASCII, got %q", message))
	}
	if (message == "") != decision.Allowed() {
		found = append(found, "/message: expected one where something is denied, and none where all is allowed")
	}
	return found
}

func isLine(text string) bool {
	return !strings.ContainsFunc(text, func(letter rune) bool { return letter < ' ' || letter > '~' })
}

// checkDiagnostics says what is wrong with diagnostics, whatever was expected. The last of a thousand and one counts the
// rest, and has no place of its own.
func checkDiagnostics(diagnostics []tagseal.Diagnostic, severity tagseal.Severity) []string {
	var found []string
	for number, diagnostic := range diagnostics {
		if diagnostic.Message == "" || diagnostic.Help == "" || diagnostic.Severity != severity {
			found = append(found, fmt.Sprintf("/%d: expected a %s with a message and help, got %+v", number, severity, diagnostic))
		}
	}
	places := diagnostics[:min(len(diagnostics), 1000)]
	inOrder := slices.IsSortedFunc(places, func(a, b tagseal.Diagnostic) int {
		if a.Line != b.Line {
			return int(a.Line) - int(b.Line)
		}
		return int(a.Column) - int(b.Column)
	})
	if !inOrder {
		found = append(found, "expected diagnostics in the order of their places")
	}
	return found
}

// checkRefusal says what is wrong with a refusal, which has one of these codes.
func checkRefusal(refusal *tagseal.Refusal, codes []string, namesRules bool) []string {
	found := checkDiagnostics(refusal.Diagnostics, tagseal.Problem)
	if !slices.Contains(codes, refusal.Code) {
		found = append(found, fmt.Sprintf("/refused/code: expected one of %q, got %q", codes, refusal.Code))
	}
	if refusal.Message == "" || strings.ContainsAny(refusal.Message, "\r\n") {
		found = append(found, fmt.Sprintf("/refused/message: expected one line, got %q", refusal.Message))
	}
	if refusal.Rule != nil && !(namesRules && slices.Contains([]string{"conflict", "not-found", "namespace-fixed"}, refusal.Code)) {
		found = append(found, "/refused/rule: expected none")
	}
	return found
}
