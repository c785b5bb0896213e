/** The end of the process, which another thread can bring about while user code never pauses. */
'use strict';

const fs = require('node:fs');

const NAME = Symbol.for('asw.end');
/** How long the main thread may take to hear that it shall end. */
const HEARD_MS = 500;

/** Prepare the end: `scratch()` is the folder to remove by then, if any. */
function prepareEnd(scratch) {
  const exit = process.reallyExit.bind(process);
  const end = (status) => {
    const folder = scratch();
    try {
      if (folder) fs.rmSync(folder, { recursive: true, force: true });
      fs.closeSync(2); // Node.js would tell of the thread that looks in from outside
    } catch {
      // nothing is lost
    }
    exit(status);
  };
  Object.defineProperty(globalThis, NAME, { value: end });
  return end;
}

/** For another thread: end the process, even in the middle of a loop. */
function endFromAside(status) {
  const { Session } = require('node:inspector');
  const session = new Session();
  session.connectToMainThread();
  const expression = `globalThis[Symbol.for('asw.end')](${status})`;
  session.post('Runtime.evaluate', { expression });
  // waiting in the kernel it hears nothing; PID 1 of a container is ended by its kubelet
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), HEARD_MS);
}

module.exports = { prepareEnd, endFromAside };
