/** The lines of the protocol, on the descriptors where `serve.sh` puts stdin and stdout. */
'use strict';

const { writeAll } = require('./streams.js');

const { stringify } = JSON;
const REQUESTS = 3;
const ANSWERS = 4;

function sayHeartbeat(taskId) {
  writeAll(ANSWERS, Buffer.from(`${stringify({ taskId, heartbeat: true })}\n`));
}

/** `isLast` says that this process serves nothing more. */
function sayOutcome(taskId, outcome, isLast) {
  const head = Buffer.from(`{"taskId":${stringify(taskId)},"outcome":`);
  const tail = Buffer.from(isLast ? ',"last":true}\n' : '}\n');
  writeAll(ANSWERS, Buffer.concat([head, outcome.body, tail]));
}

module.exports = { REQUESTS, sayHeartbeat, sayOutcome };
