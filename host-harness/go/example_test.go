package tagseal_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"tagseal"
)

const document = `{"version": 1, "instance": "registry", "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}`

func Example() {
	ctx := context.Background()
	component, err := tagseal.Embedded(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = component.Close() }()
	policy, err := component.Compile(ctx, document)
	if err != nil {
		log.Fatal(err)
	}
	defer policy.Close()

	// Somebody pushes other content under the tag v1 of prod/app.
	decision := policy.Evaluate(ctx, &tagseal.Event{Operation: tagseal.Write{
		Repository: "prod/app",
		Digest:     "sha256:" + strings.Repeat("b", 64),
		Tags: []tagseal.TagWrite{
			{Tag: "v1", Current: tagseal.ResolvesTo("sha256:" + strings.Repeat("a", 64))},
		},
	}})
	fmt.Println(decision.Outcome, decision.Code, *decision.Rule)
	fmt.Println(decision.Message)
	// Output:
	// deny immutable 1
	// tag v1 of prod/app cannot be overwritten because the tag is immutable (rule 1, namespace prod): it is sha256:aaaaaaaaaaaa, the push is sha256:bbbbbbbbbbbb; push under a new tag
}

func ExamplePolicy_EvaluateJSON() {
	ctx := context.Background()
	component, err := tagseal.Embedded(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = component.Close() }()
	policy, err := component.Compile(ctx, document)
	if err != nil {
		log.Fatal(err)
	}
	defer policy.Close()

	decision, err := policy.EvaluateJSON(ctx, `{"delete-tag": {"repository": "dev/app", "tag": "v1"}}`)
	fmt.Println(decision, err)
	// Output:
	// {"outcome":"allow","code":"unprotected","rule":null,"namespace":null,"pair":null,"revision":0,"message":"","tags":[{"tag":"v1","outcome":"allow","code":"unprotected","rule":null,"namespace":null,"pair":null,"precondition":"unconditional"}]} <nil>
}

func ExampleComponent_ChangeRules() {
	ctx := context.Background()
	component, err := tagseal.Embedded(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = component.Close() }()

	changed, err := component.ChangeRules(ctx, document, `{"disable": {"id": 1}}`)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(changed.Revision, *changed.Rules[0].Rule)
	// Output:
	// 1 {"id": 1, "namespace": "prod", "enabled": false, "preset": "latest"}
}
