package main

import (
	"errors"
	"sync"
	"syscall"
	"time"
)

// keeper keeps one child alive: started ahead of its first task, and again after each end.
type keeper struct {
	shared  *shared
	command []string
	out     *output
	lock    sync.Mutex
	arrived *sync.Cond
	current *worker
	fault   error
	starts  int
	wanted  chan struct{}
}

func newKeeper(s *shared, command []string, out *output) *keeper {
	k := &keeper{shared: s, command: command, out: out, wanted: make(chan struct{}, 1)}
	k.arrived = sync.NewCond(&k.lock)
	return k
}

// worker is the child, or the one after usedUp.
func (k *keeper) worker(usedUp *worker) (*worker, error) {
	k.lock.Lock()
	defer k.lock.Unlock()
	if k.current != nil && k.current != usedUp {
		return k.current, nil
	}
	select {
	case k.wanted <- struct{}{}:
	default:
	}
	for starts := k.starts; k.starts == starts; {
		k.arrived.Wait()
	}
	if k.current != nil {
		return k.current, nil
	}
	if k.fault != nil {
		return nil, k.fault
	}
	return nil, errors.New("it ended as soon as it was started")
}

func (k *keeper) run() {
	const first, longest = 100 * time.Millisecond, 10 * time.Second
	pause := first
	for {
		w, err := newWorker(k.shared, k.command)
		k.lock.Lock()
		k.current, k.fault = w, err
		k.starts++
		k.arrived.Broadcast()
		k.lock.Unlock()
		if w != nil && k.watch(w) > 0 {
			pause = first
			continue
		}
		select {
		case <-time.After(pause):
		case <-k.wanted:
		}
		pause = min(pause*2, longest)
	}
}

// watch passes on what the child prints until it has ended; the number of tasks that it served.
func (k *keeper) watch(w *worker) int {
	if raw, err := w.printed.SyscallConn(); err == nil {
		go raw.Read(func(fd uintptr) bool {
			for {
				k.out.lock.Lock()
				n, err := k.out.move(int(fd))
				k.out.lock.Unlock()
				if err == syscall.EAGAIN {
					return false // wait for more
				}
				if n <= 0 && err != syscall.EINTR {
					return true
				}
			}
		})
	}
	<-w.process.ended
	k.lock.Lock()
	k.current = nil
	k.lock.Unlock()
	w.lock.Lock() // not while a slot reads its last words
	defer w.lock.Unlock()
	k.out.drain(w.printedFD)
	w.close()
	return w.served
}
