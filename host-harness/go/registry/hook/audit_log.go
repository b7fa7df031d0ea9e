package hook

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
)

// ErrAudit is that the audit file can't be opened.
var ErrAudit = errors.New("the audit file can't be opened")

// maxUnwritten is how many lines wait for a file that is slow. Further ones are lost, and counted.
const maxUnwritten = 4096

// An auditLog writes lines in the order in which they come. It never stops a request: lines that can't be written are
// lost, and counted.
type auditLog struct {
	path  string
	lines chan []byte
	ended chan struct{}
	once  sync.Once
	file  *os.File
}

// openAuditLog opens the file for appending. No path is a log that writes nothing.
func openAuditLog(path string) (*auditLog, error) {
	log := &auditLog{path: path, lines: make(chan []byte, maxUnwritten), ended: make(chan struct{})}
	switch path {
	case "":
		close(log.ended)
		return log, nil
	case "stdout":
		log.file = os.Stdout
	case "stderr":
		log.file = os.Stderr
	default:
		if err := log.reopen(); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrAudit, err)
		}
	}
	go log.run()
	return log, nil
}

// write puts a line into the queue. The time is now where the line has none.
func (l *auditLog) write(line *auditLine) {
	if l.path == "" {
		return
	}
	line.Version, line.Host = 1, hostName
	if line.Time.IsZero() {
		line.Time = time.Now().UTC()
	}
	text, err := json.Marshal(line)
	if err != nil {
		l.lose(err)
		return
	}
	select {
	case l.lines <- append(text, '\n'):
	default:
		l.lose(errors.New("too many lines wait to be written"))
	}
}

func (l *auditLog) run() {
	defer close(l.ended)
	for line := range l.lines {
		err := l.reopenIfMoved()
		if err == nil {
			_, err = l.file.Write(line)
		}
		if err != nil {
			l.lose(err)
		}
	}
}

// reopenIfMoved makes a new file where the old one was moved away or deleted, as programs that rotate logs do.
func (l *auditLog) reopenIfMoved() error {
	if l.isStream() {
		return nil
	}
	there, err := os.Stat(l.path)
	if err == nil {
		if opened, err := l.file.Stat(); err == nil && os.SameFile(there, opened) {
			return nil
		}
	}
	return l.reopen()
}

func (l *auditLog) reopen() error {
	// To open a pipe that nobody reads would not end.
	if there, err := os.Stat(l.path); err == nil && there.Mode()&os.ModeNamedPipe != 0 {
		return fmt.Errorf("`%s` is a pipe", l.path)
	}
	file, err := os.OpenFile(l.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o640)
	if err != nil {
		return err
	}
	if l.file != nil {
		_ = l.file.Close()
	}
	l.file = file
	return nil
}

func (l *auditLog) isStream() bool { return l.file == os.Stdout || l.file == os.Stderr }

func (l *auditLog) lose(err error) {
	auditLinesLost.Inc(1)
	logrus.WithError(err).Error("tagseal: a line of the audit file is lost")
}

// close writes what waits, and closes the file.
func (l *auditLog) close() error {
	var err error
	l.once.Do(func() {
		close(l.lines)
		<-l.ended
		if l.file != nil && !l.isStream() {
			err = l.file.Close()
		}
	})
	return err
}
