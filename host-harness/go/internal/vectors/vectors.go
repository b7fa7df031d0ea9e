// Package vectors runs the conformance vectors of tests/vectors on a component, as their README describes them.
package vectors

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"tagseal"
)

// A Vector is one thing that is true of every component.
type Vector struct {
	// File and Name say which it is.
	File, Name string
	asked      asked
}

// An asked vector asks its question, and returns what is wrong with the answer.
type asked interface {
	title() string
	// inherit takes the document of the file where the vector has none of its own.
	inherit(document *template)
	ask(ctx context.Context, component *tagseal.Component) ([]string, error)
}

// A head is the part of a file that all kinds have.
type head struct {
	Schema   string            `json:"$schema"`
	Kind     string            `json:"kind"`
	About    string            `json:"about"`
	Document *template         `json:"document"`
	Vectors  []json.RawMessage `json:"vectors"`
}

// Read reads the vectors of a folder. It refuses files that it does not fully understand.
func Read(folder string) ([]Vector, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	var all []Vector
	for _, name := range names {
		if filepath.Base(name) == "schema.json" {
			continue
		}
		read, err := readFile(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
		all = append(all, read...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("there are no vectors in %s", folder)
	}
	return all, nil
}

func readFile(name string) ([]Vector, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var file head
	if err := strict(text, &file); err != nil {
		return nil, err
	}
	vectors := make([]Vector, 0, len(file.Vectors))
	seen := make(map[string]bool)
	for _, text := range file.Vectors {
		read, err := newAsked(file.Kind, file.Document, text)
		if err != nil {
			return nil, err
		}
		title := read.title()
		if title == "" || seen[title] {
			return nil, fmt.Errorf("%q: a vector has a name of its own", title)
		}
		seen[title] = true
		vectors = append(vectors, Vector{filepath.Base(name), title, read})
	}
	return vectors, nil
}

// newAsked reads a vector of a kind.
func newAsked(kind string, document *template, text []byte) (asked, error) {
	var vector asked
	switch kind {
	case "decide":
		vector = &decideVector{}
	case "compile":
		vector = &compileVector{}
	case "change":
		vector = &changeVector{}
	case "list":
		vector = &listVector{}
	case "explain":
		vector = &explainVector{}
	case "import":
		vector = &importVector{}
	case "export":
		vector = &exportVector{}
	case "match":
		vector = &matchVector{}
	default:
		return nil, fmt.Errorf("there is no kind %q", kind)
	}
	err := strict(text, vector)
	vector.inherit(document)
	return vector, err
}

// strict reads JSON, and refuses fields that are not known.
func strict(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// Run asks the vector, and fails with what is wrong with the answer.
func (v Vector) Run(ctx context.Context, component *tagseal.Component) error {
	// Some documents are as large as they may be. What they took is given back before the next vector.
	defer debug.FreeOSMemory()
	found, err := v.asked.ask(ctx, component)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("%s", strings.Join(found, "\n"))
	}
	return nil
}

// Count runs all vectors of a folder, and returns how many pass and how many fail.
func Count(ctx context.Context, component *tagseal.Component, folder string) (passed, failed int, err error) {
	all, err := Read(folder)
	if err != nil {
		return 0, 0, err
	}
	for _, vector := range all {
		if vector.Run(ctx, component) == nil {
			passed++
		} else {
			failed++
		}
	}
	return passed, failed, nil
}
