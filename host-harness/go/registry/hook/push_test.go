package hook_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/distribution/distribution/v3/configuration"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// folders are where the registries under test store: in memory, and in files.
func folders(t *testing.T) map[string]string {
	return map[string]string{"in memory": "", "in files": t.TempDir()}
}

func TestATagIsPushedOnce(t *testing.T) {
	for name, folder := range folders(t) {
		t.Run(name, func(t *testing.T) {
			r := start(t, setup{folder: folder})
			first, other := r.image("prod/app", "first"), r.image("prod/app", "other")
			r.pushed("prod/app", "v1", first)
			r.pushed("prod/app", "v1", first)
			r.push("prod/app", "v1", other).expect(t, http.StatusConflict,
				"DENIED: tag v1 of prod/app cannot be overwritten because the tag is immutable (rule 1, namespace prod): ")
			r.expectTag("prod/app", "v1", first.digest())
			r.pushed("prod/app", "latest", first)
			r.pushed("prod/app", "latest", other)
			r.expectTag("prod/app", "latest", other.digest())
			r.pushed("prod/app", other.digest(), other)
		})
	}
}

func TestADenialIsOneErrorThatEveryClientUnderstands(t *testing.T) {
	r := start(t, setup{})
	first, other := r.image("prod/app", "first"), r.image("prod/app", "other")
	r.pushed("prod/app", "v1", first)
	refused := r.push("prod/app", "v1", other).expect(t, http.StatusConflict)
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Cache-Control": "no-store", "Www-Authenticate": "", "Retry-After": "",
		"Location": "", "Docker-Content-Digest": "", "Docker-Distribution-Api-Version": "registry/2.0",
	} {
		if got := refused.header.Get(name); got != want {
			t.Errorf("expected the header %s to be %q, got %q", name, want, got)
		}
	}
	var body struct {
		Errors []struct {
			Code, Message string
			Detail        map[string]any
		}
	}
	if err := json.Unmarshal([]byte(refused.body), &body); err != nil || len(body.Errors) != 1 {
		t.Fatalf("expected one error, got %s (%v)", refused.body, err)
	}
	detail := body.Errors[0].Detail
	want := map[string]any{
		"reason": "TAG_IMMUTABLE", "rule": 1.0, "namespace": "prod", "repository": "prod/app", "tag": "v1",
		"current": first.digest(), "pushed": other.digest(),
	}
	for key, value := range want {
		if detail[key] != value {
			t.Errorf("expected %s to be %v, got %v", key, value, detail[key])
		}
	}
	if strings.Index(refused.body, `"message"`) > strings.Index(refused.body, `"detail"`) {
		t.Error("clients that cut the body must show the message")
	}
}

func TestSeveralArchitecturesArePushedByDigestAndThenByTag(t *testing.T) {
	r := start(t, setup{})
	amd64 := r.image("prod/app", "amd64")
	arm64 := r.image("prod/app", "arm64")
	r.pushed("prod/app", amd64.digest(), amd64)
	r.pushed("prod/app", arm64.digest(), arm64)
	both := r.pushed("prod/app", "v1", index(t, amd64.descriptor(), arm64.descriptor()))
	r.push("prod/app", "v1", amd64).expect(t, http.StatusConflict)
	r.expectTag("prod/app", "v1", both.digest())
}

// Should a later version of distribution set tags by `?tag=`, they have to be judged all together, before the first is
// set.
func TestAPushByDigestSetsNoTag(t *testing.T) {
	for _, plain := range []bool{true, false} {
		r := start(t, setup{plain: plain})
		image := r.image("prod/app", "image")
		answer := r.push("prod/app", image.digest()+"?tag=v1", image).expect(t, http.StatusCreated)
		if tags := answer.header.Values("OCI-Tag"); len(tags) > 0 {
			t.Errorf("distribution sets tags by the query now: %v", tags)
		}
		r.expectTag("prod/app", "v1", "")
	}
}

