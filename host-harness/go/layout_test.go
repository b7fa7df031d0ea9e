package tagseal

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// A layout is that of a type, as the table has it.
type layout struct {
	Kind   string
	Size   int
	Align  int
	Fields []struct {
		Name   string
		Offset int
	}
	Cases []struct {
		Name   string
		Offset int
	}
}

func layouts(t *testing.T) map[string]layout {
	t.Helper()
	var table struct{ Types map[string]layout }
	if err := json.Unmarshal(interfaceJSON, &table); err != nil {
		t.Fatal(err)
	}
	return table.Types
}

func TestTheTableIsThatOfTheWIT(t *testing.T) {
	original, err := os.ReadFile("../../wit/interface.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(original, interfaceJSON) {
		t.Error("interface.json is not a copy of wit/interface.json; run `go generate`")
	}
}

func TestSizesAreThoseOfTheTable(t *testing.T) {
	types := layouts(t)
	for name, expected := range map[string]int{
		"event":                                 sizeEvent,
		"tag-write":                             sizeTagWrite,
		"tuple<string, string>":                 sizeFact,
		"list<string>":                          sizeString,
		"decision":                              sizeDecision,
		"tag-decision":                          sizeTagDecision,
		"diagnostic":                            sizeDiagnostic,
		"changed-rule":                          sizeChangedRule,
		"result<string, refusal>":               sizeResult,
		"result<changed, refusal>":              sizeResult,
		"result<own<policy>, list<diagnostic>>": sizeCompiled,
	} {
		if types[name].Size != expected {
			t.Errorf("%s: expected %d, the table has %d", name, expected, types[name].Size)
		}
	}
}

func TestCasesAreThoseOfTheTable(t *testing.T) {
	types := layouts(t)
	for name, expected := range map[string]map[string]int{
		"current":       {"absent": caseAbsent, "digest": caseDigest, "unknown": caseUnknown, "retired": caseRetired},
		"operation":     {"write": caseWrite, "delete-tag": caseDeleteTag, "delete-manifest": caseDeleteManifest},
		"manifest-tags": {"known": caseTagsKnown, "unknown": caseTagsUnknown},
		"outcome":       {"allow": 0, "deny": 1},
		"precondition":  {"unconditional": int(Unconditional), "absent": int(StillAbsent), "unchanged": int(StillUnchanged)},
		"severity":      {"problem": int(Problem), "warning": int(Warning)},
	} {
		if len(types[name].Cases) != len(expected) {
			t.Errorf("%s: expected %d cases, the table has %d", name, len(expected), len(types[name].Cases))
		}
		for number, found := range types[name].Cases {
			if expected[found.Name] != number {
				t.Errorf("%s: expected `%s` to be case %d, the table says %d", name, found.Name, expected[found.Name], number)
			}
		}
	}
}

// The reading and writing of values has these places as numbers.
func TestPlacesAreThoseOfTheTable(t *testing.T) {
	types := layouts(t)
	for name, expected := range map[string]map[string]int{
		"decision": {
			"outcome": 0, "code": 4, "rule": 16, "namespace": 32, "pair": 44, "revision": 56, "message": 64, "tags": 72,
		},
		"tag-decision": {
			"tag": 0, "outcome": 8, "code": 12, "rule": 24, "namespace": 40, "pair": 52, "precondition": 60,
		},
		"diagnostic":      {"severity": 0, "pointer": 4, "line": 12, "column": 16, "message": 20, "help": 28},
		"refusal":         {"code": 0, "message": 8, "rule": 16, "diagnostics": 32},
		"changed":         {"document": 0, "revision": 8, "rules": 16},
		"changed-rule":    {"id": 0, "rule": 8, "warnings": 20},
		"converted":       {"text": 0, "losses": 8},
		"event":           {"operation": 0, "context": 36},
		"write":           {"repository": 0, "digest": 8, "tags": 16},
		"tag-write":       {"tag": 0, "current": 8},
		"delete-tag":      {"repository": 0, "tag": 8, "remembers": 16},
		"delete-manifest": {"repository": 0, "digest": 8, "tags": 16, "remembers": 28},
	} {
		if len(types[name].Fields) != len(expected) {
			t.Errorf("%s: expected %d fields, the table has %d", name, len(expected), len(types[name].Fields))
		}
		for _, field := range types[name].Fields {
			if expected[field.Name] != field.Offset {
				t.Errorf("%s: expected `%s` at %d, the table says %d", name, field.Name, expected[field.Name], field.Offset)
			}
		}
	}
	for name, expected := range map[string]int{
		"option<u64>": 8, "option<u32>": 4, "option<string>": 4, "current": 4, "manifest-tags": 4, "operation": 4,
		"result<changed, refusal>": 8, "result<own<policy>, list<diagnostic>>": 4,
	} {
		for _, found := range types[name].Cases {
			if found.Offset != 0 && found.Offset != expected {
				t.Errorf("%s: expected the value of a case at %d, the table says %d", name, expected, found.Offset)
			}
		}
	}
}
