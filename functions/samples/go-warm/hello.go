package main

import (
	"encoding/json"
	"time"
)

// hello says that the parent is there, and hears which tasks are to be ended.
type hello struct {
	shared        *shared
	line          *line
	slots         []*slot
	known, parted *once
}

func newHello(s *shared, slots []*slot) *hello {
	h := &hello{shared: s, line: newLine(s.addrs), slots: slots, known: newOnce(), parted: newOnce()}
	s.addrs.onMove = h.line.interrupt
	return h
}

// part says at once that we drain.
func (h *hello) part() {
	h.line.interrupt()
	h.known.set()
}

func (h *hello) run() {
	waits := newPauses()
	for {
		h.line.arm()
		holds, isDraining := h.shared.ledger.told()
		body, _ := json.Marshal(map[string]any{
			"pod": h.shared.pod, "boot": h.shared.boot, "name": h.shared.podName,
			"slots": len(h.slots), "holds": holds, "draining": isDraining, "startedAt": h.shared.startedAt,
		})
		answer, err := h.line.post("/v1/warm/hello", body, answerSpan)
		var atLeast time.Duration
		switch {
		case err == errInterrupted:
			continue
		case err != nil:
			note("the operator does not answer: %v", err)
		case answer.status == 200:
			waits = newPauses()
			h.heard(answer, isDraining)
			continue
		default:
			h.shared.judge(answer.status)
			atLeast = answer.retryAfter
		}
		h.shared.ledger.pause(waits.take(atLeast))
	}
}

func (h *hello) heard(answer *reply, isDraining bool) {
	h.known.set()
	for _, id := range answer.Cancel {
		for _, each := range h.slots {
			each.cancel(id)
		}
	}
	if isDraining {
		h.parted.set()
		h.shared.ledger.pause(200 * time.Millisecond) // last words may be answered at once
	}
}