func TestARepositoryNameThatIsInvalidIsRefused(t *testing.T) {
	r := start(t, setup{})
	image := r.image("FOO/app", "image")
	r.push("FOO/app", "v1", image).expect(t, http.StatusBadRequest, "NAME_INVALID: ")
	r.expectTag("FOO/app", "v1", "")
}

// A tag whose link can't be read is not absent.
func TestATagWhoseStateIsUnknownIsNotPushed(t *testing.T) {
	folder := t.TempDir()
	r := start(t, setup{folder: folder})
	image := r.pushed("prod/app", "v1", r.image("prod/app", "image"))
	link := folder + "/docker/registry/v2/repositories/prod/app/_manifests/tags/v1/current/link"
	write(t, link, "sha256:junk")
	refused := r.push("prod/app", "v1", image).expect(t, http.StatusServiceUnavailable, "UNAVAILABLE: ", "tag v1 of prod/app")
	if strings.Contains(refused.body, "junk") {
		t.Errorf("the answer shows what is in the storage: %s", refused.body)
	}
	if refused.header.Get("Retry-After") != "1" {
		t.Error("expected the client to be asked to try again")
	}
	write(t, link, image.digest())
	r.pushed("prod/app", "v1", image)
}

func TestWhoMayNotPushGetsDistributionsOwnAnswer(t *testing.T) {
	r := start(t, setup{auth: configuration.Auth{"silly": {"realm": "test", "service": "test"}}})
	r.header.Set("Authorization", "given")
	first, other := r.image("prod/app", "first"), r.image("prod/app", "other")
	r.pushed("prod/app", "v1", first)
	r.header.Del("Authorization")
	refused := r.push("prod/app", "v1", other).expect(t, http.StatusUnauthorized, "UNAUTHORIZED: ")
	if strings.Contains(refused.body, "rule") || strings.Contains(refused.body, first.digest()) {
		t.Errorf("a stranger reads the policy: %s", refused.body)
	}
	r.header.Set("Authorization", "given")
	r.push("prod/app", "v1", other).expect(t, http.StatusConflict)
}

func TestSignaturesUnderAnExemptRuleArePushedAgain(t *testing.T) {
	r := start(t, setup{policy: `{"version": 1, "rules": [
		{"id": 1, "namespace": "prod", "preset": "latest", "exempt": ["signatures", "referrers"]}]}`})
	image := r.pushed("prod/app", "v1", r.image("prod/app", "image"))
	name := strings.Replace(image.digest(), ":", "-", 1)
	for _, tag := range []string{name + ".sig", name} {
		r.pushed("prod/app", tag, r.image("prod/app", "one signature"))
		r.pushed("prod/app", tag, r.image("prod/app", "two signatures"))
	}
	r.push("prod/app", "v1", r.image("prod/app", "other")).expect(t, http.StatusConflict)
}

// What a registry that was killed between two writes leaves behind is a tag without a manifest.
func TestATagWithoutALinkIsAbsent(t *testing.T) {
	folder := t.TempDir()
	r := start(t, setup{folder: folder})
	r.pushed("prod/app", "v1", r.image("prod/app", "first"))
	if err := os.Remove(folder + "/docker/registry/v2/repositories/prod/app/_manifests/tags/v1/current/link"); err != nil {
		t.Fatal(err)
	}
	other := r.pushed("prod/app", "v1", r.image("prod/app", "other"))
	r.expectTag("prod/app", "v1", other.digest())
}

func TestAPushThatDistributionRefusesLeavesTheTagFree(t *testing.T) {
	r := start(t, setup{})
	image := r.image("prod/app", "image")
	broken := manifest{v1.MediaTypeImageManifest, []byte(`{"schemaVersion": 2}`)}
	if got := r.push("prod/app", "v1", broken).status; got < 400 || got >= 500 {
		t.Fatalf("expected a refusal by distribution, got %d", got)
	}
	r.pushed("prod/app", "v1", image)
}
