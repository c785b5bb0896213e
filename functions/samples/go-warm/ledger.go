package main

import (
	"sync"
	"time"
)

const remembered = 1000

type standing int

const (
	isNew standing = iota
	isHeld
	isFinished
	isDraining
)

// once is something that happens once.
type once struct {
	happened chan struct{}
	guard    sync.Once
}

func newOnce() *once { return &once{happened: make(chan struct{})} }

func (o *once) set() { o.guard.Do(func() { close(o.happened) }) }

// ledger says which tasks are here, to operator and slots, under one lock.
type ledger struct {
	lock     sync.Mutex
	held     map[string]bool
	finished map[string]bool
	order    []string
	draining *once
	drains   bool
}

func newLedger() *ledger {
	return &ledger{held: map[string]bool{}, finished: map[string]bool{}, draining: newOnce()}
}

// receive says what a task is to us. What arrives once told has said that we drain is not run: the
// operator was told that it is not here.
func (l *ledger) receive(id string) standing {
	l.lock.Lock()
	defer l.lock.Unlock()
	switch {
	case l.held[id]:
		return isHeld
	case l.drains:
		return isDraining
	}
	l.held[id] = true
	if l.finished[id] {
		return isFinished
	}
	return isNew
}

func (l *ledger) finish(id string) {
	l.lock.Lock()
	defer l.lock.Unlock()
	delete(l.held, id)
	if l.finished[id] {
		return
	}
	l.finished[id] = true
	l.order = append(l.order, id)
	if len(l.order) > remembered {
		delete(l.finished, l.order[0])
		l.order = l.order[1:]
	}
}

// told gives the tasks held and whether we drain, at one moment.
func (l *ledger) told() ([]string, bool) {
	l.lock.Lock()
	defer l.lock.Unlock()
	holds := []string{}
	for id := range l.held {
		holds = append(holds, id)
	}
	return holds, l.drains
}

func (l *ledger) drain() bool {
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.drains {
		return false
	}
	l.drains = true
	l.draining.set()
	return true
}

func (l *ledger) isDraining() bool {
	_, drains := l.told()
	return drains
}

// pause sleeps, but no longer than until a drain begins.
func (l *ledger) pause(span time.Duration) {
	if l.isDraining() {
		time.Sleep(span)
		return
	}
	select {
	case <-time.After(span):
	case <-l.draining.happened:
	}
}
