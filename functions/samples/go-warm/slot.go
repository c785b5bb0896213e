package main

import (
	"encoding/json"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

type task struct {
	id, state  string
	timeout    time.Duration
	line       []byte
	isRepeated bool
	beat       func()
}

// delivery is an outcome on its way to the operator.
type delivery struct {
	task       *task
	body       []byte
	startedAt  string
	isReplaced bool
}

// slot runs one task at a time; others may call cancel.
type slot struct {
	shared      *shared
	index       int
	line        *line
	beats       *line
	isBeating   atomic.Bool
	keeper      *keeper
	lock        sync.Mutex
	taskID      string
	worker      *worker
	isCancelled bool
}

func newSlot(s *shared, index int, k *keeper) *slot {
	return &slot{shared: s, index: index, line: newLine(s.addrs), beats: newLine(s.addrs), keeper: k}
}

func (s *slot) run() {
	var done *delivery
	for done != nil || !s.shared.ledger.isDraining() {
		next := s.next(done)
		done = nil
		if next != nil {
			done = s.served(next)
		}
	}
}

// cancel ends the task if it is here, and tells nobody.
func (s *slot) cancel(id string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.taskID == id {
		s.isCancelled = true
		if s.worker != nil {
			s.worker.reaper.kill(s.worker.process)
		}
	}
}

// next settles the outcome, and gives the next task if there is one now.
func (s *slot) next(done *delivery) *task {
	waits, until := newPauses(), time.Now().Add(s.shared.resultWait)
	for done != nil || !s.shared.ledger.isDraining() {
		s.line.arm()
		answer, err := s.line.post("/v1/warm/next", s.request(done), answerSpan)
		var atLeast time.Duration
		if err == nil && answer.status == 200 {
			if done = s.settled(done, answer); done == nil {
				return s.received(answer.Task)
			}
			continue
		}
		if err == nil && answer.status == 413 && done != nil && !done.isReplaced {
			done = replaced(done, 413, "")
			continue
		}
		if err == nil {
			s.shared.judge(answer.status)
			atLeast = answer.retryAfter
		} else if err != errInterrupted {
			note("slot %d: the operator does not answer: %v", s.index, err)
		}
		if s.line.interrupted.Load() {
			continue
		}
		if limit := time.Now().Add(5 * time.Second); s.shared.refused.Load() && until.After(limit) {
			until = limit
		}
		pause := waits.take(atLeast)
		if done != nil && (s.hasCancelled() || time.Now().Add(pause).After(until)) {
			s.drop(done)
			done = nil
			continue
		}
		s.shared.ledger.pause(pause)
	}
	return nil
}

func (s *slot) request(done *delivery) []byte {
	holds, isDraining := s.shared.ledger.told()
	request := map[string]any{
		"pod": s.shared.pod, "boot": s.shared.boot, "slot": s.index, "holds": holds, "draining": isDraining,
	}
	if done != nil {
		request["startedAt"] = done.startedAt
		request["outcome"] = map[string]any{"taskId": done.task.id, "outcome": json.RawMessage(done.body)}
	}
	return encode(request)
}

// settled is what is still to be delivered after the answer.
func (s *slot) settled(done *delivery, answer *reply) *delivery {
	switch {
	case done == nil:
		return nil
	case answer.Outcome != 400 && answer.Outcome != 413:
		s.finish(done)
		return nil
	case done.isReplaced:
		note("%s: what replaced its outcome was refused too", done.task.id)
		s.drop(done)
		return nil
	}
	return replaced(done, answer.Outcome, answer.Reason)
}

func replaced(done *delivery, verdict int, reason string) *delivery {
	note("%s: its outcome was refused (%d)", done.task.id, verdict)
	if verdict == 400 {
		done.body = failed("Asw.InvalidResult", "The engine refused the outcome: "+reason)
	} else {
		done.body = tooLarge(done.task.state)
	}
	done.isReplaced = true
	return done
}

func (s *slot) drop(done *delivery) {
	if !s.hasCancelled() {
		note("%s: its outcome could not be delivered", done.task.id)
	}
	s.finish(done)
}

func (s *slot) finish(done *delivery) {
	s.lock.Lock()
	s.taskID = ""
	s.lock.Unlock()
	s.shared.ledger.finish(done.task.id)
}

func (s *slot) hasCancelled() bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.isCancelled
}

