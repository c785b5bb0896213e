package main

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"syscall"
	"unicode/utf8"
)

const (
	longestLine   = 65536
	drainedChunks = 16
)

var logLock sync.Mutex

// output is what one slot's children print, on its way to the log of the container.
type output struct {
	isTagged bool
	lock     sync.Mutex
	tag      []byte
	rest     []byte
}

func (o *output) begin(id, state string) {
	o.lock.Lock()
	defer o.lock.Unlock()
	o.finishLine()
	if o.isTagged {
		o.tag = []byte(id + " ")
	}
	emit([]byte(strings.TrimRight("START "+id+" "+state, " ") + "\n"))
}

func (o *output) end(id string) {
	o.lock.Lock()
	defer o.lock.Unlock()
	o.finishLine()
	emit([]byte("END " + id + "\n"))
	o.tag = nil
}

// drain moves what was printed before now.
func (o *output) drain(descriptor int) {
	o.lock.Lock()
	defer o.lock.Unlock()
	for range drainedChunks {
		if n, _ := o.move(descriptor); n <= 0 {
			return
		}
	}
}

// move reads and writes under the lock, so that nothing printed before an END comes after it.
func (o *output) move(descriptor int) (int, error) {
	var chunk [16384]byte
	n, err := syscall.Read(descriptor, chunk[:])
	if n <= 0 {
		return n, err
	}
	o.rest = append(o.rest, chunk[:n]...)
	if at := bytes.LastIndexByte(o.rest, '\n'); at >= 0 {
		o.write(o.rest[:at])
		o.rest = append([]byte(nil), o.rest[at+1:]...)
	}
	if len(o.rest) >= longestLine {
		cut := wholeCharacters(o.rest)
		o.write(o.rest[:cut])
		o.rest = append([]byte(nil), o.rest[cut:]...)
	}
	return n, nil
}

func (o *output) finishLine() {
	if len(o.rest) > 0 {
		o.write(o.rest)
		o.rest = nil
	}
}

func (o *output) write(lines []byte) {
	whole := bytes.ReplaceAll(lines, []byte("\n"), append([]byte("\n"), o.tag...))
	emit(append(append(append([]byte(nil), o.tag...), whole...), '\n'))
}

func emit(lines []byte) {
	logLock.Lock()
	defer logLock.Unlock()
	os.Stdout.Write(lines) // where nobody reads the log, functions shall not suffer
}

// wholeCharacters says how many of the bytes end with a whole character of UTF-8.
func wholeCharacters(data []byte) int {
	for back := 1; back < utf8.UTFMax && back <= len(data); back++ {
		if utf8.RuneStart(data[len(data)-back]) {
			if utf8.FullRune(data[len(data)-back:]) {
				break
			}
			return len(data) - back
		}
	}
	return len(data)
}
