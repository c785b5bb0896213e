/** What went wrong in user code, in the words of AWS Lambda's Node.js runtime. */
'use strict';

const { CAUSE_CHARACTERS, failed, fitsFile } = require('./outcomes.js');
const { note } = require('./streams.js');

const { stringify } = JSON;
const MOST_EARLIER = 20;

/** The function cannot be run or its result not be used: Lambda's `Runtime.` errors. */
class Fault extends Error {
  constructor(error, message, trace = []) {
    super(message);
    this.name = error;
    this.trace = trace;
  }
}

/** The outcome of whatever was thrown, which is told to the log as well. */
function fromThrown(thrown, places) {
  const { errorType, errorMessage, trace } = described(thrown, places);
  const lines = [...earlier(thrown, places), `[ERROR] ${errorType}: ${errorMessage}`];
  note([...lines, ...trace.filter((line) => line.startsWith('    at '))].join('\n'));
  return lambdaFailure({ errorType, errorMessage, trace });
}

/** The outcome of a function that ran past its own timeout. */
function timedOut(seconds, taskId) {
  const errorType = 'Sandbox.Timedout';
  const errorMessage =
    `RequestId: ${taskId} Error: Task timed out after ${seconds.toFixed(2)} seconds`;
  note(`[ERROR] ${errorType}: ${errorMessage}`);
  return failed(errorType, stringify({ errorType, errorMessage }));
}

/** The fault of user code that ended the process, in the words of Lambda. */
function exited(code, taskId, stack) {
  const status = code ?? process.exitCode ?? 0;
  const reason = Number(status)
    ? `Runtime exited with error: exit status ${status}`
    : 'Runtime exited without providing a reason';
  const message = `RequestId: ${taskId} Error: ${reason}`;
  return new Fault('Runtime.ExitError', message, String(stack).split('\n').slice(1));
}

function described(thrown, places) {
  if (thrown instanceof Fault) {
    const { name, message, trace } = thrown;
    return { errorType: name, errorMessage: places.named(message), trace: places.users(trace) };
  }
  try {
    if (isError(thrown)) {
      const errorType = String(thrown.name) || 'Error';
      const errorMessage = places.named(String(thrown.message));
      const trace = places.users(String(thrown.stack).split('\n'));
      return { errorType, errorMessage, trace };
    }
    return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  } catch {
    const errorMessage = 'an error was thrown whose name, message or stack cannot be read';
    return { errorType: 'handled', errorMessage, trace: [] };
  }
}

/** An Error, of another realm too, or something that looks like one. */
function isError(thrown) {
  if (thrown instanceof Error) return true;
  const isText = (name) => typeof thrown?.[name] === 'string';
  return isText('name') && isText('message') && isText('stack');
}

/** The errors that led to this one, the first of them first. */
function earlier(thrown, places) {
  const lines = [];
  try {
    for (let it = thrown?.cause, left = MOST_EARLIER; it && left; it = it.cause, left -= 1) {
      const { errorType, errorMessage } = described(it, places);
      lines.unshift(`Because of ${errorType}: ${errorMessage}`);
    }
  } catch {
    return lines;
  }
  return lines;
}

/** A failure whose cause is Lambda's JSON, cut to the limits: frames first, then message. */
function lambdaFailure(detail) {
  const name = detail.errorType;
  const cause = fitting(detail, (text) => text.length <= CAUSE_CHARACTERS);
  return failed(name, cause, fitting(detail, (text) => fitsFile(name, text)));
}

function fitting(detail, fits) {
  let { errorMessage, trace } = detail;
  let text = stringify(detail);
  while (trace.length && !fits(text)) {
    const quarter = trace.length >> 2;
    trace = [...trace.slice(0, quarter), ...trace.slice(trace.length - quarter)];
    text = stringify({ ...detail, trace });
  }
  while (errorMessage && !fits(text)) {
    errorMessage = errorMessage.slice(0, errorMessage.length >> 1);
    text = stringify({ ...detail, errorMessage: `${errorMessage} ...`, trace });
  }
  return text;
}

module.exports = { Fault, exited, fromThrown, timedOut };