// received is the task, unless it is none or not to be run.
func (s *slot) received(plain json.RawMessage) *task {
	if plain == nil || string(plain) == "null" {
		return nil
	}
	var sent struct {
		TaskID         string            `json:"taskId"`
		Event          string            `json:"event"`
		Environment    map[string]string `json:"environment"`
		TimeoutSeconds *float64          `json:"timeoutSeconds"`
	}
	if json.Unmarshal(plain, &sent) != nil || sent.TaskID == "" {
		note("the operator sent what is no task")
		return nil
	}
	t := &task{id: sent.TaskID, state: sent.Environment["ASW_STATE"], timeout: s.shared.timeout}
	if sent.Environment == nil {
		sent.Environment = map[string]string{}
	}
	if sent.TimeoutSeconds != nil {
		t.timeout = seconds(*sent.TimeoutSeconds)
		sent.Environment["ASW_TIMEOUT_SECONDS"] = strconv.FormatFloat(*sent.TimeoutSeconds, 'g', -1, 64)
	}
	request := map[string]any{"taskId": t.id, "event": sent.Event, "environment": sent.Environment}
	t.line = append(encode(request), '\n')
	t.beat = func() { s.beat(t.id) }
	s.lock.Lock()
	where := s.shared.ledger.receive(t.id)
	if where == isNew || where == isFinished {
		s.taskID, s.isCancelled = t.id, false
	}
	s.lock.Unlock()
	switch where {
	case isHeld:
		note("%s: not taken: held", t.id)
		return nil
	case isDraining:
		note("%s: not taken: draining", t.id)
		return nil
	}
	t.isRepeated = where == isFinished
	return t
}

// beat passes a sign of life on, unless the one before is still on its way.
func (s *slot) beat(id string) {
	if s.isBeating.Swap(true) {
		return
	}
	go func() {
		defer s.isBeating.Store(false)
		body := encode(map[string]string{"pod": s.shared.pod, "boot": s.shared.boot, "taskId": id})
		s.beats.post("/v1/warm/heartbeat", body, 5*time.Second)
	}()
}

// served is the outcome to deliver; none of a task that was cancelled.
func (s *slot) served(t *task) *delivery {
	done := &delivery{task: t, startedAt: time.Now().UTC().Format("2006-01-02T15:04:05.000Z")}
	if t.isRepeated {
		note("%s: has run here already", t.id)
		done.body = failed("Asw.ResultLost",
			"The task has run in this pod already and is not run twice; its outcome is not here.")
		return done
	}
	s.keeper.out.begin(t.id, t.state)
	done.body = s.ran(t)
	s.keeper.out.end(t.id)
	s.lock.Lock()
	s.worker = nil
	isCancelled := s.isCancelled
	s.lock.Unlock()
	if isCancelled {
		s.drop(done)
		return nil
	}
	return done
}

func (s *slot) ran(t *task) []byte {
	var w *worker
	for range 3 {
		var err error
		if w, err = s.keeper.worker(w); err != nil {
			return failed("Asw.StartFailed", "The function's process cannot start: "+reason(err))
		}
		if body := s.asked(w, t); body != nil {
			return body
		}
	}
	return crashed("The process ends before it takes a task")
}

// asked is the outcome; none where the child cannot have begun the task.
func (s *slot) asked(w *worker, t *task) []byte {
	w.lock.Lock()
	defer w.lock.Unlock()
	if !w.isUsable() {
		w.kill()
		return nil
	}
	s.lock.Lock()
	s.worker = w
	isCancelled := s.isCancelled
	s.lock.Unlock()
	if isCancelled {
		return []byte{}
	}
	body, err := w.ask(t)
	if err != nil {
		if s.hasCancelled() {
			return []byte{}
		}
		return nil
	}
	s.keeper.out.drain(w.printedFD)
	if limit := s.shared.maxCalls; limit > 0 && w.served >= limit {
		w.kill()
	}
	return body
}
