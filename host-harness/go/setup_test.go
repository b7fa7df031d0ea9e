package tagseal_test

import (
	"os"
	"testing"
	"time"

	"tagseal"
)

// load loads the component that is built in, or that TAGSEAL_COMPONENT names.
func load(t testing.TB, options *tagseal.Options) *tagseal.Component {
	t.Helper()
	if options == nil {
		// The largest documents take a while on a machine that has more to do.
		options = &tagseal.Options{CompileDeadline: 5 * time.Minute}
	}
	file := os.Getenv("TAGSEAL_COMPONENT")
	var component *tagseal.Component
	var err error
	if file == "" {
		component, err = tagseal.Embedded(t.Context(), options)
	} else {
		var bytes []byte
		if bytes, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
		component, err = tagseal.Load(t.Context(), bytes, options)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = component.Close() })
	return component
}
