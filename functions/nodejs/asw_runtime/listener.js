/** The thread beside many tasks: hands requests on, and ends the process where it must end. */
'use strict';

const fs = require('node:fs');
const { Socket } = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');

const { REQUESTS, sayOutcome } = require('./channel.js');
const { endFromAside } = require('./ending.js');
const { timedOut } = require('./failures.js');
const { Settlement } = require('./settlement.js');
const { note } = require('./streams.js');

const TIMED_OUT = 1;
const PROTOCOL_BROKEN = 2;

const settlement = new Settlement(workerData);
let rest = [];
let timer = null;

const requests = incoming();
requests.on('data', (chunk) => {
  const at = chunk.lastIndexOf(10);
  if (at < 0) {
    rest.push(chunk);
    return;
  }
  const whole = Buffer.concat([...rest, chunk.subarray(0, at)]).toString('utf8');
  rest = [chunk.subarray(at + 1)];
  whole.split('\n').forEach(handOn);
});
requests.on('end', () => {
  settlement.close(); // nothing more is said: what is cut off now has no outcome
  endFromAside(0);
});

parentPort.on('message', (task) => {
  clearTimeout(timer);
  if (task?.seconds) timer = setTimeout(expire, task.seconds * 1000, task);
});

/** A pipe or a socket; anything else, such as a file, is read as one. */
function incoming() {
  try {
    return new Socket({ fd: REQUESTS, readable: true, writable: false });
  } catch {
    return fs.createReadStream('', { fd: REQUESTS });
  }
}

function handOn(line) {
  try {
    const request = JSON.parse(line);
    if (request.taskId === undefined) throw new TypeError('taskId');
    parentPort.postMessage({ ...request, taskId: String(request.taskId) });
  } catch {
    note('asw: a line on stdin is no request');
    requests.destroy();
    endFromAside(PROTOCOL_BROKEN);
  }
}

function expire({ task, taskId, seconds }) {
  if (!settlement.claim(task)) return;
  sayOutcome(taskId, timedOut(seconds, taskId), true);
  endFromAside(TIMED_OUT); // user code still runs: this process cannot be used again
}
