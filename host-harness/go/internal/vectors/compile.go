package vectors

import (
	"context"
	"errors"
	"fmt"

	"tagseal"
)

// A compileVector checks a document.
type compileVector struct {
	Name     string    `json:"name"`
	Document *template `json:"document"`
	Text     *template `json:"text"`
	Policy   *template `json:"policy"`
	Problems *template `json:"problems"`
}

func (v *compileVector) title() string { return v.Name }

// inherit does nothing: a document at the head of a file serves no vector of this kind.
func (v *compileVector) inherit(*template) {}

func (v *compileVector) ask(ctx context.Context, component *tagseal.Component) ([]string, error) {
	if err := checkExpectations(v.Policy != nil, v.Problems != nil); err != nil {
		return nil, err
	}
	document, err := either(v.Document, v.Text)
	if err != nil {
		return nil, err
	}
	policy, err := component.Compile(ctx, document)
	var invalid *tagseal.DocumentError
	if errors.As(err, &invalid) {
		return v.refused(invalid.Diagnostics)
	}
	if err != nil {
		return nil, err
	}
	defer policy.Close()
	return v.valid(ctx, policy)
}

func (v *compileVector) refused(problems []tagseal.Diagnostic) ([]string, error) {
	if v.Problems == nil {
		return []string{fmt.Sprintf("expected a policy, got the problems %+v", problems)}, nil
	}
	came, err := valueOf(problems)
	found := differences("/problems", expand(v.Problems.value, notRepeated), came)
	return append(found, checkDiagnostics(problems, tagseal.Problem)...), err
}

func (v *compileVector) valid(ctx context.Context, policy *tagseal.Policy) ([]string, error) {
	if v.Policy == nil {
		return []string{"expected problems, got a policy"}, nil
	}
	warnings, err := policy.Warnings(ctx)
	if err != nil {
		return nil, err
	}
	came, err := valueOf(map[string]any{"revision": policy.Revision(), "warnings": warnings})
	found := differences("/policy", expand(v.Policy.value, notRepeated), came)
	return append(found, checkDiagnostics(warnings, tagseal.Warning)...), err
}
