package main

import (
	"context"
	"encoding/json"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"tagseal"
	"tagseal/internal/vectors"
)

// figures are one line of the table of hosts.
type figures struct {
	Host          string   `json:"host"`
	Version       string   `json:"version"`
	DependsOn     []string `json:"depends_on"`
	TypedMedian   int64    `json:"decide_typed_ns_p50"`
	TypedP99      int64    `json:"decide_typed_ns_p99"`
	JSONMedian    int64    `json:"decide_json_ns_p50"`
	JSONP99       int64    `json:"decide_json_ns_p99"`
	VectorsPassed *int     `json:"vectors_passed,omitempty"`
	VectorsFailed *int     `json:"vectors_failed,omitempty"`
}

// bench measures, by one instance in one goroutine, and writes one line of JSON.
func bench(ctx context.Context, arguments []string, out io.Writer) error {
	flags, file := newFlags("bench")
	folder := flags.String("vectors", "", "")
	number := flags.Int("events", 100_000, "")
	if err := parse(flags, arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 || *number < 1 {
		return usageFault("the command takes flags alone; run `tagseal help`")
	}
	measured := figures{Host: "Go", Version: version(), DependsOn: dependencies()}
	component, err := load(ctx, *file, &tagseal.Options{Instances: 1})
	if err != nil {
		return err
	}
	defer func() { _ = component.Close() }()
	if err := measured.decisions(ctx, component, *number); err != nil {
		return err
	}
	if *folder != "" {
		if err := measured.vectors(ctx, *file, *folder); err != nil {
			return err
		}
	}
	return json.NewEncoder(out).Encode(measured)
}

func version() string {
	text := "Go " + strings.TrimPrefix(runtime.Version(), "go")
	for _, module := range modules() {
		if module.Path == "github.com/tetratelabs/wazero" {
			text += ", wazero " + strings.TrimPrefix(module.Version, "v")
		}
	}
	return text
}

func dependencies() []string {
	paths := []string{}
	for _, module := range modules() {
		paths = append(paths, module.Path)
	}
	return paths
}

// modules are those that this command is built from, without its own.
func modules() []*debug.Module {
	info, known := debug.ReadBuildInfo()
	if !known {
		return nil
	}
	return info.Deps
}

// vectors counts how many vectors of a folder pass.
func (f *figures) vectors(ctx context.Context, file, folder string) error {
	// The largest documents take a while on a machine that has more to do.
	component, err := load(ctx, file, &tagseal.Options{Instances: 1, CompileDeadline: 5 * time.Minute})
	if err != nil {
		return err
	}
	defer func() { _ = component.Close() }()
	passed, failed, err := vectors.Count(ctx, component, folder)
	f.VectorsPassed, f.VectorsFailed = &passed, &failed
	return err
}

// decisions measures decisions, typed and in JSON.
func (f *figures) decisions(ctx context.Context, component *tagseal.Component, number int) error {
	policy, err := component.Compile(ctx, benchPolicy)
	if err != nil {
		return err
	}
	defer policy.Close()
	events := workload(number)
	texts := make([]string, number)
	for index := range events {
		texts[index] = inJSON(&events[index])
	}
	f.TypedMedian, f.TypedP99, err = spread(number, func(index int) error {
		_, err := policy.TryEvaluate(ctx, &events[index])
		return err
	})
	if err != nil {
		return err
	}
	f.JSONMedian, f.JSONP99, err = spread(number, func(index int) error {
		_, err := policy.EvaluateJSON(ctx, texts[index])
		return err
	})
	return err
}

// spread returns the median and what one in a hundred exceeds, in nanoseconds.
func spread(number int, run func(int) error) (middle, p99 int64, err error) {
	samples := make([]int64, number)
	for index := range samples {
		begin := time.Now()
		if err := run(index); err != nil {
			return 0, 0, err
		}
		samples[index] = int64(time.Since(begin))
	}
	slices.Sort(samples)
	return samples[number/2], samples[number*99/100], nil
}
