package main

import (
	"bytes"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	grace  = 2 * time.Second
	silent = time.Second // exits close pipes first
)

var errNotTaken = errors.New("the child cannot have begun the task")

// worker is a running child. Only who holds lock may use its descriptors.
type worker struct {
	reaper                     *reaper
	process                    *process
	lock                       sync.Mutex
	requests, answers, printed *os.File
	answersFD, printedFD       int
	served                     int
	isSpent, isClosed          bool
}

func newWorker(s *shared, command []string) (*worker, error) {
	var ours, theirs []*os.File
	closeAll := func(files []*os.File) {
		for _, file := range files {
			file.Close()
		}
	}
	defer func() { closeAll(theirs) }()
	var files []uintptr
	for index := range 3 {
		reading, writing, err := os.Pipe()
		if err != nil {
			closeAll(ours)
			return nil, err
		}
		if index == 0 {
			reading, writing = writing, reading
		}
		ours, theirs = append(ours, reading), append(theirs, writing)
		files = append(files, writing.Fd())
	}
	started, err := s.reaper.start(command, os.Environ(), files)
	if err != nil {
		closeAll(ours)
		return nil, err
	}
	w := &worker{reaper: s.reaper, process: started, requests: ours[0], answers: ours[1], printed: ours[2]}
	w.answersFD, w.printedFD = descriptor(w.answers), descriptor(w.printed)
	go func() {
		<-started.ended
		w.requests.SetWriteDeadline(time.Now())
		w.answers.SetReadDeadline(time.Now())
	}()
	return w, nil
}

// descriptor is the file's number; Fd() would make it blocking.
func descriptor(file *os.File) (number int) {
	raw, err := file.SyscallConn()
	if err == nil {
		raw.Control(func(fd uintptr) { number = int(fd) })
	}
	return number
}

// isUsable says whether it lives, and says nothing while it is not asked.
func (w *worker) isUsable() bool {
	if w.isSpent || w.isClosed {
		return false
	}
	var byte [1]byte
	_, err := syscall.Read(w.answersFD, byte[:])
	return err == syscall.EAGAIN
}

func (w *worker) kill() {
	w.isSpent = true
	w.reaper.kill(w.process)
}

func (w *worker) close() {
	w.isClosed = true
	w.requests.Close()
	w.answers.Close()
	w.printed.Close()
}

// ask runs the task to its outcome; the child may be killed then.
func (w *worker) ask(t *task) ([]byte, error) {
	body, isReusable, err := w.exchange(t)
	if errors.Is(err, errNotTaken) {
		w.kill()
		return nil, err
	}
	if err != nil {
		body = failed("Asw.InvalidResult", err.Error())
	}
	w.served++
	if err != nil || !isReusable {
		w.kill()
	}
	return body, nil
}

func (w *worker) exchange(t *task) (body []byte, isReusable bool, err error) {
	var until time.Time
	if t.timeout > 0 {
		until = time.Now().Add(t.timeout + grace)
	}
	w.setDeadline(until)
	sent := make(chan error, 1)
	go func() {
		_, err := w.requests.Write(t.line)
		sent <- err
	}()
	var buffer []byte
	chunk := make([]byte, 65536)
	for {
		n, err := w.answers.Read(chunk)
		buffer = append(buffer, chunk[:n]...)
		if body, rest, isLast, err := w.said(t, buffer); err != nil || body != nil {
			return body, len(rest) == 0 && !isLast, err
		} else {
			buffer = rest
		}
		if len(buffer) > largestAnswer {
			return tooLarge(t.state), false, nil
		}
		if err != nil {
			return w.epilogue(t, buffer, until, sent)
		}
	}
}

func (w *worker) setDeadline(until time.Time) {
	w.answers.SetReadDeadline(until)
	w.requests.SetWriteDeadline(until)
	select {
	case <-w.process.ended: // it has set its own in vain
		w.answers.SetReadDeadline(time.Now())
		w.requests.SetWriteDeadline(time.Now())
	default:
	}
}

// said reads whole lines: the outcome if there is one, and what follows it.
func (w *worker) said(t *task, buffer []byte) (body, rest []byte, isLast bool, err error) {
	for {
		line, after, isWhole := bytes.Cut(buffer, []byte("\n"))
		if !isWhole {
			return nil, buffer, false, nil
		}
		if len(line) > largestAnswer {
			return tooLarge(t.state), after, true, nil
		}
		body, isLast, err = read(line, t.id)
		if err != nil || body != nil {
			return body, after, isLast, err
		}
		t.beat()
		buffer = after
	}
}

// epilogue is the outcome where the child says no more: it has ended, closed its pipe, or must end.
func (w *worker) epilogue(t *task, buffer []byte, until time.Time, sent chan error) ([]byte, bool, error) {
	select {
	case <-w.process.ended:
	default:
		if !until.IsZero() && !time.Now().Before(until) {
			return timedOut(t.id, t.timeout.Seconds()), false, nil
		}
		select {
		case <-w.process.ended:
		case <-time.After(silent):
			return crashed("The process closed the pipe of its answers and lived on"), false, nil
		}
	}
	chunk := make([]byte, 65536)
	for len(buffer) <= largestAnswer { // its last words may be in the pipe
		n, _ := syscall.Read(w.answersFD, chunk)
		if n <= 0 {
			break
		}
		buffer = append(buffer, chunk[:n]...)
		body, rest, _, err := w.said(t, buffer)
		if err != nil || body != nil {
			return body, false, err
		}
		buffer = rest
	}
	if err := <-sent; err != nil {
		return nil, false, errNotTaken
	}
	return ended(w.process.status), false, nil
}
