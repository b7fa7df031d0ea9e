package tagseal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tagseal"
)

// componentBytes are those of the component that the tests run.
func componentBytes(t *testing.T) []byte {
	t.Helper()
	name := os.Getenv("TAGSEAL_COMPONENT")
	if name == "" {
		name = "tagseal.wasm"
	}
	read, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestWhatIsNotAComponentIsRefused(t *testing.T) {
	good := componentBytes(t)
	flipped := bytes.Clone(good)
	for place := 20; place < len(flipped); place += 997 {
		flipped[place] ^= 0x55
	}
	for name, wasm := range map[string][]byte{
		"nothing":            nil,
		"a short start":      good[:4],
		"a core module":      []byte("\x00asm\x01\x00\x00\x00"),
		"half a component":   good[:len(good)/2],
		"without its end":    good[:len(good)*99/100],
		"changed bytes":      flipped,
		"text":               []byte("#!/bin/sh\n"),
		"junk":               bytes.Repeat([]byte{0xa5, 0x5a}, 20<<20),
		"an endless section": []byte("\x00asm\x0d\x00\x01\x00\x01\xff\xff\xff\xff\x0f"),
	} {
		if _, err := tagseal.Load(t.Context(), wasm, nil); !errors.Is(err, tagseal.ErrNotComponent) {
			t.Errorf("%s: expected %v, got %v", name, tagseal.ErrNotComponent, err)
		}
	}
}

func TestAHundredMegabytesOfJunkAreRefused(t *testing.T) {
	junk := bytes.Repeat([]byte("\x00asm\x0d\x00\x01\x00junk"), 100<<20/12)
	if _, err := tagseal.Load(t.Context(), junk, nil); !errors.Is(err, tagseal.ErrTooLarge) {
		t.Errorf("expected %v, got %v", tagseal.ErrTooLarge, err)
	}
	if _, err := tagseal.Load(t.Context(), junk, &tagseal.Options{Component: 1 << 30}); !errors.Is(err, tagseal.ErrNotComponent) {
		t.Errorf("expected %v, got %v", tagseal.ErrNotComponent, err)
	}
}

// The component says its version in names of the same length, so one of another version is easily made.
func TestAComponentOfAnotherContractIsRefused(t *testing.T) {
	other := bytes.ReplaceAll(componentBytes(t), []byte("tag-policy@0.2.0"), []byte("tag-policy@0.1.0"))
	if _, err := tagseal.Load(t.Context(), other, nil); !errors.Is(err, tagseal.ErrInterface) {
		t.Errorf("expected %v, got %v", tagseal.ErrInterface, err)
	}
}

func TestAComponentThatStartsWithMoreMemoryThanItMayHoldIsRefused(t *testing.T) {
	if _, err := tagseal.Load(t.Context(), componentBytes(t), &tagseal.Options{Memory: 64 << 10}); !errors.Is(err, tagseal.ErrTooLarge) {
		t.Errorf("expected %v, got %v", tagseal.ErrTooLarge, err)
	}
}

func TestCompiledCodeIsKeptWhereOnlyThisUserMayWrite(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "cache")
	options := &tagseal.Options{Cache: tagseal.CacheFolder(folder)}
	_ = load(t, options)
	info, err := os.Stat(folder)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("expected a folder for this user alone, got %v", info.Mode())
	}
	if kept, err := filepath.Glob(filepath.Join(folder, "*", "*")); err != nil || len(kept) == 0 {
		t.Errorf("expected compiled code in the folder, got %v, %v", kept, err)
	}
	_ = load(t, options)
	if err := os.Chmod(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := tagseal.Load(t.Context(), componentBytes(t), options); !errors.Is(err, tagseal.ErrCache) {
		t.Errorf("expected %v, got %v", tagseal.ErrCache, err)
	}
}

func TestTheDigestIsThatOfTheBytes(t *testing.T) {
	component := load(t, nil)
	if digest := component.Digest(); len(digest) != 64 || strings.ToLower(digest) != digest {
		t.Errorf("got %s", digest)
	}
}
