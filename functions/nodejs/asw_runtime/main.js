/**
 * The runtime that turns a Node.js function into an asw task: `node main.js`, or `serve.sh` for many.
 *
 * It knows the task contract (docs/reference/task-contract.md) and nothing of Kubernetes. Every task
 * pays for its start: modules are few, and what only failures need is loaded when one fails.
 */
'use strict';

if (process.argv.includes('--serve')) {
  require('./serving.js').serve();
} else {
  require('./oneshot.js').runOnce();
}
