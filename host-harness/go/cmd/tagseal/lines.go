package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

const (
	// maxLine is how many bytes an event in JSON may have. A longer line is passed over without being kept.
	maxLine = 1 << 20
	// blank are the bytes of a line that has nothing on it.
	blank = " \t\f\r"
	// maxBatch is how many lines are decided before their answers are written.
	maxBatch = 1024
)

// A line is one of the input, without its end.
type line struct {
	text string
	// problem says why the line can't be an event, if it can't.
	problem string
}

// lines reads lines in constant memory, whatever is on them.
type lines struct {
	in *bufio.Reader
}

func newLines(in io.Reader) *lines {
	return &lines{bufio.NewReaderSize(in, maxLine+1)}
}

// next waits for a line, and returns it with those that are there by then, so that nobody who waits for an answer waits
// for ever. It fails with io.EOF at the end.
func (l *lines) next() ([]line, error) {
	first, err := l.read()
	if err != nil {
		return nil, err
	}
	batch := []line{first}
	for len(batch) < maxBatch && l.isReady() {
		next, err := l.read()
		if err != nil {
			break
		}
		batch = append(batch, next)
	}
	return batch, nil
}

// isReady says whether a whole line has been read already.
func (l *lines) isReady() bool {
	ready, err := l.in.Peek(l.in.Buffered())
	return err == nil && bytes.IndexByte(ready, '\n') >= 0
}

func (l *lines) read() (line, error) {
	text, err := l.in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull) || len(text) > maxLine+1:
		return line{problem: fmt.Sprintf("the line is longer than %d bytes; split the event", maxLine)}, l.skip(err)
	case err != nil && (err != io.EOF || len(text) == 0):
		return line{}, err
	}
	text = bytes.TrimSuffix(text, []byte("\n"))
	if len(text) > maxLine {
		return line{problem: fmt.Sprintf("the line is longer than %d bytes; split the event", maxLine)}, nil
	}
	if !utf8.Valid(text) {
		return line{problem: "the line is not UTF-8; write JSON in UTF-8"}, nil
	}
	if len(bytes.Trim(text, blank)) == 0 {
		return line{problem: "the line is empty; write an event on it, or remove it"}, nil
	}
	return line{text: string(text)}, nil
}

// skip passes over the rest of a line.
func (l *lines) skip(err error) error {
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = l.in.ReadSlice('\n')
	}
	if err == io.EOF {
		return nil
	}
	return err
}
