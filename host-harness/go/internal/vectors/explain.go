package vectors

import (
	"context"
	"fmt"

	"tagseal"
)

// An explainVector explains what is done to one tag.
type explainVector struct {
	policyFields
	Question  *template `json:"question"`
	Explained *template `json:"explained"`
}

func (v *explainVector) ask(ctx context.Context, component *tagseal.Component) ([]string, error) {
	question, err := either(v.Question, v.Text)
	if err != nil {
		return nil, err
	}
	policy, err := component.Compile(ctx, v.Document.json())
	if err != nil {
		return nil, err
	}
	defer policy.Close()
	text, err := policy.ExplainJSON(ctx, question)
	if err != nil {
		return nil, err
	}
	came, err := parse(text)
	if err != nil {
		return nil, err
	}
	found := differences("/explained", expand(v.Explained.value, notRepeated), came)
	explanation, ok := came.(object)
	if !ok {
		return append(found, "expected an object"), nil
	}
	if _, malformed := explanation.get("malformed"); malformed {
		if len(explanation) != 1 {
			found = append(found, "/explained: expected nothing beside `malformed`")
		}
		return found, nil
	}
	found = append(found, checkRules(explanation)...)
	more, err := checkOutcomes(ctx, policy, explanation, question)
	return append(found, more...), err
}

// checkRules says where a pair or a rule says that it holds, and its parts say that it does not, or the reverse.
func checkRules(explanation object) []string {
	var found []string
	for number, rule := range listOf(at(explanation, "rules")) {
		holds := false
		for _, pair := range listOf(at(rule, "pairs")) {
			both := at(pair, "repositories", "holds") == true && at(pair, "tags", "holds") == true
			if at(pair, "holds") != both {
				found = append(found, fmt.Sprintf("/rules/%d/pairs: expected that a pair holds where both its selectors do", number))
			}
			holds = holds || both
		}
		protects := at(rule, "enabled") == true && at(rule, "exempt") == nil && holds
		if at(rule, "protects") != protects {
			found = append(found, fmt.Sprintf("/rules/%d/protects: expected %v", number, protects))
		}
	}
	return found
}

// checkOutcomes compares the outcomes with what the same policy decides.
func checkOutcomes(ctx context.Context, policy *tagseal.Policy, explanation object, question string) ([]string, error) {
	asked, err := parse(question)
	if err != nil {
		return nil, err
	}
	repository, tag := textOf(at(asked, "repository")), textOf(at(asked, "tag"))
	facts, _ := facts(at(asked, "context"))
	pushed, other := lengthen("sha256:aa…"), lengthen("sha256:bb…")
	write := func(current tagseal.Current) tagseal.Operation {
		return tagseal.Write{Repository: repository, Digest: pushed, Tags: []tagseal.TagWrite{{Tag: tag, Current: current}}}
	}
	var found []string
	for name, operation := range map[string]tagseal.Operation{
		"push":       write(tagseal.Absent()),
		"push-again": write(tagseal.ResolvesTo(pushed)),
		"push-other": write(tagseal.ResolvesTo(other)),
		"delete":     tagseal.DeleteTag{Repository: repository, Tag: tag},
	} {
		decision, err := policy.TryEvaluate(ctx, &tagseal.Event{Operation: operation, Context: facts})
		if err != nil {
			return nil, err
		}
		came, err := valueOf(decision)
		if err != nil {
			return nil, err
		}
		outcome, _ := at(explanation, "outcomes", name).(object)
		if outcome == nil {
			found = append(found, "/outcomes: expected "+name)
		}
		found = append(found, differences("/outcomes/"+name, outcome, came)...)
	}
	return found, nil
}
