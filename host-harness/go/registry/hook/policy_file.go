package hook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"tagseal"

	"github.com/opencontainers/go-digest"
	"github.com/sirupsen/logrus"
)

const (
	// lookInterval is the time between two looks at the policy file.
	lookInterval = time.Second
	// settledAge is the age of a file from which its time shows every later change. A younger file may be written again
	// without a trace in its time.
	settledAge = 3 * time.Second
	// maxDocument is how many bytes a policy document may have.
	maxDocument = 256 << 20
)

// An activePolicy is the policy that decides, and what the document says that decisions don't.
type activePolicy struct {
	policy    *tagseal.Policy
	document  digest.Digest
	revision  uint64
	instance  *string
	overrides []override
}

// An override is one of the document, as far as the audit needs it.
type override struct {
	Repository string `json:"repository"`
	Tag        string `json:"tag"`
	Reason     string `json:"reason"`
}

// A policyFile is a policy file, and the active policy that comes from it.
type policyFile struct {
	path      string
	component *tagseal.Component
	// mutex is held for reading while a policy decides, so that it is not closed meanwhile.
	mutex  sync.RWMutex
	active *activePolicy
	// seen and refused belong to the goroutine that follows the file.
	seen os.FileInfo
	// refused is what was refused last: the digest of a document, or why none could be read. It is logged once.
	refused string
}

func openPolicyFile(ctx context.Context, path string, component *tagseal.Component) (*policyFile, error) {
	file := &policyFile{path: path, component: component}
	text, err := readFile(path, maxDocument)
	if err != nil {
		return nil, fmt.Errorf("%w: `%s`: %w", ErrPolicy, path, err)
	}
	file.active, err = compile(ctx, component, text)
	if err != nil {
		return nil, fmt.Errorf("%w: `%s`: %w", ErrPolicy, path, err)
	}
	return file, nil
}

// compile makes a policy of a document.
func compile(ctx context.Context, component *tagseal.Component, text []byte) (*activePolicy, error) {
	policy, err := component.Compile(ctx, string(text))
	if err != nil {
		return nil, err
	}
	var facts struct {
		Instance  *string    `json:"instance"`
		Overrides []override `json:"overrides"`
	}
	if err := json.Unmarshal(text, &facts); err != nil {
		policy.Close()
		return nil, err
	}
	return &activePolicy{
		policy:    policy,
		document:  digest.FromBytes(text),
		revision:  policy.Revision(),
		instance:  facts.Instance,
		overrides: facts.Overrides,
	}, nil
}

// use runs something with the active policy, which stays open meanwhile.
func (f *policyFile) use(run func(*activePolicy)) {
	f.mutex.RLock()
	defer f.mutex.RUnlock()
	run(f.active)
}

// follow looks at the file every second until the context ends. A new valid document becomes active. Where it is invalid,
// the old policy stays active, and the log says why, once.
func (f *policyFile) follow(ctx context.Context, changed func(*activePolicy)) {
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			f.look(ctx, changed)
		}
	}
}

// look makes the document in the file the active policy, if it is another one and valid.
func (f *policyFile) look(ctx context.Context, changed func(*activePolicy)) {
	info, err := os.Stat(f.path)
	if err == nil && f.seen != nil && sameFile(info, f.seen) && time.Since(info.ModTime()) > settledAge {
		return
	}
	f.seen = info
	text, err := readFile(f.path, maxDocument)
	if err != nil {
		f.refuse(ctx, err.Error(), err)
		return
	}
	document := digest.FromBytes(text)
	if document == f.active.document {
		f.refused = ""
		return
	}
	if f.refused == document.String() {
		return
	}
	next, err := compile(ctx, f.component, text)
	if err != nil {
		f.refuse(ctx, document.String(), err)
		return
	}
	f.refused = ""
	f.replace(next)
	changed(next)
}

// replace makes a policy the active one. The old one is closed when nobody is asking it any more.
func (f *policyFile) replace(next *activePolicy) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.active.policy.Close()
	f.active = next
}

// refuse logs why the file has no new policy, unless that was logged already.
func (f *policyFile) refuse(ctx context.Context, what string, err error) {
	if ctx.Err() != nil || f.refused == what {
		return
	}
	f.refused = what
	policiesRefused.Inc(1)
	log := logrus.WithField("policy", f.path)
	var invalid *tagseal.DocumentError
	if !errors.As(err, &invalid) {
		log.WithError(err).Error("tagseal: the policy can't be loaded; the old one stays active")
		return
	}
	log.WithField("problems", len(invalid.Diagnostics)).Error("tagseal: the policy is invalid; the old one stays active")
	for _, problem := range invalid.Diagnostics {
		log.Errorf("tagseal: line %d, column %d: %s; %s", problem.Line, problem.Column, problem.Message, problem.Help)
	}
}

func sameFile(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
