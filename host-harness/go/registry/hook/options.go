package hook

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/distribution/distribution/v3/configuration"
)

// ErrOptions is that the options of the middleware are invalid. The error says which, and what to write instead.
var ErrOptions = errors.New("invalid options of the middleware `" + Name + "`")

// A Mode says what happens to what the policy denies.
type Mode string

const (
	// Enforce is that it is refused. This is the default.
	Enforce Mode = "enforce"
	// Monitor is that it is carried out. Logs, metrics and the audit file say what would have been refused.
	Monitor Mode = "monitor"
)

// Options are what the configuration says about the middleware.
type Options struct {
	// Policy is the path of the policy document. It is followed: a new valid document becomes active within seconds.
	Policy string
	// Component is the path of the component, or its place in a registry, with its digest:
	// `oci://registry.example.com/tagseal@sha256:…`. The one that is built in, where it is empty.
	Component string
	// Mode is Enforce or Monitor.
	Mode Mode
	// Audit is the path of the file that gets a line for each denial, each override that was used and each new policy.
	// `stdout` and `stderr` are those of the process. No lines are written where it is empty.
	Audit string
}

// OptionsOf returns the options of the middleware in a configuration of distribution, and nil where it has no such
// middleware or a disabled one. It fails with ErrOptions.
func OptionsOf(config *configuration.Configuration) (*Options, error) {
	var found *Options
	for _, middleware := range config.Middleware["repository"] {
		if middleware.Name != Name || middleware.Disabled {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("%w: it stands in the configuration twice; leave one", ErrOptions)
		}
		options, err := parseOptions(middleware.Options)
		if err != nil {
			return nil, err
		}
		found = options
	}
	return found, nil
}

func parseOptions(given map[string]any) (*Options, error) {
	options := &Options{Mode: Enforce}
	fields := map[string]func(string){
		"policy":    func(text string) { options.Policy = text },
		"component": func(text string) { options.Component = text },
		"mode":      func(text string) { options.Mode = Mode(text) },
		"audit":     func(text string) { options.Audit = text },
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		set, known := fields[key]
		if !known {
			return nil, fmt.Errorf("%w: there is no option `%s`; there are policy, component, mode and audit", ErrOptions, key)
		}
		text, isText := given[key].(string)
		if !isText || text == "" {
			return nil, fmt.Errorf("%w: `%s` is not a text; give one, or leave the option out", ErrOptions, key)
		}
		set(text)
	}
	switch {
	case options.Policy == "":
		return nil, fmt.Errorf("%w: `policy` is missing; give the path of a policy document", ErrOptions)
	case options.Mode != Enforce && options.Mode != Monitor:
		return nil, fmt.Errorf("%w: there is no mode `%s`; there are enforce and monitor", ErrOptions, options.Mode)
	}
	return options, nil
}
