package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const policy = `{"version": 1, "revision": 7, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}`

const (
	empty   = `"message":"malformed event: the line is empty; write an event on it, or remove it","tags":[]}`
	allowed = `{"delete-tag": {"repository": "dev/app", "tag": "v1"}}`
	denied  = `{"delete-tag": {"repository": "prod/app", "tag": "v1"}}`
)

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func runWith(t *testing.T, in string, arguments ...string) (code int, out, errs string) {
	t.Helper()
	var outBuffer, errBuffer bytes.Buffer
	code = run(t.Context(), arguments, strings.NewReader(in), &outBuffer, &errBuffer)
	return code, outBuffer.String(), errBuffer.String()
}

func TestEachLineIsAnsweredByOneDecision(t *testing.T) {
	for name, row := range map[string]struct {
		in   string
		code int
		out  []string
	}{
		"allowed":              {allowed + "\n", 0, []string{`"code":"unprotected"`}},
		"denied":               {denied, 1, []string{`"code":"immutable"`}},
		"both, in order":       {denied + "\n" + allowed, 1, []string{`"immutable"`, `"unprotected"`}},
		"empty lines":          {"\n \t\f\r\n\v\n" + allowed + "\n", 1, []string{empty, empty, `from line 1, byte 1 on`, `"unprotected"`}},
		"not UTF-8":            {"\xff\n", 1, []string{`"message":"malformed event: the line is not UTF-8; write JSON in UTF-8","tags":[]}`}},
		"too long":             {strings.Repeat("x", 3<<20) + "\n" + allowed, 1, []string{"longer than 1048576 bytes", `"unprotected"`}},
		"as long as it may be": {allowed + strings.Repeat(" ", 1<<20-len(allowed)), 0, []string{`"unprotected"`}},
		"one byte longer":      {allowed + strings.Repeat(" ", 1<<20-len(allowed)+1) + "\n", 1, []string{"longer than 1048576 bytes"}},
		"many at once":         {strings.Repeat(allowed+"\n", 3000), 0, repeated(`"unprotected"`, 3000)},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := runWith(t, row.in, "decide", file(t, policy))
			if code != row.code || errs != "" {
				t.Errorf("expected %d, got %d and %q", row.code, code, errs)
			}
			lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
			if out == "" {
				lines = nil
			}
			if len(lines) != len(row.out) {
				t.Fatalf("expected %d lines, got %d", len(row.out), len(lines))
			}
			for number, expected := range row.out {
				if !strings.Contains(lines[number], expected) || !strings.Contains(lines[number], `"revision":7`) {
					t.Errorf("line %d: expected %s, got %s", number, expected, lines[number])
				}
			}
		})
	}
}

func TestWithoutAnEventNothingIsAllowed(t *testing.T) {
	for _, arguments := range [][]string{{"decide", file(t, policy)}, {"decide", file(t, policy), file(t, "")}} {
		code, out, errs := runWith(t, "", arguments...)
		if code != 2 || out != "" || !strings.HasPrefix(errs, "error: there is no event, so nothing was decided") {
			t.Errorf("got %d, %q and %q", code, out, errs)
		}
	}
}

func TestFlagsStandBeforeOrAfterThePolicy(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	for _, arguments := range [][]string{
		{"decide", "--component", none, file(t, policy)},
		{"decide", file(t, policy), "--component", none},
		{"decide", file(t, policy), "--component=" + none, file(t, allowed)},
	} {
		if code, _, errs := runWith(t, "", arguments...); code != 2 && code != 3 || !strings.Contains(errs, none) {
			t.Errorf("%v: got %d and %q", arguments, code, errs)
		}
	}
	if code, _, errs := runWith(t, "", "decide", file(t, policy), "--none"); code != 2 {
		t.Errorf("got %d and %q", code, errs)
	}
}

func repeated(text string, times int) []string {
	all := make([]string, times)
	for number := range all {
		all[number] = text
	}
	return all
}

func TestEventsMayComeFromAFileAndThePolicyFromStandardInput(t *testing.T) {
	code, out, errs := runWith(t, policy, "decide", "-", file(t, denied))
	if code != 1 || !strings.Contains(out, "immutable") || errs != "" {
		t.Errorf("got %d, %s, %s", code, out, errs)
	}
}

func TestTheExitCodeSaysWhatWentWrong(t *testing.T) {
	valid := file(t, policy)
	for name, row := range map[string]struct {
		code      int
		arguments []string
	}{
		"no command":          {2, nil},
		"another command":     {2, []string{"judge"}},
		"no policy":           {2, []string{"decide"}},
		"an unknown flag":     {2, []string{"decide", "--fast", valid}},
		"both standard input": {2, []string{"decide", "-"}},
		"no such policy":      {2, []string{"decide", filepath.Join(t.TempDir(), "none")}},
		"an invalid policy":   {2, []string{"decide", file(t, "{}")}},
		"no such events":      {2, []string{"decide", valid, filepath.Join(t.TempDir(), "none")}},
		"no such component":   {2, []string{"decide", "--component", filepath.Join(t.TempDir(), "none"), valid}},
		"not a component":     {3, []string{"decide", "--component", file(t, "junk"), valid}},
		"help":                {0, []string{"help"}},
		"help for a command":  {0, []string{"decide", "--help"}},
	} {
		code, _, errs := runWith(t, allowed, row.arguments...)
		if code != row.code || (code > 1) != strings.HasPrefix(errs, "error: ") {
			t.Errorf("%s: expected %d, got %d and %q", name, row.code, code, errs)
		}
	}
}

// brokenPipe is what a reader leaves that has seen enough.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestAReaderThatLeavesIsNoNews(t *testing.T) {
	var errs bytes.Buffer
	code := run(t.Context(), []string{"decide", file(t, policy)}, strings.NewReader(allowed), brokenPipe{}, &errs)
	if code != closedPipe || errs.Len() > 0 {
		t.Errorf("expected %d, got %d and %q", closedPipe, code, errs.String())
	}
}

func TestALineIsAnsweredBeforeTheNextOneIsWaitedFor(t *testing.T) {
	in, writer := io.Pipe()
	reader, out := io.Pipe()
	ended := make(chan int)
	go func() {
		ended <- run(context.Background(), []string{"decide", file(t, policy)}, in, out, io.Discard)
	}()
	for range 3 {
		if _, err := io.WriteString(writer, allowed+"\n"); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 1<<10)
		if read, err := reader.Read(answer); err != nil || !bytes.Contains(answer[:read], []byte("unprotected")) {
			t.Fatalf("got %s, %v", answer[:read], err)
		}
	}
	if err := errors.Join(writer.Close(), reader.Close()); err != nil {
		t.Fatal(err)
	}
	if code := <-ended; code != 0 {
		t.Errorf("expected 0, got %d", code)
	}
}

func TestEventsAreCountedInWords(t *testing.T) {
	for count, expected := range map[int]string{1: "1 event", 2: "2 events"} {
		if counted := eventCount(count); counted != expected {
			t.Errorf("expected %q, got %q", expected, counted)
		}
	}
}
