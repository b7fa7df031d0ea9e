package hook_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	gometrics "github.com/docker/go-metrics"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// auditLines waits for so many lines of an audit file. Each has to be valid by the schema.
func auditLines(t *testing.T, path string, count int) []map[string]any {
	t.Helper()
	var lines []map[string]any
	eventually(t, "lines of the audit file", func() bool {
		text, err := os.ReadFile(path)
		if err != nil {
			return false
		}
		lines = nil
		scanner := bufio.NewScanner(bytes.NewReader(text))
		for scanner.Scan() {
			var line map[string]any
			if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
				return false
			}
			lines = append(lines, line)
		}
		return len(lines) >= count
	})
	if len(lines) != count {
		t.Fatalf("expected %d lines, got %v", count, lines)
	}
	schema := auditSchema(t)
	for _, line := range lines {
		if err := schema.Validate(line); err != nil {
			t.Errorf("%v is invalid: %v", line, err)
		}
	}
	return lines
}

// auditSchema reads the schema of a line of the audit, and those that it refers to.
func auditSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	for _, name := range []string{"policy", "event", "decision", "audit"} {
		file, err := os.Open("../../../../wit/" + name + ".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(file)
		_ = file.Close()
		if err != nil {
			t.Fatal(err)
		}
		if err := compiler.AddResource("urn:tagseal:schema:"+name, document); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := compiler.Compile("urn:tagseal:schema:audit")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestEachDenialOverrideAndNewPolicyIsALineOfTheAudit(t *testing.T) {
	audit := t.TempDir() + "/audit.jsonl"
	r := start(t, setup{policy: overriding(time.Now().Add(time.Hour)), options: map[string]any{"audit": audit}})
	first, other := r.image("prod/app", "first"), r.image("prod/app", "other")
	for _, tag := range []string{"v1", "v2", "latest"} {
		r.pushed("prod/app", tag, first)
	}
	r.pushed("prod/app", "latest", other)
	r.pushed("prod/app", "v1", other)
	refused := r.push("prod/app", "v2", other).expect(t, http.StatusConflict)
	r.delete("prod/app", "v2").expect(t, http.StatusMethodNotAllowed)
	r.delete("prod/app", first.digest()).expect(t, http.StatusMethodNotAllowed)
	write(t, r.policy, pushOnce)
	lines := auditLines(t, audit, 5)
	for i, kind := range []string{"override", "denied", "denied", "denied", "rules"} {
		line := lines[i]
		if line["kind"] != kind || line["version"] != 1.0 || line["host"] != "tagseal registry 0.1.0" {
			t.Errorf("expected line %d to be of the kind %s, got %v", i, kind, line)
		}
	}
	if lines[0]["reason"] != "CVE-2026-1234: rebuilt" {
		t.Errorf("expected the reason of the override, got %v", lines[0])
	}
	push := lines[1]["event"].(map[string]any)["write"].(map[string]any)
	if push["digest"] != other.digest() || push["repository"] != "prod/app" {
		t.Errorf("expected the event of the push, got %v", push)
	}
	if id := refused.header.Get("X-Request-Id"); lines[1]["address"] != "127.0.0.1" || id == "" || lines[1]["request-id"] != id {
		t.Errorf("expected the address, and the id %q that the answer has, got %v", id, lines[1])
	}
	if lines[4]["instance"] != "test" || lines[4]["revision"] != 7.0 || lines[4]["change"] != nil {
		t.Errorf("expected the new policy, got %v", lines[4])
	}
}

func TestMonitorModeSaysWhatItWouldHaveRefused(t *testing.T) {
	audit := t.TempDir() + "/audit.jsonl"
	r := start(t, setup{options: map[string]any{"audit": audit, "mode": "monitor"}})
	r.pushed("prod/app", "v1", r.image("prod/app", "first"))
	r.pushed("prod/app", "v1", r.image("prod/app", "other"))
	line := auditLines(t, audit, 1)[0]
	if line["kind"] != "monitored" || line["decision"].(map[string]any)["code"] != "immutable" {
		t.Errorf("expected what would have been refused, got %v", line)
	}
}

func TestTheAuditGoesOnInANewFileWhenTheOldOneWasMoved(t *testing.T) {
	audit := t.TempDir() + "/audit.jsonl"
	r := start(t, setup{options: map[string]any{"audit": audit}})
	r.pushed("prod/app", "v1", r.image("prod/app", "first"))
	other := r.image("prod/app", "other")
	r.push("prod/app", "v1", other).expect(t, http.StatusConflict)
	auditLines(t, audit, 1)
	if err := os.Rename(audit, audit+".1"); err != nil {
		t.Fatal(err)
	}
	r.push("prod/app", "v1", other).expect(t, http.StatusConflict)
	auditLines(t, audit, 1)
}

func TestAnAuditFileThatIsFullStopsNoRequest(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full here")
	}
	r := start(t, setup{options: map[string]any{"audit": "/dev/full"}})
	r.pushed("prod/app", "v1", r.image("prod/app", "first"))
	other := r.image("prod/app", "other")
	before := metric(t, "registry_tagseal_audit_lines_lost_total")
	r.push("prod/app", "v1", other).expect(t, http.StatusConflict)
	eventually(t, "the lost line is counted", func() bool { return metric(t, "registry_tagseal_audit_lines_lost_total") > before })
}

func TestDecisionsAreCountedByOutcomeAndCode(t *testing.T) {
	first := `registry_tagseal_decisions_total{code="first-push",outcome="allow"}`
	immutable := `registry_tagseal_decisions_total{code="immutable",outcome="deny"}`
	monitored := `registry_tagseal_decisions_total{code="immutable",outcome="monitored"}`
	before := []float64{metric(t, first), metric(t, immutable), metric(t, monitored)}
	for _, mode := range []string{"enforce", "monitor"} {
		r := start(t, setup{options: map[string]any{"mode": mode}})
		r.pushed("prod/app", "v1", r.image("prod/app", "first"))
		r.push("prod/app", "v1", r.image("prod/app", "other"))
	}
	for i, name := range []string{first, immutable, monitored} {
		want := []float64{2, 1, 1}[i]
		if got := metric(t, name) - before[i]; got != want {
			t.Errorf("expected %s to grow by %v, got %v", name, want, got)
		}
	}
}

// metric returns the value of one of distribution's metrics, 0 where it is not there yet.
func metric(t *testing.T, name string) float64 {
	t.Helper()
	recorder := httptest.NewRecorder()
	gometrics.Handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(recorder.Body.String()) {
		if rest, found := strings.CutPrefix(strings.TrimSpace(line), name+" "); found {
			var value float64
			if err := json.Unmarshal([]byte(rest), &value); err != nil {
				t.Fatal(err)
			}
			return value
		}
	}
	return 0
}
