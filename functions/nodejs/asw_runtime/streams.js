/** Writing to descriptors at once, whatever user code has made of the streams above them. */
'use strict';

const { writeSync } = require('node:fs');

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

/** Write all of it; a reader that is slow is waited for. Throws when there is no reader. */
function writeAll(descriptor, bytes) {
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(PAUSE, 0, 0, 1);
    }
  }
}

/** Tell the log; what cannot be told is not worth a failure. */
function note(text) {
  try {
    writeAll(2, Buffer.from(`${text}\n`));
  } catch {
    return;
  }
}

/**
 * Let what is printed reach the log at once, however much it is: a pipe would take 64 KiB, and the
 * rest would be lost with the process. The streams are made when they are first used, as ever.
 */
function logAtOnce() {
  for (const name of ['stdout', 'stderr']) {
    const { get } = Object.getOwnPropertyDescriptor(process, name);
    const getBlocking = () => {
      const stream = get.call(process);
      stream._handle?.setBlocking?.(true);
      Object.defineProperty(process, name, { configurable: true, enumerable: true, get });
      return stream;
    };
    const changed = { configurable: true, enumerable: true, get: getBlocking };
    Object.defineProperty(process, name, changed);
  }
}

module.exports = { logAtOnce, note, writeAll };
