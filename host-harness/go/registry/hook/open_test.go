package hook_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tagseal"
	"tagseal/registry/hook"

	"github.com/distribution/distribution/v3/configuration"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// configured is a configuration whose middleware has these options.
func configured(options map[string]any) *configuration.Configuration {
	return &configuration.Configuration{Middleware: map[string][]configuration.Middleware{
		"repository": {{Name: hook.Name, Options: options}},
	}}
}

// builtIn are the bytes of the component.
func builtIn(t *testing.T) []byte {
	t.Helper()
	wasm, err := os.ReadFile("../../tagseal.wasm")
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

func TestAComponentThatCanNotBeUsedIsATypedErrorBeforeAnythingIsServed(t *testing.T) {
	wasm := builtIn(t)
	older := bytes.ReplaceAll(wasm, []byte("tag-policy@0.2.0"), []byte("tag-policy@0.1.0"))
	if bytes.Equal(older, wasm) {
		t.Fatal("the component does not name its contract as expected")
	}
	preamble := "\x00asm\x0d\x00\x01\x00"
	for name, bad := range map[string]struct {
		wasm []byte
		want error
	}{
		"cut in half":         {wasm[:len(wasm)/2], tagseal.ErrNotComponent},
		"without its end":     {wasm[:len(wasm)-1], tagseal.ErrNotComponent},
		"a core module":       {[]byte("\x00asm\x01\x00\x00\x00"), tagseal.ErrNotComponent},
		"an import":           {[]byte(preamble + "\x0a\x06\x01\x00\x01a\x01\x00"), tagseal.ErrImports},
		"an older contract":   {older, tagseal.ErrInterface},
		"an empty component":  {[]byte(preamble), tagseal.ErrInterface},
		"nothing":             {nil, tagseal.ErrNotComponent},
		"text":                {[]byte("(component)"), tagseal.ErrNotComponent},
		"100 MB of junk":      {bytes.Repeat([]byte("junk"), 25<<20), nil},
		"a megabyte of zeros": {make([]byte, 1<<20), tagseal.ErrNotComponent},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			component, policy := filepath.Join(folder, "component.wasm"), filepath.Join(folder, "policy.json")
			write(t, component, string(bad.wasm))
			write(t, policy, pushOnce)
			err := hook.Check(t.Context(), configured(map[string]any{"policy": policy, "component": component}))
			if !errors.Is(err, hook.ErrComponent) || bad.want != nil && !errors.Is(err, bad.want) {
				t.Fatalf("expected %v, got %v", bad.want, err)
			}
			if !strings.Contains(err.Error(), component) {
				t.Errorf("expected the error to name the file, got %v", err)
			}
		})
	}
}

func TestAComponentWithImportsFromTheHostileOnesIsRefused(t *testing.T) {
	folder := os.Getenv("TAGSEAL_HOSTILE")
	if folder == "" {
		t.Skip("TAGSEAL_HOSTILE names no folder")
	}
	policy := filepath.Join(t.TempDir(), "policy.json")
	write(t, policy, "{}")
	files, err := filepath.Glob(filepath.Join(folder, "*import*.wasm"))
	if err != nil || len(files) == 0 {
		t.Fatalf("expected components with imports in %s (%v)", folder, err)
	}
	for _, file := range files {
		err := hook.Check(t.Context(), configured(map[string]any{"policy": policy, "component": file}))
		if !errors.Is(err, hook.ErrComponent) || !errors.Is(err, tagseal.ErrImports) {
			t.Errorf("%s: expected %v, got %v", file, tagseal.ErrImports, err)
		}
	}
}

// These components of tests/hostile do harm when they are asked about a delete of a tag, and allow everything else.
func TestAComponentThatFailsDenies(t *testing.T) {
	folder := os.Getenv("TAGSEAL_HOSTILE")
	if folder == "" {
		t.Skip("TAGSEAL_HOSTILE names no folder")
	}
	for _, name := range []string{"trap", "division", "endless_loop", "memory_bomb", "answer_not_text", "answer_not_an_outcome"} {
		t.Run(name, func(t *testing.T) {
			r := start(t, setup{policy: "{}", options: map[string]any{"component": filepath.Join(folder, name+".wasm")}})
			image := r.pushed("prod/app", "v1", r.image("prod/app", "image"))
			r.delete("prod/app", "v1").expect(t, http.StatusServiceUnavailable, "UNAVAILABLE: no decision could be made")
			r.expectTag("prod/app", "v1", image.digest())
		})
	}
}

