/** The lines of the protocol, on the descriptors where `serve.sh` puts stdin and stdout. */
'use strict';

const { writeAll } = require('./streams.js');

const { stringify } = JSON;
const REQUESTS = 3;
const ANSWERS = 4;

function sayHeartbeat(taskId) {
  writeAll(ANSWERS, Buffer.from(`${stringify({ taskId, heartbeat: true })}\n`));
}

function sayOutcome(taskId, outcome) {
  const head = Buffer.from(`{"taskId":${stringify(taskId)},"outcome":`);
  writeAll(ANSWERS, Buffer.concat([head, outcome.body, Buffer.from('}\n')]));
}

module.exports = { REQUESTS, sayHeartbeat, sayOutcome };
