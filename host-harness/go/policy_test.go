package tagseal_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"tagseal"
)

func compile(t testing.TB, options *tagseal.Options) *tagseal.Policy {
	t.Helper()
	policy, err := load(t, options).Compile(t.Context(), document)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(policy.Close)
	return policy
}

func push(tag string, current tagseal.Current) tagseal.Event {
	return tagseal.Event{Operation: &tagseal.Write{
		Repository: "prod/app",
		Digest:     "sha256:" + strings.Repeat("b", 64),
		Tags:       []tagseal.TagWrite{{Tag: tag, Current: current}},
	}}
}

func TestEachOperationIsDecidedByValueAndByPointer(t *testing.T) {
	policy := compile(t, nil)
	write := tagseal.Write{Repository: "prod/app", Digest: "sha256:" + strings.Repeat("b", 64)}
	write.Tags = []tagseal.TagWrite{{Tag: "v1"}, {Tag: "latest", Current: tagseal.Absent()}}
	removeTag := tagseal.DeleteTag{Repository: "prod/app", Tag: "v1"}
	removeManifest := tagseal.DeleteManifest{Repository: "prod/app", Digest: write.Digest, TagsKnown: true, Tags: []string{"latest"}}
	for _, row := range []struct {
		value, pointer tagseal.Operation
		code           string
		tags           int
	}{
		{write, &write, "state-unknown", 2},
		{removeTag, &removeTag, "immutable", 1},
		{removeManifest, &removeManifest, "unprotected", 1},
	} {
		for _, operation := range []tagseal.Operation{row.value, row.pointer} {
			decision := policy.Evaluate(t.Context(), &tagseal.Event{Operation: operation})
			if decision.Code != row.code || len(decision.Tags) != row.tags {
				t.Errorf("%T: expected %s for %d tags, got %+v", operation, row.code, row.tags, decision)
			}
		}
	}
}

func TestADeleteOfAManifestWhoseTagsAreUnknownIsDenied(t *testing.T) {
	policy := compile(t, nil)
	remove := tagseal.DeleteManifest{Repository: "prod/app", Digest: "sha256:" + strings.Repeat("b", 64)}
	if decision := policy.Evaluate(t.Context(), &tagseal.Event{Operation: remove}); decision.Code != "state-unknown" {
		t.Errorf("got %+v", decision)
	}
}

func TestABatchIsDecidedInItsOrder(t *testing.T) {
	policy := compile(t, nil)
	events := []tagseal.Event{
		push("v1", tagseal.Absent()), push("v1", tagseal.Unknown()), push("latest", tagseal.Unknown()),
		{Operation: tagseal.DeleteTag{Repository: "prod/app", Tag: "v1"}, Context: []tagseal.Fact{{Key: "actor", Value: "alice"}}},
	}
	decisions, err := policy.EvaluateBatch(t.Context(), events)
	if err != nil {
		t.Fatal(err)
	}
	for number, code := range []string{"first-push", "state-unknown", "unprotected", "immutable"} {
		if decisions[number].Code != code {
			t.Errorf("%d: expected %s, got %s", number, code, decisions[number].Code)
		}
	}
	if none, err := policy.EvaluateBatch(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("expected no decision for no event, got %v, %v", none, err)
	}
}

func TestManyGoroutinesAskAtOnce(t *testing.T) {
	policy := compile(t, &tagseal.Options{Instances: 4, DecisionDeadline: time.Minute})
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for number := range 200 {
				event, expected := push("v1", tagseal.Absent()), "first-push"
				if number%2 == 0 {
					event, expected = push("v1", tagseal.Unknown()), "state-unknown"
				}
				if decision := policy.Evaluate(context.Background(), &event); decision.Code != expected {
					t.Errorf("expected %s, got %+v", expected, decision)
				}
			}
		})
	}
	group.Wait()
	if policy.Memory() == 0 {
		t.Error("expected that instances hold memory")
	}
}

func TestTheDeadlineReleasesWhoeverCompilesWithTheBuiltInComponent(t *testing.T) {
	component := load(t, &tagseal.Options{CompileDeadline: time.Nanosecond})
	if _, err := component.Compile(t.Context(), document); !errors.Is(err, tagseal.ErrDeadline) {
		t.Errorf("expected %v, got %v", tagseal.ErrDeadline, err)
	}
	if _, err := component.ListRules(t.Context(), document, "{}"); !errors.Is(err, tagseal.ErrDeadline) {
		t.Errorf("expected %v, got %v", tagseal.ErrDeadline, err)
	}
}

