package component

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"testing"
)

// links reads a component and prepares its modules. It returns an error where it can't, and never panics.
func links(wasm []byte) error {
	program, err := Link(wasm)
	if err != nil {
		return err
	}
	for _, step := range program.Steps {
		if _, err := step.Rewrite(); err != nil {
			return err
		}
	}
	return nil
}

func builtIn(t testing.TB) []byte {
	t.Helper()
	wasm, err := os.ReadFile("../../tagseal.wasm")
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// withoutCode is the component with a core module that has nothing in it in place of its largest, so that all that is left
// is how it is linked.
func withoutCode(t testing.TB) []byte {
	t.Helper()
	small := []byte(Preamble)
	err := sections(builtIn(t), Preamble, func(id byte, content []byte) error {
		if id == 1 && len(content) > 1<<12 {
			content = []byte(modulePreamble)
		}
		small = append(small, id)
		small = appendName(small, string(content))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return small
}

func TestTheBuiltInComponentIsLinked(t *testing.T) {
	program, err := Link(builtIn(t))
	if err != nil {
		t.Fatal(err)
	}
	face := program.Interfaces["tagseal:policy/tag-policy@0.2.0"]
	if len(face.Funcs) != 11 || face.Resources["policy"] == nil || face.Resources["policy"].Destructor == nil {
		t.Errorf("got %d functions and the resources %v", len(face.Funcs), face.Resources)
	}
	if len(program.Steps) != 4 {
		t.Errorf("expected four core instances, got %d", len(program.Steps))
	}
}

func TestChangedBytesNeverPanic(t *testing.T) {
	good := withoutCode(t)
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		changed := bytes.Clone(good)
		for range 1 + random.IntN(3) {
			changed[random.IntN(len(changed))] = byte(random.Uint32())
		}
		_ = links(changed)
		_ = links(changed[:random.IntN(len(changed))])
	}
}

func TestImportsAreFoundWhateverElseIsThere(t *testing.T) {
	// A type that is not known here, and an import of it.
	wasm := []byte(Preamble + "\x07\x01\x99" + "\x0a\x07\x01\x00\x01a\x05\x00\x00")
	var imports *ImportsError
	// The last byte of the section is one too many, which nobody gets to.
	if err := links(wasm); !errors.As(err, &imports) || len(imports.Names) != 1 || imports.Names[0] != "a" {
		t.Errorf("expected the import `a`, got %v", err)
	}
}

// Each type has the one before it twice, so that its text would double.
func TestATypeThatExpandsWithoutEndIsRefused(t *testing.T) {
	types := []byte{0x6f, 2, 0x73, 0x73}
	count := byte(1)
	for ; count < 60; count++ {
		types = append(types, 0x6f, 2, count-1, count-1)
	}
	wasm := append([]byte(Preamble), 7)
	wasm = appendName(wasm, string(append([]byte{count}, types...)))
	if err := links(wasm); err == nil {
		t.Error("it is not refused")
	}
}

// Each component instantiates the one before it twice.
func TestInstancesThatDoubleWithoutEndAreRefused(t *testing.T) {
	inner := []byte(Preamble)
	for range 40 {
		outer := append([]byte(Preamble), 4)
		outer = appendName(outer, string(inner))
		outer = append(outer, 5, 7, 2, 0, 0, 0, 0, 0, 0)
		inner = outer
	}
	if err := links(inner); err == nil {
		t.Error("it is not refused")
	}
}

func FuzzLink(f *testing.F) {
	f.Add(withoutCode(f))
	f.Fuzz(func(_ *testing.T, wasm []byte) { _ = links(wasm) })
}
