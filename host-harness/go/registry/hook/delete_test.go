package hook_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// policyOf is a policy for the namespace prod that says this about deletes.
func policyOf(deletion string) string {
	return fmt.Sprintf(`{"version": 1, "rules": [{"id": 1, "namespace": "prod", "preset": "latest", "deletion": %q}]}`, deletion)
}

func TestADeleteOfAProtectedTagIsRefused(t *testing.T) {
	for name, folder := range folders(t) {
		t.Run(name, func(t *testing.T) {
			r := start(t, setup{folder: folder})
			image := r.pushed("prod/app", "v1", r.image("prod/app", "image"))
			r.pushed("prod/app", "latest", image)
			refused := r.delete("prod/app", "v1").expect(t, http.StatusMethodNotAllowed,
				"DENIED: tag v1 of prod/app cannot be deleted because the tag is immutable (rule 1, namespace prod)")
			if got := refused.header.Get("Allow"); got != "GET, HEAD, PUT" {
				t.Errorf("expected what is allowed, got %q", got)
			}
			r.delete("prod/app", image.digest()).expect(t, http.StatusMethodNotAllowed, "DENIED: tag v1 of prod/app")
			r.expectTag("prod/app", "v1", image.digest())
			r.delete("prod/app", "latest").expect(t, http.StatusAccepted)
			r.expectTag("prod/app", "latest", "")
			r.expectTag("prod/app", "v1", image.digest())
		})
	}
}

func TestADeleteThatTheRuleAllowsTakesAllTagsOfTheManifest(t *testing.T) {
	r := start(t, setup{policy: policyOf("allow")})
	image := r.pushed("prod/app", "v1", r.image("prod/app", "image"))
	r.pushed("prod/app", "v2", image)
	r.pushed("prod/app", "latest", image)
	r.delete("prod/app", "v2").expect(t, http.StatusAccepted)
	r.expectTag("prod/app", "v1", image.digest())
	r.delete("prod/app", image.digest()).expect(t, http.StatusAccepted)
	for _, tag := range []string{"v1", "latest"} {
		r.expectTag("prod/app", tag, "")
	}
}

// The registry does not remember deleted tags, so it can't promise that their names are used up.
func TestRetireCountsAsDeny(t *testing.T) {
	r := start(t, setup{policy: policyOf("retire")})
	image := r.pushed("prod/app", "v1", r.image("prod/app", "image"))
	r.delete("prod/app", "v1").expect(t, http.StatusMethodNotAllowed, "DENIED: ")
	r.delete("prod/app", image.digest()).expect(t, http.StatusMethodNotAllowed, "DENIED: ")
}

func TestAManifestInATaggedIndexIsKeptHoweverDeepItIs(t *testing.T) {
	r := start(t, setup{})
	deep := r.image("prod/app", "deep")
	r.pushed("prod/app", deep.digest(), deep)
	kept := deep
	// What the index says about the type of an inner index is not what it is.
	for depth := range 5 {
		descriptor := kept.descriptor()
		if depth > 0 {
			descriptor.MediaType = v1.MediaTypeImageManifest
		}
		other := r.image("prod/app", fmt.Sprint("other ", depth))
		r.pushed("prod/app", other.digest(), other)
		kept = index(t, other.descriptor(), descriptor)
		r.pushed("prod/app", kept.digest(), kept)
	}
	free := r.image("prod/app", "free")
	r.pushed("prod/app", free.digest(), free)

	r.delete("prod/app", deep.digest()).expect(t, http.StatusAccepted)
	r.pushed("prod/app", deep.digest(), deep)
	r.pushed("prod/app", "latest", kept)
	r.pushed("prod/app", "v1", kept)
	r.delete("prod/app", deep.digest()).expect(t, http.StatusMethodNotAllowed, "DENIED: tag v1 of prod/app")
	r.delete("prod/app", kept.digest()).expect(t, http.StatusMethodNotAllowed, "DENIED: tag v1 of prod/app")
	r.delete("prod/app", free.digest()).expect(t, http.StatusAccepted)
}

// Whoever may push must not be able to end all deletes.
func TestAnIndexOfWhatCanNotExistStopsNoDelete(t *testing.T) {
	r := start(t, setup{unvalidated: true})
	free := r.image("prod/app", "free")
	r.pushed("prod/app", free.digest(), free)
	for number, impossible := range []digest.Digest{"sha256:zz", "", "x", digest.FromString("missing")} {
		r.pushed("prod/app", fmt.Sprint("v", number), index(t, v1.Descriptor{MediaType: v1.MediaTypeImageIndex, Digest: impossible}))
	}
	r.delete("prod/app", free.digest()).expect(t, http.StatusAccepted)
}

