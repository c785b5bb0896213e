/**
 * Getting the outcome out: to the result file first, then to the result server, by the contract.
 *
 * The file is written first so that a crash while pushing loses nothing that fits it.
 */
'use strict';

const { writeFileSync } = require('node:fs');

const { RESULT_FILE_BYTES, failed } = require('./outcomes.js');
const { note } = require('./streams.js');

/** How long an outcome that the file holds is pushed: the operator finds it in the pod anyway. */
const SMALL_SECONDS = 3;
/** Exit status that tells of a lost outcome where there is no file to tell it in (EX_TEMPFAIL). */
const UNDELIVERED = 75;
const ANSWER_MS = 30_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5000;
const FINAL = [400, 401, 403, 404, 409, 413];
const UNREACHABLE = 0;

/**
 * Leave the outcome where it can be found; the exit status is 0 for a success.
 *
 * Where payloads are private the file is none of these places: only the push counts.
 */
async function deliver(outcome, invocation, server) {
  if (invocation.isPrivate) return deliverPrivate(outcome, invocation, server);
  if (outcome.shortBody !== null) writeResult(invocation.resultFile, outcome.shortBody);
  const isSmall = outcome.body.length <= RESULT_FILE_BYTES;
  const seconds = isSmall ? SMALL_SECONDS : invocation.resultWait;
  const { status, body } = await push(outcome, invocation, server, seconds);
  if (status === 413 && !isSmall) return deliver(tooLarge(invocation), invocation, server);
  let told = outcome;
  if (status === 400) {
    told = refused(body);
    writeResult(invocation.resultFile, told.body);
  } else if (status !== 200 && status !== 409 && outcome.shortBody === null) {
    const isPushed = server !== null && invocation.resultUrl !== '';
    told = isPushed ? lost(outcome, status) : doesNotFit(outcome);
    writeResult(invocation.resultFile, told.body);
  }
  return told.isSuccess ? 0 : 1;
}

async function deliverPrivate(outcome, invocation, server) {
  let told = outcome;
  let { status, body } = await push(told, invocation, server, invocation.resultWait);
  if (status === 400 || status === 413) {
    told = status === 400 ? refused(body) : tooLarge(invocation);
    ({ status } = await push(told, invocation, server, invocation.resultWait));
  }
  if (status !== 200 && status !== 409) return UNDELIVERED;
  return told.isSuccess ? 0 : 1;
}

/** Try until an answer is final or the time is over; status 0 says that none came. */
async function persist(attempt, seconds) {
  const until = performance.now() + seconds * 1000;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    let told;
    try {
      told = await attempt(Math.min(Math.max(100, until - performance.now()), ANSWER_MS));
    } catch (error) {
      told = { status: UNREACHABLE, body: Buffer.from(String(error?.message)) };
    }
    const { status, body } = told;
    if ((status >= 200 && status < 300) || FINAL.includes(status)) return told;
    const wait = pause * (0.5 + Math.random());
    if (performance.now() + wait >= until) {
      const text = body.toString('utf8', 0, 200);
      note(`asw: no final answer of the result server (status ${status}): ${text}`);
      return told;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

async function push(outcome, invocation, server, seconds) {
  if (server === null || !invocation.resultUrl) return { status: UNREACHABLE, body: Buffer.of() };
  const url = invocation.resultUrl;
  const told = await persist((left) => server.ask('POST', url, outcome.body, left), seconds);
  return told.status >= 200 && told.status < 300 ? { ...told, status: 200 } : told;
}

function writeResult(file, body) {
  if (!file) return;
  try {
    writeFileSync(file, body);
  } catch (error) {
    note(`asw: the result file cannot be written: ${error.message}`);
  }
}

function tooLarge(invocation) {
  const cause =
    `The state/task '${invocation.state}' returned a result with a size exceeding`
    + ' the maximum number of bytes service limit.';
  return failed('States.DataLimitExceeded', cause);
}

function refused(answer) {
  const reason = answer.toString('utf8', 0, 1000);
  return failed('Asw.InvalidResult', `The engine refused the outcome: ${reason}`);
}

function doesNotFit(outcome) {
  const cause =
    `The outcome has ${outcome.body.length} bytes, the result file holds ${RESULT_FILE_BYTES},`
    + ' and there is no ASW_RESULT_URL to post it to: return less, or switch the result server on.';
  return failed('Asw.ResultTruncated', cause);
}

function lost(outcome, status) {
  const why = status ? `the result server answered ${status}` : 'no result server was reached';
  const cause =
    `An outcome of ${outcome.body.length} bytes could not be delivered: ${why},`
    + ` and the result file holds ${RESULT_FILE_BYTES}.`;
  return failed('Asw.ResultLost', cause);
}

module.exports = { deliver, persist };
