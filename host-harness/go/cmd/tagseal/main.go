// Command tagseal decides events by a policy document, and measures what that costs.
//
//	tagseal decide POLICY [EVENTS]   one decision for each line
//	tagseal bench                    one line of JSON with figures of this machine
//
// It has the input, the output and the exit codes of the command of the same name that is written in Rust: 0 where all is
// allowed, 1 where something is denied, 2 for wrong usage, invalid policies and no event, 3 for a component that is
// refused, 4 where the component failed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"tagseal"
)

const usage = `Decides events by a policy document

Usage: tagseal decide [--component FILE] POLICY.json [EVENTS.jsonl]
       tagseal bench  [--component FILE] [--vectors FOLDER] [--events NUMBER]

Events are JSON, one a line, on standard input where no file is named. Each line is
answered by one decision, in order. A component other than the built-in one is named
by --component or by the variable TAGSEAL_COMPONENT.
`

// componentVariable names another component than the built-in one.
const componentVariable = "TAGSEAL_COMPONENT"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs the command with its arguments, and returns its exit code.
func run(ctx context.Context, arguments []string, in io.Reader, out, errs io.Writer) int {
	verb := ""
	if len(arguments) > 0 {
		verb = arguments[0]
	}
	var err error
	switch verb {
	case "decide":
		err = decide(ctx, arguments[1:], in, out)
	case "bench":
		err = bench(ctx, arguments[1:], out)
	case "help", "-h", "--help":
		_, err = io.WriteString(out, usage)
	default:
		err = usageFault("there is no command `%s`; run `tagseal help`", verb)
	}
	return report(err, errs)
}

// newFlags are the flags that all commands have.
func newFlags(verb string) (*flag.FlagSet, *string) {
	flags := flag.NewFlagSet(verb, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return flags, flags.String("component", os.Getenv(componentVariable), "")
}

// parse reads flags and other arguments, which may stand in any order.
func parse(flags *flag.FlagSet, arguments []string) error {
	var others []string
	for len(arguments) > 0 {
		err := flags.Parse(arguments)
		if errors.Is(err, flag.ErrHelp) {
			return fault{code: 0, message: usage}
		}
		if err != nil {
			return usageFault("%v; run `tagseal help`", err)
		}
		if flags.NArg() == 0 {
			break
		}
		others = append(others, flags.Arg(0))
		arguments = flags.Args()[1:]
	}
	// So that the flags give the other arguments, too.
	return flags.Parse(append([]string{"--"}, others...))
}

// load loads the component of a file, or the one that is built in.
func load(ctx context.Context, file string, options *tagseal.Options) (*tagseal.Component, error) {
	if file == "" {
		return tagseal.Embedded(ctx, options)
	}
	bytes, err := readFile(file, nil, maxComponent)
	if err != nil {
		return nil, err
	}
	return tagseal.Load(ctx, bytes, options)
}

// maxComponent is how many bytes of a component file are read: one more than a component may have.
const maxComponent = 64<<20 + 1

// readFile reads a file of at most so many bytes, or standard input if its name is `-`.
func readFile(name string, in io.Reader, most int64) ([]byte, error) {
	if name != "-" || in == nil {
		file, err := os.Open(name)
		if err != nil {
			return nil, fileFault(name, err)
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	bytes, err := io.ReadAll(io.LimitReader(in, most+1))
	switch {
	case err != nil:
		return nil, fileFault(name, err)
	case int64(len(bytes)) > most:
		return nil, usageFault("`%s` is larger than %d MiB; give a smaller file", name, most>>20)
	default:
		return bytes, nil
	}
}

func fileFault(name string, err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return usageFault("could not read `%s`: %v", name, err)
}

func usageFault(format string, values ...any) error {
	return fault{code: 2, message: fmt.Sprintf(format, values...)}
}
