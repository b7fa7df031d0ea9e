package hook_test

import (
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/distribution/distribution/v3/configuration"
)

// eventually waits until something holds. A policy file is looked at every second.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("%s: not within 30 seconds", what)
}

func TestThePolicyFileIsFollowedAndAnInvalidOneLeavesTheOldActive(t *testing.T) {
	r := start(t, setup{})
	images := []manifest{r.image("prod/app", "one"), r.image("prod/app", "two")}
	r.pushed("prod/app", "v1", images[0])
	// One of both is another image than the one that v1 is, whatever that is.
	refused := func() bool {
		return r.push("prod/app", "v1", images[1]).status == http.StatusConflict ||
			r.push("prod/app", "v1", images[0]).status == http.StatusConflict
	}
	if !refused() {
		t.Fatal("expected the first policy to protect v1")
	}
	for _, invalid := range []string{"", "{", `{"version": 2}`, `{"version": 1, "rules": [{"id": 1}]}`} {
		write(t, r.policy, invalid)
		time.Sleep(1500 * time.Millisecond)
		if !refused() {
			t.Fatalf("expected the old policy to stay active after %q", invalid)
		}
	}
	if err := os.Remove(r.policy); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1500 * time.Millisecond)
	if !refused() {
		t.Fatal("expected the old policy to stay active without a file")
	}
	write(t, r.policy, `{"version": 1, "rules": []}`)
	eventually(t, "a policy without a rule is active", func() bool { return !refused() })
	r.pushed("prod/app", "v1", images[0])
	// Another file is moved to its place, as editors and Kubernetes do.
	write(t, r.policy+".new", pushOnce)
	if err := os.Rename(r.policy+".new", r.policy); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the first policy is active again", refused)
}

func TestNoPushEscapesWhileThePolicyIsReplaced(t *testing.T) {
	r := start(t, setup{})
	r.pushed("prod/app", "v1", r.image("prod/app", "first"))
	other := r.image("prod/app", "other")
	for revision := range 6 {
		write(t, r.policy, fmt.Sprintf(`{"version": 1, "revision": %d, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}`, 8+revision))
		for end := time.Now().Add(time.Second); time.Now().Before(end); {
			r.push("prod/app", "v1", other).expect(t, http.StatusConflict)
		}
	}
}

// overriding is a policy with an override for prod/app:v1 until a time.
func overriding(until time.Time) string {
	return fmt.Sprintf(`{"version": 1, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}], "overrides": [
		{"repository": "prod/app", "tag": "v1", "until": %q, "reason": "CVE-2026-1234: rebuilt"}]}`,
		until.UTC().Format("2006-01-02T15:04:05Z"))
}

func TestAnOverrideLetsPushesThroughUntilItsEnd(t *testing.T) {
	until := time.Now().Add(4 * time.Second)
	r := start(t, setup{policy: overriding(until)})
	images := []manifest{r.image("prod/app", "one"), r.image("prod/app", "two"), r.image("prod/app", "three")}
	r.pushed("prod/app", "v1", images[0])
	r.pushed("prod/app", "v2", images[0])
	r.pushed("prod/app", "v1", images[1])
	r.push("prod/app", "v2", images[1]).expect(t, http.StatusConflict)
	time.Sleep(time.Until(until.Add(100 * time.Millisecond)))
	r.push("prod/app", "v1", images[2]).expect(t, http.StatusConflict, "DENIED: tag v1 of prod/app")
	r.expectTag("prod/app", "v1", images[1].digest())
}

func TestMonitorModeRefusesNothing(t *testing.T) {
	folder := t.TempDir()
	r := start(t, setup{folder: folder, options: map[string]any{"mode": "monitor"}})
	first, other := r.image("prod/app", "first"), r.image("prod/app", "other")
	r.pushed("prod/app", "v1", first)
	r.pushed("prod/app", "v1", other)
	r.expectTag("prod/app", "v1", other.digest())
	link := folder + "/docker/registry/v2/repositories/prod/app/_manifests/tags/v1/current/link"
	write(t, link, "sha256:junk")
	r.pushed("prod/app", "v1", first)
	r.delete("prod/app", "v1").expect(t, http.StatusAccepted)
	r.pushed("prod/app", "v1", other)
	r.delete("prod/app", other.digest()).expect(t, http.StatusAccepted)
}

func TestTheActorIsTheUserWhomDistributionKnows(t *testing.T) {
	audit := t.TempDir() + "/audit.jsonl"
	r := start(t, setup{
		auth:    configuration.Auth{"silly": {"realm": "test", "service": "test"}},
		options: map[string]any{"audit": audit},
	})
	r.header.Set("Authorization", "given")
	r.pushed("prod/app", "v1", r.image("prod/app", "first"))
	r.push("prod/app", "v1", r.image("prod/app", "other")).expect(t, http.StatusConflict)
	line := auditLines(t, audit, 1)[0]
	// The access controller of distribution that is made for tests calls everybody so.
	want := map[string]any{"name": "silly", "known-by": "host", "verified": true}
	if got := line["actor"]; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("expected the actor %v, got %v", want, got)
	}
	event := line["event"].(map[string]any)
	if got := event["context"].(map[string]any)["actor"]; got != "silly" {
		t.Errorf("expected the policy to be asked with the actor, got %v", event)
	}
}
