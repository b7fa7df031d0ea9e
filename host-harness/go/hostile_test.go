package tagseal_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tagseal"
)

// hostileVariable names the folder with the components of tests/hostile, in the binary format. Nothing for Go reads their
// text, so the workspace writes them: `cargo run --release -p tagseal-tests --example hostile -- FOLDER`.
const hostileVariable = "TAGSEAL_HOSTILE"

var hostileOptions = &tagseal.Options{
	CompileDeadline:  time.Second,
	DecisionDeadline: 300 * time.Millisecond,
	Memory:           64 << 20,
	Answer:           1 << 20,
	Instances:        4,
	Cache:            tagseal.NoCache,
}

// patience is how long a call may take that ends at its deadline, on a machine that has more to do.
const patience = 20 * time.Second

func hostileBytes(t *testing.T, name string) []byte {
	t.Helper()
	folder := os.Getenv(hostileVariable)
	if folder == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s names no folder", hostileVariable)
		}
		t.Skipf("%s names no folder", hostileVariable)
	}
	bytes, err := os.ReadFile(filepath.Join(folder, name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

func loadHostile(t *testing.T, name string) *tagseal.Component {
	t.Helper()
	component, err := tagseal.Load(t.Context(), hostileBytes(t, name), hostileOptions)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	t.Cleanup(func() { _ = component.Close() })
	return component
}

func compileHostile(t *testing.T, name string) *tagseal.Policy {
	t.Helper()
	policy, err := loadHostile(t, name).Compile(t.Context(), "{}")
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	t.Cleanup(policy.Close)
	return policy
}

var (
	// harmless is allowed by all of them.
	harmless = &tagseal.Event{Operation: tagseal.Write{Repository: "prod/app", Digest: "sha256:aa"}}
	// harmful makes a component do the harm that it is written to do.
	harmful = &tagseal.Event{Operation: tagseal.DeleteTag{Repository: "prod/app", Tag: "v1"}}
)

func TestHarmEndsInItsTypedErrorAndTheNextCallWorks(t *testing.T) {
	for name, expected := range map[string]error{
		"endless_loop":           tagseal.ErrDeadline,
		"endless_loop_on_return": tagseal.ErrDeadline,
		"memory_bomb":            tagseal.ErrMemory,
		"trap":                   tagseal.ErrTrap,
		"division":               tagseal.ErrTrap,
		"giant_string":           tagseal.ErrAnswer,
		"giant_list":             tagseal.ErrAnswer,
		"answer_outside_memory":  tagseal.ErrAnswer,
		"answer_not_text":        tagseal.ErrAnswer,
		"answer_not_an_outcome":  tagseal.ErrAnswer,
	} {
		t.Run(name, func(t *testing.T) {
			policy := compileHostile(t, name)
			for range 2 {
				begin := time.Now()
				if _, err := policy.TryEvaluate(t.Context(), harmful); !errors.Is(err, expected) {
					t.Errorf("expected %v, got %v", expected, err)
				}
				if taken := time.Since(begin); taken > patience {
					t.Errorf("it took %v", taken)
				}
				if _, err := policy.TryEvaluate(t.Context(), harmless); err != nil {
					t.Errorf("then: %v", err)
				}
			}
			checkDenial(t, policy.Evaluate(t.Context(), harmful), expected)
		})
	}
}

// The stack grows to its limit first, which takes longer than other traps.
func TestAStackThatOverflowsEndsInItsTypedError(t *testing.T) {
	patient := *hostileOptions
	patient.DecisionDeadline = time.Minute
	component, err := tagseal.Load(t.Context(), hostileBytes(t, "stack_overflow"), &patient)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = component.Close() }()
	policy, err := component.Compile(t.Context(), "{}")
	if err != nil {
		t.Fatal(err)
	}
	defer policy.Close()
	if _, err := policy.TryEvaluate(t.Context(), harmful); !errors.Is(err, tagseal.ErrTrap) {
		t.Errorf("expected %v, got %v", tagseal.ErrTrap, err)
	}
	if _, err := policy.TryEvaluate(t.Context(), harmless); err != nil {
		t.Errorf("then: %v", err)
	}
}

// checkDenial compares a decision with the one denial that stands for every failure.
func checkDenial(t *testing.T, decision tagseal.Decision, expected error) {
	t.Helper()
	if decision.Allowed() || decision.Code != tagseal.CodeUnavailable || decision.Rule != nil || decision.Revision != 7 {
		t.Errorf("expected a denial of our own, got %+v", decision)
	}
	if !strings.Contains(decision.Message, expected.Error()) || len(decision.Message) > 600 {
		t.Errorf("expected a message about %q, got %q", expected, decision.Message)
	}
}

func TestHarmWhileCompilingEndsInItsTypedError(t *testing.T) {
	for name, expected := range map[string]error{
		"endless_loop_in_compile": tagseal.ErrDeadline,
		"endless_loop_in_start":   tagseal.ErrDeadline,
		"memory_bomb_in_compile":  tagseal.ErrMemory,
		"trap_in_compile":         tagseal.ErrTrap,
		"trap_in_start":           tagseal.ErrTrap,
	} {
		t.Run(name, func(t *testing.T) {
			component := loadHostile(t, name)
			for range 2 {
				if _, err := component.Compile(t.Context(), "{}"); !errors.Is(err, expected) {
					t.Errorf("expected %v, got %v", expected, err)
				}
			}
		})
	}
}

func TestHarmWhileTheEventIsPassedEndsInItsTypedError(t *testing.T) {
	for name, expected := range map[string]error{
		"endless_loop_in_realloc": tagseal.ErrDeadline,
		"realloc_outside_memory":  tagseal.ErrAnswer,
	} {
		t.Run(name, func(t *testing.T) {
			// What allocates serves the document, too, and a short one needs it as well.
			component := loadHostile(t, name)
			policy, err := component.Compile(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			defer policy.Close()
			for range 2 {
				if _, err := policy.TryEvaluate(t.Context(), harmless); !errors.Is(err, expected) {
					t.Errorf("expected %v, got %v", expected, err)
				}
			}
		})
	}
}

func TestHarmDoneToThoseWhoAskForRulesIsEnded(t *testing.T) {
	for name, expected := range map[string]error{
		"endless_loop_in_rules": tagseal.ErrDeadline,
		"memory_bomb_in_rules":  tagseal.ErrMemory,
		"trap_in_rules":         tagseal.ErrTrap,
		"giant_rules":           tagseal.ErrAnswer,
		"giant_refusal":         tagseal.ErrAnswer,
		"trap_in_start":         tagseal.ErrTrap,
	} {
		t.Run(name, func(t *testing.T) {
			component := loadHostile(t, name)
			_, listErr := component.ListRules(t.Context(), "{}", "{}")
			_, changeErr := component.ChangeRules(t.Context(), "{}", "{}")
			_, importErr := component.ImportRules(t.Context(), "tcr", "{}", "{}")
			_, exportErr := component.ExportRules(t.Context(), "tcr", "{}", "{}")
			for _, err := range []error{listErr, changeErr, importErr, exportErr} {
				if !errors.Is(err, expected) {
					t.Errorf("expected %v, got %v", expected, err)
				}
			}
		})
	}
}

func TestHarmDoneToSomeCallsDoesNotTouchTheOthers(t *testing.T) {
	policy := compileHostile(t, "trap")
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for turn := range 20 {
				event, expected := harmless, error(nil)
				if (worker+turn)%5 == 0 {
					event, expected = harmful, tagseal.ErrTrap
				}
				if _, err := policy.TryEvaluate(context.Background(), event); !errors.Is(err, expected) && !errors.Is(err, tagseal.ErrBusy) {
					t.Errorf("expected %v, got %v", expected, err)
				}
			}
		})
	}
	group.Wait()
}

