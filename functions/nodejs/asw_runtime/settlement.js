/** Who may answer: a task ends once, by its result or by its timeout, on whichever thread. */
'use strict';

const NOBODY = 0;

/** The right to tell the outcome of one task, known by a number, given to the first who asks. */
class Settlement {
  constructor(shared = new SharedArrayBuffer(4)) {
    this.shared = shared;
    this.open = new Int32Array(shared);
  }

  /** Offer the right for a task; its number is not 0, and is never used again. */
  offer(task) {
    Atomics.store(this.open, 0, task);
  }

  /** Whether the caller is the first for this task. */
  claim(task) {
    return Atomics.compareExchange(this.open, 0, task, NOBODY) === task;
  }

  /** Take the right whichever task it is for. */
  close() {
    Atomics.store(this.open, 0, NOBODY);
  }
}

module.exports = { Settlement };