func TestACallWhoseContextEndedIsADenial(t *testing.T) {
	policy := compile(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	event := push("v1", tagseal.Absent())
	if _, err := policy.TryEvaluate(ctx, &event); !errors.Is(err, context.Canceled) {
		t.Errorf("expected %v, got %v", context.Canceled, err)
	}
	if decision := policy.Evaluate(ctx, &event); decision.Allowed() || decision.Code != tagseal.CodeUnavailable {
		t.Errorf("expected a denial, got %+v", decision)
	}
	if decision := policy.Evaluate(t.Context(), &event); !decision.Allowed() {
		t.Errorf("expected that the policy is as good as before, got %+v", decision)
	}
}

func TestWhatIsNotAnEventIsADenial(t *testing.T) {
	policy := compile(t, nil)
	for name, event := range map[string]*tagseal.Event{
		"nothing":        nil,
		"no write":       {Operation: (*tagseal.Write)(nil)},
		"no delete":      {Operation: (*tagseal.DeleteTag)(nil)},
		"no manifest":    {Operation: (*tagseal.DeleteManifest)(nil)},
		"no operation":   {},
		"not UTF-8":      {Operation: tagseal.DeleteTag{Repository: "prod/app", Tag: "v\xff"}},
		"a fact not UTF": {Operation: tagseal.DeleteTag{Repository: "prod/app", Tag: "v1"}, Context: []tagseal.Fact{{Key: "\xff"}}},
	} {
		decision := policy.Evaluate(t.Context(), event)
		if decision.Allowed() || decision.Code != tagseal.CodeUnavailable {
			t.Errorf("%s: expected a denial, got %+v", name, decision)
		}
		if policy.Memory() == 0 {
			t.Errorf("%s: expected that the instance is kept, which was not asked", name)
		}
	}
	if _, err := policy.EvaluateJSON(t.Context(), "\xff"); !errors.Is(err, tagseal.ErrText) {
		t.Errorf("expected %v, got %v", tagseal.ErrText, err)
	}
	if answer, err := policy.EvaluateJSON(t.Context(), "{}"); err != nil || !strings.Contains(answer, "malformed") {
		t.Errorf("expected a decision, got %s, %v", answer, err)
	}
}

func TestAClosedPolicyDenies(t *testing.T) {
	policy := compile(t, nil)
	policy.Close()
	policy.Close()
	event := push("v1", tagseal.Absent())
	if _, err := policy.TryEvaluate(t.Context(), &event); !errors.Is(err, tagseal.ErrClosed) {
		t.Errorf("expected %v, got %v", tagseal.ErrClosed, err)
	}
}

// A component that is closed waits for those who ask, whose memory it would otherwise take away.
func TestAComponentIsClosedWhileManyAsk(t *testing.T) {
	for range 5 {
		component := load(t, &tagseal.Options{Instances: 4})
		policy, err := component.Compile(t.Context(), document)
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				event := push("v1", tagseal.Absent())
				for {
					_, err := policy.TryEvaluate(context.Background(), &event)
					_, listErr := component.ListRules(context.Background(), document, "{}")
					if errors.Is(err, tagseal.ErrClosed) && errors.Is(listErr, tagseal.ErrClosed) {
						return
					}
				}
			})
		}
		time.Sleep(20 * time.Millisecond)
		if err := component.Close(); err != nil {
			t.Error(err)
		}
		group.Wait()
	}
}

// A policy that is compiled while its component is closed belongs to nobody.
func TestAComponentIsClosedWhileItCompiles(t *testing.T) {
	for range 10 {
		component := load(t, nil)
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for {
					if _, err := component.Compile(context.Background(), document); errors.Is(err, tagseal.ErrClosed) {
						return
					}
				}
			})
		}
		time.Sleep(20 * time.Millisecond)
		closed := make(chan error, 1)
		go func() { closed <- component.Close() }()
		select {
		case err := <-closed:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(time.Minute):
			t.Fatal("the component is never closed")
		}
		group.Wait()
	}
}

func TestAComponentIsClosedWhileACallIsGivenUp(t *testing.T) {
	component := load(t, &tagseal.Options{CompileDeadline: time.Microsecond})
	for range 20 {
		_, _ = component.Compile(t.Context(), document)
	}
	if err := component.Close(); err != nil {
		t.Error(err)
	}
}

func TestAnInvalidDocumentHasEveryProblem(t *testing.T) {
	_, err := load(t, nil).Compile(t.Context(), `{"version": 2, "rulez": []}`)
	var invalid *tagseal.DocumentError
	if !errors.As(err, &invalid) || len(invalid.Diagnostics) < 2 {
		t.Errorf("expected several problems, got %v", err)
	}
	if _, err := load(t, nil).Compile(t.Context(), "\xff"); !errors.Is(err, tagseal.ErrText) {
		t.Errorf("expected %v, got %v", tagseal.ErrText, err)
	}
}

func TestARefusalSaysWhy(t *testing.T) {
	component := load(t, nil)
	_, err := component.ChangeRules(t.Context(), document, `{"create": {"namespace": "prod", "preset": "latest"}}`)
	var refused *tagseal.RefusalError
	if !errors.As(err, &refused) || refused.Refusal.Code != "conflict" || *refused.Refusal.Rule != 1 {
		t.Errorf("expected a conflict with rule 1, got %v", err)
	}
	if _, err := component.ImportRules(t.Context(), "nothing", "{}", "{}"); !errors.As(err, &refused) {
		t.Errorf("expected a refusal, got %v", err)
	}
}

func TestADenialIsOneLineOfPrintableASCII(t *testing.T) {
	denial := tagseal.Denial(errors.New("a\nb\x00é"+strings.Repeat("x", 1000)), 7)
	if denial.Allowed() || denial.Revision != 7 || len(denial.Message) > 600 || strings.ContainsAny(denial.Message, "\n\x00é") {
		t.Errorf("got %+v", denial)
	}
	if (&tagseal.Decision{}).Allowed() {
		t.Error("the zero value of a decision allows")
	}
}