func TestAPolicyThatWouldFailWhenItIsDroppedIsGoneAllTheSame(t *testing.T) {
	for _, name := range []string{"trap_on_drop", "endless_loop_on_drop"} {
		component := loadHostile(t, name)
		for range 2 {
			policy, err := component.Compile(t.Context(), "{}")
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			policy.Close()
			if _, err := policy.TryEvaluate(t.Context(), harmless); !errors.Is(err, tagseal.ErrClosed) {
				t.Errorf("%s: expected %v, got %v", name, tagseal.ErrClosed, err)
			}
		}
	}
}

func TestAComponentIsRefusedBeforeItRuns(t *testing.T) {
	for name, expected := range map[string]error{
		"core_module":    tagseal.ErrNotComponent,
		"import_unused":  tagseal.ErrImports,
		"import_wasi":    tagseal.ErrImports,
		"initial_memory": tagseal.ErrTooLarge,
		"other_world":    tagseal.ErrInterface,
		// Wazero has no cap on tables, so those that grow are refused at once.
		"table_bomb": tagseal.ErrNotComponent,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := tagseal.Load(t.Context(), hostileBytes(t, name), hostileOptions); !errors.Is(err, expected) {
				t.Errorf("expected %v, got %v", expected, err)
			}
		})
	}
}

func TestAnEqualComponentWithOneTypeChangedIsRefused(t *testing.T) {
	good := string(hostileBytes(t, "behaved"))
	for from, to := range map[string]string{
		"tag-policy@0.2.0":        "tag-policy@0.2.1",
		"[method]policy.revision": "[method]policy.revisiom",
		"\x05allow\x04deny":       "\x05allou\x04deny",
		"\x04line":                "\x04lime",
		"\x08document":            "\x08documant",
	} {
		bytes := strings.ReplaceAll(good, from, to)
		if bytes == good {
			t.Fatalf("%q is not there", from)
		}
		if _, err := tagseal.Load(t.Context(), []byte(bytes), hostileOptions); !errors.Is(err, tagseal.ErrInterface) {
			t.Errorf("%q: expected %v, got %v", from, tagseal.ErrInterface, err)
		}
	}
	if _, err := tagseal.Load(t.Context(), []byte(good), hostileOptions); err != nil {
		t.Error(err)
	}
}

// Whatever bytes are cut or changed, a component is refused or works, and nothing panics.
func TestAComponentThatWasCutIsRefused(t *testing.T) {
	good := hostileBytes(t, "behaved")
	var whole []int
	for length := range len(good) {
		if component, err := tagseal.Load(t.Context(), good[:length], hostileOptions); err == nil {
			_ = component.Close()
			whole = append(whole, length)
		}
	}
	// At its end it has one section with names for people, which it works without.
	if len(whole) > 1 {
		t.Errorf("of %d bytes, so many are not refused: %v", len(good), whole)
	}
}
