package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
)

// process is a child in a session of its own; status counts once ended is closed.
type process struct {
	pid    int
	status syscall.WaitStatus
	ended  chan struct{}
}

// reaper starts processes, reaps all that end, and ends what they leave behind: a PID 1's duty.
type reaper struct {
	isSole    bool
	lock      sync.Mutex // none is reaped meanwhile: a number goes on meaning the same process
	processes map[int]*process
}

func newReaper(isSole bool) *reaper { return &reaper{isSole: isSole, processes: map[int]*process{}} }

func (r *reaper) start(command []string, environ []string, files []uintptr) (*process, error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	path, err := exec.LookPath(command[0])
	if err != nil {
		return nil, err
	}
	pid, err := syscall.ForkExec(path, command, &syscall.ProcAttr{
		Env: environ, Files: files, Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return nil, err
	}
	started := &process{pid: pid, ended: make(chan struct{})}
	r.processes[pid] = started
	return started, nil
}

func (r *reaper) kill(p *process) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if r.processes[p.pid] == p {
		syscall.Kill(-p.pid, syscall.SIGKILL)
	}
}

func (r *reaper) killAll() {
	r.lock.Lock()
	defer r.lock.Unlock()
	for pid := range r.processes {
		syscall.Kill(-pid, syscall.SIGKILL)
		r.sweep(pid)
	}
}

func (r *reaper) reap() {
	r.lock.Lock()
	defer r.lock.Unlock()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		if p := r.processes[pid]; p != nil {
			delete(r.processes, pid)
			r.sweep(pid) // its number is not given away while its session lives
			p.status = status
			close(p.ended)
		}
	}
}

// sweep kills what is left of a session, and orphans where nobody else can have left them.
func (r *reaper) sweep(session int) {
	for range 50 {
		found := false
		for _, pid := range r.strays(session) {
			found = true
			syscall.Kill(pid, syscall.SIGKILL)
		}
		if !found {
			return
		}
	}
}

func (r *reaper) strays(session int) (found []int) {
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || r.processes[pid] != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if err != nil {
			continue
		}
		words := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
		parent, _ := strconv.Atoi(string(words[1]))
		its, _ := strconv.Atoi(string(words[3]))
		isAlive := words[0][0] != 'Z' && words[0][0] != 'X'
		if isAlive && (its == session || r.isSole && parent == os.Getpid()) {
			found = append(found, pid)
		}
	}
	return found
}

// reason is what the system says, as text that starts like a sentence.
func reason(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) || errors.Is(err, exec.ErrNotFound) {
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, exec.ErrNotFound) {
			return "No such file or directory"
		}
		return errno.Error()
	}
	return err.Error()
}