// A long chain of indexes, each twice in the next, is walked once.
func TestAChainOfIndexesIsWalkedOnce(t *testing.T) {
	r := start(t, setup{})
	last := r.image("prod/app", "deep")
	r.pushed("prod/app", last.digest(), last)
	deep := last
	for range 60 {
		last = index(t, last.descriptor(), last.descriptor())
		r.pushed("prod/app", last.digest(), last)
	}
	r.pushed("prod/app", "v1", last)
	free := r.image("prod/app", "free")
	r.pushed("prod/app", free.digest(), free)
	r.delete("prod/app", free.digest()).expect(t, http.StatusAccepted)
	r.delete("prod/app", deep.digest()).expect(t, http.StatusMethodNotAllowed)
}

func TestABlobOfAProtectedImageIsKept(t *testing.T) {
	r := start(t, setup{})
	layer := r.blob("prod/app", v1.MediaTypeImageLayerGzip, "layer")
	config := r.blob("prod/app", v1.MediaTypeImageConfig, "{}")
	unused := r.blob("prod/app", v1.MediaTypeImageLayerGzip, "unused")
	image := encode(t, v1.MediaTypeImageManifest, v1.Manifest{
		MediaType: v1.MediaTypeImageManifest, Config: config, Layers: []v1.Descriptor{layer},
	})
	r.pushed("prod/app", image.digest(), image)
	r.pushed("prod/app", "v1", index(t, image.descriptor()))
	deleteBlob := func(blob v1.Descriptor) reply {
		return r.ask(http.MethodDelete, "/v2/prod/app/blobs/"+blob.Digest.String(), "", nil)
	}
	for _, blob := range []v1.Descriptor{layer, config} {
		refused := deleteBlob(blob).expect(t, http.StatusMethodNotAllowed, fmt.Sprintf("DENIED: blob %.19s of prod/app cannot be deleted "+
			"because tag v1 needs it, and the tag is immutable (rule 1, namespace prod)", blob.Digest))
		if got := refused.header.Get("Allow"); got != "GET, HEAD" {
			t.Errorf("expected what is allowed, got %q", got)
		}
		r.ask(http.MethodHead, "/v2/prod/app/blobs/"+blob.Digest.String(), "", nil).expect(t, http.StatusOK)
	}
	deleteBlob(unused).expect(t, http.StatusAccepted)
}

func TestADeleteOfWhatIsNotThereGetsDistributionsOwnAnswer(t *testing.T) {
	image := manifest{v1.MediaTypeImageManifest, []byte("nothing")}
	paths := []string{
		"/v2/prod/app/manifests/v2", "/v2/prod/app/manifests/" + image.digest(), "/v2/prod/app/blobs/" + image.digest(),
		"/v2/prod/none/manifests/v1", "/v2/prod/none/manifests/" + image.digest(),
	}
	answers := make(map[string][]int)
	for _, plain := range []bool{true, false} {
		r := start(t, setup{plain: plain})
		r.pushed("prod/app", "v1", r.image("prod/app", "image"))
		for _, path := range paths {
			answers[path] = append(answers[path], r.ask(http.MethodDelete, path, "", nil).status)
		}
	}
	for path, statuses := range answers {
		if statuses[0] != statuses[1] || statuses[0] != http.StatusNotFound {
			t.Errorf("%s: expected 404 without and with the hook, got %v", path, statuses)
		}
	}
}

// An event has at most a thousand tags.
func TestAManifestWithManyTagsIsJudgedByAllOfThem(t *testing.T) {
	r := start(t, setup{policy: `{"version": 1, "rules": [
		{"id": 1, "namespace": "prod", "protects": [{"repositories": {"matches": "**"}, "tags": {"matches": "kept*"}}]}]}`})
	image := r.image("prod/app", "image")
	for number := range 1100 {
		r.pushed("prod/app", fmt.Sprint("free-", number), image)
	}
	r.pushed("prod/app", "kept", image)
	r.delete("prod/app", image.digest()).expect(t, http.StatusMethodNotAllowed, "DENIED: tag kept of prod/app")
	other := r.image("prod/app", "other")
	for number := range 1100 {
		r.pushed("prod/app", fmt.Sprint("kept-", number), other)
	}
	r.delete("prod/app", other.digest()).expect(t, http.StatusMethodNotAllowed, "DENIED: tag kept-")
}

func TestAnUnreadableTagLeavesADeleteUndecided(t *testing.T) {
	folder := t.TempDir()
	r := start(t, setup{folder: folder})
	r.pushed("prod/app", "v1", r.image("prod/app", "image"))
	free := r.image("prod/app", "free")
	r.pushed("prod/app", free.digest(), free)
	link := folder + "/docker/registry/v2/repositories/prod/app/_manifests/tags/v1/current/link"
	write(t, link, "sha256:junk")
	r.delete("prod/app", free.digest()).expect(t, http.StatusServiceUnavailable, "UNAVAILABLE: manifest ", "its tags could not be found out")
	r.delete("prod/app", "v1").expect(t, http.StatusMethodNotAllowed, "DENIED: ")
}
