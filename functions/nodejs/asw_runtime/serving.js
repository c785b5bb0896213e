/**
 * Many tasks, one process: requests as JSON lines, answers as JSON lines.
 *
 * For a platform that keeps runtimes warm; docs/reference/runtime-protocol.md has the lines. A
 * thread beside user code reads the requests (`listener.js`), so that the end of the platform and of
 * a task's time is noticed while user code never pauses.
 */
'use strict';

const { Worker } = require('node:worker_threads');

const { sayHeartbeat, sayOutcome } = require('./channel.js');
const { prepareEnd } = require('./ending.js');
const { NodeFunction } = require('./function.js');
const { Invocation } = require('./invocation.js');
const { Settlement } = require('./settlement.js');
const { Signs } = require('./signs.js');

const { stringify } = JSON;
const BROKEN = 1;
const TERMINATED = 128 + 15;

/** Answer requests one after the other until they end. */
async function serve() {
  const own = Object.entries(process.env).filter(([name]) => name.startsWith('ASW_'));
  const code = new NodeFunction();
  const settlement = new Settlement();
  const end = prepareEnd(() => code.scratch);
  process.on('SIGTERM', () => end(TERMINATED));
  const listener = new Worker(require.resolve('./listener.js'), {
    workerData: settlement.shared,
  });
  const requests = queueOf(listener);
  listener.unref(); // what user code waits for is its own
  await code.prepare(new Invocation(process.env));
  for (let task = 1; ; task += 1) {
    listener.ref();
    const request = await requests();
    listener.unref();
    const isLast = await answer(
      { ...request, task }, Object.fromEntries(own), { code, listener, settlement },
    );
    if (isLast) end(BROKEN);
  }
}

/** Whether it was the last one. */
async function answer(request, own, { code, listener, settlement }) {
  const { task, taskId } = request;
  const variables = { ...own, ...request.environment, ASW_TASK_ID: taskId };
  const invocation = new Invocation(variables);
  Object.assign(process.env, variables);
  const { event = '{}' } = request;
  const text = typeof event === 'string' ? event : stringify(event);
  const signs = new Signs(() => sayHeartbeat(taskId));
  settlement.offer(task);
  listener.postMessage({ task, taskId, seconds: invocation.timeoutSeconds });
  const outcome = await code.run(invocation, text, () => signs.beat());
  if (!settlement.claim(task)) await new Promise(() => listener.ref()); // it ends the process
  listener.postMessage(null);
  const isLast = code.isBroken;
  sayOutcome(taskId, outcome, isLast);
  return isLast;
}

/** A function that gives the next request each time it is called. */
function queueOf(listener) {
  const waiting = [];
  let take = null;
  listener.on('message', (request) => {
    if (take === null) {
      waiting.push(request);
    } else {
      take(request);
      take = null;
    }
  });
  return () => new Promise((resolve) => {
    if (waiting.length) resolve(waiting.shift());
    else take = resolve;
  });
}

module.exports = { serve };
