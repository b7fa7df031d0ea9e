package tagseal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"tagseal"
)

// badInput is the list of broken input that the tests of every host read.
type badInput struct {
	Components       map[string]string `json:"components"`
	NotComponents    []string          `json:"not-components"`
	CutAfterPerMille []int             `json:"cut-after-per-mille"`
	JunkBytes        int               `json:"junk-bytes"`
	AllowingDocument string            `json:"allowing-document"`
	Documents        []string          `json:"documents"`
	Events           []string          `json:"events"`
}

// refusals are the words of the list for why a component is refused.
var refusals = map[string]error{
	"not-a-component": tagseal.ErrNotComponent,
	"imports":         tagseal.ErrImports,
	"interface":       tagseal.ErrInterface,
}

func readBadInput(t *testing.T) badInput {
	t.Helper()
	text, err := os.ReadFile("../../tests/hostile/bad-input.json")
	if err != nil {
		t.Fatal(err)
	}
	var list badInput
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Components) == 0 || len(list.CutAfterPerMille) == 0 || list.JunkBytes == 0 || len(list.Documents) == 0 || len(list.Events) == 0 {
		t.Fatal("the list of bad input lacks a part")
	}
	return list
}

func TestBadComponentsAreRefused(t *testing.T) {
	list := readBadInput(t)
	for name, reason := range list.Components {
		expected, known := refusals[reason]
		if !known {
			t.Fatalf("%s: unknown reason %q", name, reason)
		}
		if _, err := tagseal.Load(t.Context(), hostileBytes(t, name), nil); !errors.Is(err, expected) {
			t.Errorf("%s: expected %v, got %v", name, expected, err)
		}
	}
	for _, text := range list.NotComponents {
		if _, err := tagseal.Load(t.Context(), []byte(text), nil); !errors.Is(err, tagseal.ErrNotComponent) {
			t.Errorf("%q: expected %v, got %v", text, tagseal.ErrNotComponent, err)
		}
	}
}

func TestAComponentThatIsCutAnywhereIsRefused(t *testing.T) {
	good := componentBytes(t)
	for _, perMille := range readBadInput(t).CutAfterPerMille {
		_, err := tagseal.Load(t.Context(), good[:len(good)*perMille/1000], nil)
		if !errors.Is(err, tagseal.ErrNotComponent) && !errors.Is(err, tagseal.ErrInterface) {
			t.Errorf("cut after %d of 1000: got %v", perMille, err)
		}
	}
}

func TestJunkIsNoComponentWhateverItsSize(t *testing.T) {
	junk := bytes.Repeat([]byte{0xff}, readBadInput(t).JunkBytes)
	header := []byte("\x00asm\x0d\x00\x01\x00")
	for _, start := range [][]byte{nil, header} {
		copy(junk, start)
		if _, err := tagseal.Load(t.Context(), junk, nil); !errors.Is(err, tagseal.ErrTooLarge) {
			t.Errorf("expected %v, got %v", tagseal.ErrTooLarge, err)
		}
		patient := &tagseal.Options{Component: 1 << 30}
		if _, err := tagseal.Load(t.Context(), junk, patient); !errors.Is(err, tagseal.ErrNotComponent) {
			t.Errorf("expected %v, got %v", tagseal.ErrNotComponent, err)
		}
	}
}

func TestBadDocumentsAreInvalid(t *testing.T) {
	list := readBadInput(t)
	component := load(t, nil)
	for _, text := range append(list.Documents, strings.Repeat("x", list.JunkBytes)) {
		_, err := component.Compile(t.Context(), text)
		if invalid := (*tagseal.DocumentError)(nil); !errors.As(err, &invalid) || len(invalid.Diagnostics) == 0 {
			t.Errorf("%.80q: expected an error with every problem, got %v", text, err)
		}
	}
}

// The policy has no rules, so whatever is understood is allowed.
func TestBadEventsAreDenied(t *testing.T) {
	list := readBadInput(t)
	policy, err := load(t, nil).Compile(t.Context(), list.AllowingDocument)
	if err != nil {
		t.Fatal(err)
	}
	defer policy.Close()
	for _, text := range append(list.Events, strings.Repeat("x", list.JunkBytes)) {
		answer, err := policy.EvaluateJSON(t.Context(), text)
		if err != nil || !strings.HasPrefix(answer, `{"outcome":"deny","code":"malformed"`) {
			t.Errorf("%.80q: expected a denial as malformed, got %s, %v", text, answer, err)
		}
	}
}