func TestAPolicyThatCanNotBeUsedIsATypedErrorBeforeAnythingIsServed(t *testing.T) {
	folder := t.TempDir()
	policy := filepath.Join(folder, "policy.json")
	for _, text := range []string{"", "{", "[]", `{"version": 3}`, `{"version": 1, "rules": [{"id": 1, "namespace": "prod"}]}`, "\xff"} {
		write(t, policy, text)
		if err := hook.Check(t.Context(), configured(map[string]any{"policy": policy})); !errors.Is(err, hook.ErrPolicy) {
			t.Errorf("%q: expected %v, got %v", text, hook.ErrPolicy, err)
		}
	}
	write(t, policy, `{"version": 1, "rules": [{"id": 1, "namespace": "prod", "preset": "lattest"}]}`)
	var invalid *tagseal.DocumentError
	err := hook.Check(t.Context(), configured(map[string]any{"policy": policy}))
	if !errors.As(err, &invalid) || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("expected every problem with its place, got %v", err)
	}
	for _, path := range []string{folder, filepath.Join(folder, "missing.json"), "/dev/null"} {
		if err := hook.Check(t.Context(), configured(map[string]any{"policy": path})); !errors.Is(err, hook.ErrPolicy) {
			t.Errorf("%s: expected %v, got %v", path, hook.ErrPolicy, err)
		}
	}
}

func TestOptionsThatAreInvalidAreATypedError(t *testing.T) {
	for name, options := range map[string]map[string]any{
		"no policy":          {},
		"an empty policy":    {"policy": ""},
		"another type":       {"policy": 1},
		"an unknown option":  {"policy": "policy.json", "polcy": "policy.json"},
		"an unknown mode":    {"policy": "policy.json", "mode": "observe"},
		"a mode that is off": {"policy": "policy.json", "mode": false},
	} {
		if err := hook.Check(t.Context(), configured(options)); !errors.Is(err, hook.ErrOptions) {
			t.Errorf("%s: expected %v, got %v", name, hook.ErrOptions, err)
		}
	}
	twice := configured(map[string]any{"policy": "policy.json"})
	twice.Middleware["repository"] = append(twice.Middleware["repository"], twice.Middleware["repository"]...)
	if err := hook.Check(t.Context(), twice); !errors.Is(err, hook.ErrOptions) {
		t.Errorf("expected %v for a middleware that stands there twice, got %v", hook.ErrOptions, err)
	}
	policy := filepath.Join(t.TempDir(), "policy.json")
	write(t, policy, pushOnce)
	options := map[string]any{"policy": policy, "audit": "/missing/folder/audit.jsonl"}
	if err := hook.Check(t.Context(), configured(options)); !errors.Is(err, hook.ErrAudit) {
		t.Errorf("expected %v, got %v", hook.ErrAudit, err)
	}
}

func TestARegistryWithoutTheMiddlewareIsNotGuarded(t *testing.T) {
	off := configured(map[string]any{"policy": "missing.json"})
	off.Middleware["repository"][0].Disabled = true
	for _, config := range []*configuration.Configuration{{}, off} {
		if options, err := hook.OptionsOf(config); options != nil || err != nil {
			t.Errorf("expected no options, got %v (%v)", options, err)
		}
	}
}

func TestAComponentIsPulledFromARegistryByItsDigest(t *testing.T) {
	r := start(t, setup{plain: true})
	wasm := string(builtIn(t))
	config := r.blob("tagseal", "application/vnd.wasm.config.v0+json", `{"architecture":"wasm","os":"wasip2"}`)
	artifact := func(content string) manifest {
		return r.pushed("tagseal", "latest", encode(t, v1.MediaTypeImageManifest, v1.Manifest{
			MediaType: v1.MediaTypeImageManifest, Config: config, Layers: []v1.Descriptor{r.blob("tagseal", "application/wasm", content)},
		}))
	}
	place := "oci://" + strings.TrimPrefix(r.url, "http://") + "/tagseal"
	good, cut, image := artifact(wasm), artifact(wasm[:1000]), r.pushed("tagseal", "image", r.image("tagseal", "image"))
	policy := filepath.Join(t.TempDir(), "policy.json")
	write(t, policy, pushOnce)
	check := func(component string) error {
		return hook.Check(t.Context(), configured(map[string]any{"policy": policy, "component": component}))
	}
	if err := check(place + "@" + good.digest()); err != nil {
		t.Errorf("expected the component to be loaded, got %v", err)
	}
	if err := check(place + "@" + cut.digest()); !errors.Is(err, tagseal.ErrNotComponent) {
		t.Errorf("expected %v, got %v", tagseal.ErrNotComponent, err)
	}
	for _, bad := range []string{
		place + ":latest", place, place + "@" + image.digest(), place + "@sha256:" + strings.Repeat("0", 64), "oci://", "oci://%",
	} {
		if err := check(bad); !errors.Is(err, hook.ErrComponent) {
			t.Errorf("%s: expected %v, got %v", bad, hook.ErrComponent, err)
		}
	}
}
