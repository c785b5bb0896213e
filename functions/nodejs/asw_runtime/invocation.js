/**
 * One start of a task, read from the contract variables; what user code must not see is taken out.
 *
 * The token lives here and in no environment that user code or its children inherit.
 */
'use strict';

/** Variables that are for the runtime alone. */
const TAKEN = [
  'ASW_EVENT',
  'ASW_EVENT_URL',
  'ASW_TASK_TOKEN',
  'ASW_RESULT_FILE',
  'ASW_RESULT_URL',
  'ASW_RESULT_WAIT',
  'ASW_HEARTBEAT_URL',
  'ASW_CA',
  'ASW_SERVER_NAME',
  'ASW_CODE',
];

/** Where an image derived from ours puts its code; also the folder that traces name. */
const IMAGE_CODE_DIR = '/var/task';

const DAY_SECONDS = 86_400;

/** What the container was told; an absent text is the empty string. */
class Invocation {
  constructor(variables) {
    const taken = {};
    for (const name of TAKEN) {
      taken[name] = variables[name] ?? '';
      delete variables[name];
    }
    this.event = taken.ASW_EVENT;
    this.eventUrl = taken.ASW_EVENT_URL;
    this.token = taken.ASW_TASK_TOKEN;
    this.resultFile = taken.ASW_RESULT_FILE;
    this.isPrivate = variables.ASW_PAYLOADS === 'Private';
    this.resultUrl = taken.ASW_RESULT_URL;
    this.resultWait = Number(taken.ASW_RESULT_WAIT || 600);
    this.heartbeatUrl = taken.ASW_HEARTBEAT_URL;
    this.ca = taken.ASW_CA;
    this.serverName = taken.ASW_SERVER_NAME;
    this.code = taken.ASW_CODE;
    this.codeDir = variables.ASW_CODE_DIR ?? '';
    this.packagesDir = variables.ASW_PACKAGES_DIR ?? '';
    this.handler = variables.ASW_HANDLER || 'index.main_handler';
    this.taskId = variables.ASW_TASK_ID ?? '';
    this.functionName = variables.ASW_FUNCTION_NAME ?? '';
    this.functionVersion = variables.ASW_FUNCTION_VERSION || '$LATEST';
    this.namespace = variables.ASW_NAMESPACE || 'default';
    this.state = variables.ASW_STATE ?? '';
    this.memoryMb = Number(variables.ASW_MEMORY_MB || 0);
    this.timeoutSeconds = Number(variables.ASW_TIMEOUT_SECONDS || 0);
    this.startedAt = performance.now();
  }
}

/** What is left of the function's own timeout, in ms; of a day where it has none. */
function remainingMs(invocation) {
  const limit = (invocation.timeoutSeconds || DAY_SECONDS) * 1000;
  return Math.max(0, Math.floor(invocation.startedAt + limit - performance.now()));
}

module.exports = { Invocation, IMAGE_CODE_DIR, remainingMs };
