/** The thread beside one task: past its timeout it tells the outcome and ends the process. */
'use strict';

const { workerData } = require('node:worker_threads');

const { Settlement } = require('./settlement.js');

const { invocation, shared, task } = workerData;
const settlement = new Settlement(shared);
const { timeoutSeconds, taskId } = invocation;

setTimeout(async () => {
  if (!settlement.claim(task)) return;
  const { deliver } = require('./delivery.js');
  const { endFromAside } = require('./ending.js');
  const { timedOut } = require('./failures.js');
  const { serverOf } = require('./oneshot.js');
  const outcome = timedOut(timeoutSeconds, taskId);
  endFromAside(await deliver(outcome, invocation, serverOf(invocation)));
}, timeoutSeconds * 1000);
