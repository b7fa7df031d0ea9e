package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"tagseal"
)

// maxDocument is how many bytes a policy document may have.
const maxDocument = 256 << 20

// worthGoroutines is how many lines are worth several instances of the policy.
const worthGoroutines = 64

// decide answers each line by a decision.
func decide(ctx context.Context, arguments []string, in io.Reader, out io.Writer) error {
	flags, file := newFlags("decide")
	if err := parse(flags, arguments); err != nil {
		return err
	}
	name, events := flags.Arg(0), flags.Arg(1)
	switch {
	case flags.NArg() < 1 || flags.NArg() > 2:
		return usageFault("name a policy document; run `tagseal help`")
	case name == "-" && (events == "" || events == "-"):
		return usageFault("policy and events can't both be standard input; name a file for one of them")
	}
	document, err := readFile(name, in, maxDocument)
	if err != nil {
		return err
	}
	component, err := load(ctx, *file, nil)
	if err != nil {
		return err
	}
	defer func() { _ = component.Close() }()
	policy, err := component.Compile(ctx, string(document))
	if err != nil {
		return fmt.Errorf("`%s`: %w", name, err)
	}
	defer policy.Close()
	if events != "" && events != "-" {
		opened, err := os.Open(events)
		if err != nil {
			return fileFault(events, err)
		}
		defer func() { _ = opened.Close() }()
		in = opened
	}
	return decideLines(ctx, policy, newLines(in), out)
}

// decideLines decides what is there, and writes it before it waits for more.
func decideLines(ctx context.Context, policy *tagseal.Policy, lines *lines, out io.Writer) error {
	buffered := bufio.NewWriter(out)
	var decided, denied, failed int
	var failure error
	for {
		batch, err := lines.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return usageFault("could not read the events: %v", err)
		}
		decided += len(batch)
		for _, answer := range answers(ctx, policy, batch) {
			if !answer.allowed {
				denied++
			}
			if answer.err != nil {
				failed++
				failure = answer.err
			}
			if _, err := fmt.Fprintln(buffered, answer.decision); err != nil {
				return err
			}
		}
		if err := buffered.Flush(); err != nil {
			return err
		}
	}
	switch {
	case decided == 0:
		return usageFault("there is no event, so nothing was decided; give events as lines of JSON")
	case failed > 0:
		return fault{4, fmt.Sprintf("%s could not be decided, and counted as denied: %v", eventCount(failed), failure)}
	case denied > 0:
		return errDenied
	default:
		return nil
	}
}

func eventCount(count int) string {
	if count == 1 {
		return "1 event"
	}
	return fmt.Sprint(count, " events")
}

// An answer is what is written for a line.
type answer struct {
	decision string
	allowed  bool
	// err is why the component did not decide, if it did not.
	err error
}

// answers answers lines, in their order.
func answers(ctx context.Context, policy *tagseal.Policy, batch []line) []answer {
	answered := make([]answer, len(batch))
	workers := runtime.GOMAXPROCS(0)
	if len(batch) < worthGoroutines {
		workers = 1
	}
	var group sync.WaitGroup
	for first := range workers {
		group.Go(func() {
			for number := first; number < len(batch); number += workers {
				answered[number] = answerTo(ctx, policy, batch[number])
			}
		})
	}
	group.Wait()
	return answered
}

func answerTo(ctx context.Context, policy *tagseal.Policy, asked line) answer {
	if asked.problem != "" {
		message := "malformed event: " + asked.problem
		denial := tagseal.Decision{Code: "malformed", Revision: policy.Revision(), Message: message, Tags: []tagseal.TagDecision{}}
		return ownAnswer(denial, nil)
	}
	decision, err := policy.EvaluateJSON(ctx, asked.text)
	allowed := false
	if err == nil {
		allowed, err = isAllowed(decision)
	}
	if err != nil {
		return ownAnswer(tagseal.Denial(err, policy.Revision()), err)
	}
	return answer{decision: decision, allowed: allowed}
}

// isAllowed reads a decision. It fails for what is not one, or not on one line.
func isAllowed(decision string) (bool, error) {
	var read struct{ Outcome string }
	if err := json.Unmarshal([]byte(decision), &read); err != nil || bytes.ContainsRune([]byte(decision), '\n') {
		return false, tagseal.ErrAnswer
	}
	switch read.Outcome {
	case "allow":
		return true, nil
	case "deny":
		return false, nil
	default:
		return false, tagseal.ErrAnswer
	}
}

// ownAnswer is a denial that the component did not make.
func ownAnswer(denial tagseal.Decision, err error) answer {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if encodeErr := encoder.Encode(denial); encodeErr != nil {
		err = encodeErr
	}
	return answer{decision: string(bytes.TrimRight(text.Bytes(), "\n")), err: err}
}
