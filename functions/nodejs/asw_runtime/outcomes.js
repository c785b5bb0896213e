/** The outcome of a task as the bytes that are sent: one line of compact JSON, in UTF-8. */
'use strict';

const { stringify } = JSON; // user code may replace it

/** What the kubelet reads of a termination message. */
const RESULT_FILE_BYTES = 4096;
const ERROR_CHARACTERS = 256;
const CAUSE_CHARACTERS = 32_768;

/**
 * `body` is the JSON object to send; `shortBody` the same in what a result file holds.
 *
 * A success has no short form: what is over the limit of the file exists only in the push.
 */
class Outcome {
  constructor(body, isSuccess, shortBody = null) {
    this.body = body;
    this.isSuccess = isSuccess;
    this.shortBody = body.length <= RESULT_FILE_BYTES ? body : shortBody;
  }
}

/** The output is JSON text already, on one line. */
function succeeded(output) {
  return new Outcome(Buffer.from(`{"output":${output}}`), true);
}

/** A failure as Retry and Catch see it; `shortCause` is for a file too small. */
function failed(error, cause, shortCause = '') {
  const name = error.slice(0, ERROR_CHARACTERS);
  const whole = cause.slice(0, CAUSE_CHARACTERS);
  let short = shortCause || whole;
  while (!fitsFile(name, short)) short = short.slice(0, short.length >> 1);
  return new Outcome(failure(name, whole), false, failure(name, short));
}

/** Whether the failure fits the result file. */
function fitsFile(error, cause) {
  return failure(error.slice(0, ERROR_CHARACTERS), cause).length <= RESULT_FILE_BYTES;
}

function failure(error, cause) {
  return Buffer.from(stringify({ error, cause }));
}

module.exports = { RESULT_FILE_BYTES, CAUSE_CHARACTERS, Outcome, succeeded, failed, fitsFile };
