/** One task, one process: what a Job's container runs. */
'use strict';

const { deliver, persist } = require('./delivery.js');
const { prepareEnd } = require('./ending.js');
const { Fault, fromThrown } = require('./failures.js');
const { NodeFunction } = require('./function.js');
const { Invocation } = require('./invocation.js');
const { Places } = require('./places.js');
const { Settlement } = require('./settlement.js');
const { Signs } = require('./signs.js');
const { note } = require('./streams.js');

const HEARTBEAT_MS = 1000;
const TERMINATED = 128 + 15;
/** There is no other. */
const TASK = 1;

/** Take the event from the environment, run the function, deliver, end the process. */
async function runOnce() {
  const code = new NodeFunction();
  const end = prepareEnd(() => code.scratch);
  // without an outcome: the engine knows why the pod goes, and what to do about it;
  // and the kernel keeps SIGTERM from a PID 1 that has no handler for it
  process.on('SIGTERM', () => end(TERMINATED));
  const invocation = new Invocation(process.env);
  const server = serverOf(invocation);
  const settlement = new Settlement();
  settlement.offer(TASK);
  const beats = new Set();
  const send = () => {
    const beat = heartbeat(invocation, server).finally(() => beats.delete(beat));
    beats.add(beat);
  };
  const signs = new Signs(server !== null && invocation.heartbeatUrl ? send : null);
  let guard = null;
  let outcome;
  try {
    const event = await eventOf(invocation, server);
    guard = watch(invocation, settlement);
    outcome = await code.run(invocation, event, () => signs.beat());
  } catch (fault) {
    outcome = fromThrown(fault, new Places('/', false));
  }
  if (!settlement.claim(TASK)) {
    guard.ref(); // it delivers, and ends the process
    return;
  }
  await Promise.all(beats);
  end(await deliver(outcome, invocation, server));
}

function serverOf({ ca, serverName, token }) {
  if (!ca) return null;
  const { ResultServer } = require('./https.js');
  return new ResultServer({ ca, serverName, token });
}

async function eventOf(invocation, server) {
  const { event, eventUrl, resultWait } = invocation;
  if (!eventUrl) return event || '{}';
  if (server === null) throw new Fault('Asw.EventLost', 'ASW_EVENT_URL is set, ASW_CA is not');
  const none = Buffer.of();
  const get = (left) => server.ask('GET', eventUrl, none, left);
  const { status, body } = await persist(get, resultWait);
  if (status !== 200) {
    const message = `The event could not be fetched: the result server answered ${status}`;
    throw new Fault('Asw.EventLost', message);
  }
  return body.toString('utf8');
}

/** A thread that ends the task past its timeout, whatever user code does; null for no timeout. */
function watch(invocation, settlement) {
  if (!invocation.timeoutSeconds) return null;
  const { Worker } = require('node:worker_threads');
  const { shared } = settlement;
  const workerData = { invocation: { ...invocation }, shared, task: TASK };
  const guard = new Worker(require.resolve('./watchdog.js'), { workerData });
  guard.unref();
  return guard;
}

async function heartbeat(invocation, server) {
  try {
    await server.ask('POST', invocation.heartbeatUrl, Buffer.of(), HEARTBEAT_MS);
  } catch (error) {
    note(`asw: a heartbeat was not delivered: ${error.message}`);
  }
}

module.exports = { runOnce, serverOf };
