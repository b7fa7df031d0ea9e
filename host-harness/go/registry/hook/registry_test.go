package hook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tagseal/registry/hook"

	"github.com/distribution/distribution/v3/configuration"
	_ "github.com/distribution/distribution/v3/registry/auth/silly"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/sirupsen/logrus"
)

func TestMain(m *testing.M) {
	logrus.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// pushOnce is a policy that keeps every tag but latest of the namespace prod.
const pushOnce = `{"version": 1, "instance": "test", "revision": 7, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}`

// A setup is how a registry under test is made. Its zero value is a guarded registry in memory with the policy pushOnce.
type setup struct {
	// policy is a document.
	policy string
	// plain leaves the hook out, and withoutHandler leaves out its handler alone.
	plain, withoutHandler bool
	// unvalidated lets distribution take an index of what is not there.
	unvalidated bool
	// folder is where the registry stores. In memory, where it is empty.
	folder string
	// options are further ones of the middleware.
	options map[string]any
	// auth is distribution's configuration of it.
	auth configuration.Auth
	// around wraps the registry, inside the hook.
	around func(http.Handler) http.Handler
}

// A registry is one that runs in this process.
type registry struct {
	t      testing.TB
	url    string
	policy string
	client *http.Client
	header http.Header
}

func start(t testing.TB, s setup) *registry {
	t.Helper()
	if s.policy == "" {
		s.policy = pushOnce
	}
	policy := filepath.Join(t.TempDir(), "policy.json")
	write(t, policy, s.policy)
	config := &configuration.Configuration{Storage: configuration.Storage{
		"inmemory": {}, "delete": {"enabled": true}, "maintenance": {"uploadpurging": map[any]any{"enabled": false}},
	}}
	if s.folder != "" {
		delete(config.Storage, "inmemory")
		config.Storage["filesystem"] = configuration.Parameters{"rootdirectory": s.folder}
	}
	config.Auth = s.auth
	config.Validation.Disabled = s.unvalidated
	if !s.plain {
		options := configuration.Parameters{"policy": policy}
		for key, value := range s.options {
			options[key] = value
		}
		config.Middleware = map[string][]configuration.Middleware{"repository": {{Name: hook.Name, Options: options}}}
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	var handler http.Handler = handlers.NewApp(ctx, config)
	if s.around != nil {
		handler = s.around(handler)
	}
	if !s.plain && !s.withoutHandler {
		handler = guard(t, config).Handler(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	return &registry{t: t, url: server.URL, policy: policy, client: client, header: http.Header{}}
}

func guard(t testing.TB, config *configuration.Configuration) *hook.Guard {
	t.Helper()
	options, err := hook.OptionsOf(config)
	if err != nil {
		t.Fatal(err)
	}
	guard, err := hook.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = guard.Close() })
	return guard
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A reply is what the registry answered.
type reply struct {
	status int
	header http.Header
	body   string
}

// errors are those of the body, each as "CODE: message".
func (r reply) errors() string {
	var body struct {
		Errors []struct{ Code, Message string } `json:"errors"`
	}
	_ = json.Unmarshal([]byte(r.body), &body)
	texts := make([]string, len(body.Errors))
	for i, one := range body.Errors {
		texts[i] = one.Code + ": " + one.Message
	}
	return strings.Join(texts, "\n")
}

// expect checks the status of a reply, and that the errors in it contain each of these texts.
func (r reply) expect(t testing.TB, status int, texts ...string) reply {
	t.Helper()
	if r.status != status {
		t.Fatalf("expected %d, got %d: %s", status, r.status, r.body)
	}
	for _, text := range texts {
		if !strings.Contains(r.errors(), text) {
			t.Fatalf("expected %q in: %s", text, r.body)
		}
	}
	return r
}

// ask sends a request. It does not end the test, so that it can be used in other goroutines.
func (r *registry) ask(method, path, mediaType string, body []byte) reply {
	request, err := http.NewRequest(method, r.url+path, bytes.NewReader(body))
	if err != nil {
		return reply{body: err.Error()}
	}
	request.Header = r.header.Clone()
	if mediaType != "" {
		request.Header.Set("Content-Type", mediaType)
	}
	if method == http.MethodGet || method == http.MethodHead {
		request.Header.Set("Accept", strings.Join([]string{v1.MediaTypeImageManifest, v1.MediaTypeImageIndex}, ", "))
	}
	response, err := r.client.Do(request)
	if err != nil {
		return reply{body: err.Error()}
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{body: err.Error()}
	}
	return reply{status: response.StatusCode, header: response.Header, body: string(text)}
}

// blob uploads a blob, and returns its descriptor.
func (r *registry) blob(repository, mediaType, content string) v1.Descriptor {
	r.t.Helper()
	name := digest.FromString(content)
	begun := r.ask(http.MethodPost, "/v2/"+repository+"/blobs/uploads/", "", nil).expect(r.t, http.StatusAccepted)
	location := strings.TrimPrefix(begun.header.Get("Location"), r.url)
	separator := "?"
	if strings.Contains(location, "?") {
		separator = "&"
	}
	r.ask(http.MethodPut, location+separator+"digest="+name.String(), "application/octet-stream", []byte(content)).
		expect(r.t, http.StatusCreated)
	return v1.Descriptor{MediaType: mediaType, Digest: name, Size: int64(len(content))}
}

// A manifest is one to push.
type manifest struct {
	mediaType string
	bytes     []byte
}

func (m manifest) digest() string { return digest.FromBytes(m.bytes).String() }

func (m manifest) descriptor() v1.Descriptor {
	return v1.Descriptor{MediaType: m.mediaType, Digest: digest.FromBytes(m.bytes), Size: int64(len(m.bytes))}
}

// image uploads the config of an image, and returns its manifest. Images of other names have other digests.
func (r *registry) image(repository, name string) manifest {
	r.t.Helper()
	config := r.blob(repository, v1.MediaTypeImageConfig, fmt.Sprintf(`{"architecture":"amd64","os":"linux","author":%q}`, name))
	return encode(r.t, v1.MediaTypeImageManifest, v1.Manifest{
		MediaType: v1.MediaTypeImageManifest, Config: config, Layers: []v1.Descriptor{},
	})
}

// index returns an index of these manifests.
func index(t testing.TB, manifests ...v1.Descriptor) manifest {
	t.Helper()
	return encode(t, v1.MediaTypeImageIndex, v1.Index{MediaType: v1.MediaTypeImageIndex, Manifests: manifests})
}

func encode(t testing.TB, mediaType string, value any) manifest {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	// The types of the specification have the version inside, which its constructor would set.
	text = bytes.Replace(text, []byte(`"schemaVersion":0`), []byte(`"schemaVersion":2`), 1)
	return manifest{mediaType, text}
}

// push pushes a manifest under a tag or a digest.
func (r *registry) push(repository, reference string, m manifest) reply {
	return r.ask(http.MethodPut, "/v2/"+repository+"/manifests/"+reference, m.mediaType, m.bytes)
}

// pushed pushes a manifest, and expects that it is taken.
func (r *registry) pushed(repository, reference string, m manifest) manifest {
	r.t.Helper()
	r.push(repository, reference, m).expect(r.t, http.StatusCreated)
	return m
}

func (r *registry) delete(repository, reference string) reply {
	return r.ask(http.MethodDelete, "/v2/"+repository+"/manifests/"+reference, "", nil)
}

// resolves returns the digest that a tag has, empty where there is no such tag.
func (r *registry) resolves(repository, tag string) string {
	r.t.Helper()
	found := r.ask(http.MethodHead, "/v2/"+repository+"/manifests/"+tag, "", nil)
	if found.status == http.StatusNotFound {
		return ""
	}
	found.expect(r.t, http.StatusOK)
	return found.header.Get("Docker-Content-Digest")
}

func (r *registry) expectTag(repository, tag, want string) {
	r.t.Helper()
	if got := r.resolves(repository, tag); got != want {
		r.t.Fatalf("expected %s:%s to be %q, got %q", repository, tag, want, got)
	}
}
