/** Signs of life that user code gives; at most one a second leaves the process. */
'use strict';

const INTERVAL_MS = 1000;

class Signs {
  /** `send` is null where nobody listens. */
  constructor(send) {
    this.send = send;
    this.nextAt = 0;
  }

  /** Send a sign unless one was sent within the last second. */
  beat() {
    const now = performance.now();
    if (this.send === null || now < this.nextAt) return;
    this.nextAt = now + INTERVAL_MS;
    this.send();
  }
}

module.exports = { Signs };
