/**
 * User code that takes an event and yields an outcome: async, with a promise, or with a callback.
 *
 * Whatever it does, an outcome comes back: it may throw later, reject a promise that nobody has,
 * end the process, or leave nothing to wait for.
 */
'use strict';

const { contextOf } = require('./context.js');
const { announce } = require('./environment.js');
const { Fault, exited, fromThrown } = require('./failures.js');
const { load } = require('./loading.js');
const { succeeded } = require('./outcomes.js');
const { Places } = require('./places.js');
const { toJson } = require('./results.js');
const { Sources } = require('./sources.js');
const { logAtOnce, note } = require('./streams.js');

const { parse } = JSON;
const UNKNOWN_PLACES = new Places('/', false);

/** Unwinds user code that has asked for the end of the process. */
class Exiting extends Error {}

class NodeFunction {
  #call = null;
  #sources = null;
  #handler = null;
  #isBroken = false;

  constructor() {
    logAtOnce();
    process.exit = (code) => this.#exit(code);
    process.on('uncaughtException', (error) => this.#uncaught(error));
    process.on('unhandledRejection', (reason) => this.#unhandled(reason));
    process.on('beforeExit', () => this.#call?.whenIdle());
  }

  /** The folder that the code was written to, to be removed at the end; null if there is none. */
  get scratch() {
    return this.#sources?.scratch ?? null;
  }

  /** Whether what user code has left behind cannot be trusted: serve nothing more. */
  get isBroken() {
    return this.#isBroken || (this.#sources?.isSpoilt ?? false);
  }

  /** Load the code, so that the first event finds it warm; failures wait for `run`. */
  async prepare(invocation) {
    await new Promise((resolve) => {
      const fail = (error) => {
        const name = error instanceof Fault ? error.name : 'Error';
        note(`asw: the code could not be loaded ahead of its first task: ${error?.name ?? name}`);
        resolve();
      };
      this.#call = new Call(invocation, resolve, fail);
      this.#load(invocation).then(resolve, fail);
    });
    this.#call = null;
  }

  /** Run the code once with the event, JSON text; `beat` is for its signs of life. */
  async run(invocation, event, beat) {
    const outcome = await new Promise((resolve) => {
      const fail = (thrown) => resolve(fromThrown(thrown, this.#places));
      this.#call = new Call(invocation, resolve, fail);
      this.#start(this.#call, event, beat);
    });
    this.#call = null;
    return outcome;
  }

  get #places() {
    return this.#sources?.places ?? UNKNOWN_PLACES;
  }

  async #start(call, event, beat) {
    try {
      const handler = await this.#load(call.invocation);
      call.invoke(handler, parsed(event), contextOf(call.invocation, beat));
    } catch (error) {
      call.fail(error);
    }
  }

  async #load(invocation) {
    if (this.#sources === null) {
      this.#sources = new Sources(invocation);
      process.chdir(this.#sources.folder); // as at Lambda: relative paths start at the code
    }
    announce(invocation, this.#sources.folder);
    this.#handler ??= await load(this.#sources, invocation.handler);
    return this.#handler;
  }

  #exit(code) {
    const exiting = new Exiting();
    this.#call?.fail(exited(code, this.#call.invocation.taskId, exiting.stack));
    throw exiting;
  }

  #uncaught(error) {
    if (!(error instanceof Exiting)) this.#break(error);
  }

  #unhandled(reason) {
    if (reason instanceof Exiting) return;
    const name = 'Runtime.UnhandledPromiseRejection';
    const message = textOf(reason);
    const frames = reason instanceof Error ? String(reason.stack).split('\n').slice(1) : [];
    this.#break(new Fault(name, message, [`${name}: ${message}`, ...frames]));
  }

  #break(error) {
    this.#isBroken = true;
    if (this.#call !== null) this.#call.fail(error);
    else fromThrown(error, this.#places); // for the log
  }
}

/** One run, which ends once. */
class Call {
  #isOver = false;
  #resolve;
  #fail;

  constructor(invocation, resolve, fail) {
    this.invocation = invocation;
    this.#resolve = resolve;
    this.#fail = fail;
    this.whenIdle = this.#unsettled;
  }

  /** Call the handler; what it gives is its promise's value, or what its callback gets. */
  invoke(handler, event, context) {
    const callback = (error, result) => {
      if (error !== undefined && error !== null) this.fail(error);
      else if (!context.callbackWaitsForEmptyEventLoop) this.succeed(result);
      else this.whenIdle = () => this.succeed(result);
    };
    const done = (error, result) => {
      context.callbackWaitsForEmptyEventLoop = false;
      callback(error, result);
    };
    Object.assign(context, { done, fail: (error) => done(error ?? new Error('context.fail')) });
    context.succeed = (result) => done(null, result);
    const returned = handler(event, context, callback);
    if (typeof returned?.then === 'function') {
      returned.then((result) => this.succeed(result), (error) => this.fail(error));
    } else if (this.whenIdle === this.#unsettled) {
      // a handler without a callback can only give what it returns
      const result = handler.length < 3 ? returned : null;
      this.whenIdle = () => this.succeed(result);
    }
  }

  succeed(result) {
    if (this.#isOver) return;
    try {
      const output = toJson(result);
      this.#isOver = true;
      this.#resolve(succeeded(output));
    } catch (error) {
      this.fail(error);
    }
  }

  fail(thrown) {
    if (this.#isOver || thrown instanceof Exiting) return;
    this.#isOver = true;
    this.#fail(thrown);
  }

  /** Nothing is left that could ever settle it. */
  #unsettled() {
    const message =
      'The Lambda runtime client detected an unexpected Node.js exit code:'
      + ' a promise of the function never settles, and nothing is left to wait for';
    this.fail(new Fault('Runtime.NodeJsExit', message));
  }
}

function parsed(event) {
  try {
    return parse(event);
  } catch (error) {
    throw new Fault('Runtime.UnmarshalError', `Unable to unmarshal input: ${error.message}`);
  }
}

function textOf(reason) {
  try {
    return String(reason);
  } catch {
    return typeof reason;
  }
}

module.exports = { NodeFunction };
