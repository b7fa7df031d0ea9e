// A component in threads of its own, where calls that take too long can be ended. No other way of JavaScript can end one.

import { split } from './component.js';
import { denial } from './denial.js';
import { CallError } from './error.js';
import { DEFAULT_SETTINGS } from './settings.js';
import { errorFrom } from './thread-worker.js';

/** @import {Changed, Converted, Decision, Deadlines, Event, Explanation, ExplainQuestion, ListQuery, RuleList, Settings} from '../types/index.d.ts' */
/** @import {Parts} from './instance.js' */

/** @typedef {{ resolve: (value: any) => void, reject: (error: unknown) => void, timer: ReturnType<typeof setTimeout> }} Pending */

/** How long calls may take, in milliseconds. @type {Readonly<Required<Deadlines>>} */
export const DEFAULT_DEADLINES = Object.freeze({ compileMs: 30_000, decideMs: 1_000 });

/** One thread with the code of a component. A call that misses its deadline ends the thread, and the next call starts another. */
class Thread {
  #parts;
  #settings;
  #deadlines;
  /** The document that each new thread compiles first. @type {string | null} */
  #document;
  /** @type {{ post: (message: any) => void, end: () => void, pending: Map<number, Pending> } | null} */
  #running = null;
  /** @type {Promise<any> | null} */
  #starting = null;
  #isClosed = false;
  #lastId = 0;

  /** @param {Parts} parts @param {Settings} settings @param {Required<Deadlines>} deadlines @param {string | null} document */
  constructor(parts, settings, deadlines, document) {
    this.#parts = parts;
    this.#settings = settings;
    this.#deadlines = deadlines;
    this.#document = document;
  }

  /** Starts the thread if it is not running, and returns the revision of its document. @returns {Promise<any>} */
  start() {
    this.#starting ??= this.#start().catch((error) => {
      this.#fail(error);
      throw error;
    });
    return this.#starting;
  }

  async #start() {
    if (this.#isClosed) {
      throw closed();
    }
    const running = await startWorker((message) => this.#settle(message), (error) => this.#fail(error));
    if (this.#isClosed) {
      running.end();
      throw closed();
    }
    this.#running = running;
    await this.#post(this.#deadlines.compileMs, 'load', this.#parts, this.#settings);
    return this.#document === null ? null : this.#post(this.#deadlines.compileMs, 'compile', this.#document);
  }

  /** @param {number} deadline @param {string} method @param {...any} args */
  async call(deadline, method, ...args) {
    await this.start();
    return this.#post(deadline, method, ...args);
  }

  /** Ends the thread. Calls that have no answer yet fail, and so do later ones. */
  close() {
    this.#isClosed = true;
    this.#fail(closed());
  }

  /** @param {number} deadline @param {string} method @param {...any} args */
  #post(deadline, method, ...args) {
    return new Promise((resolve, reject) => {
      const running = this.#running;
      if (!running) {
        reject(closed());
        return;
      }
      this.#lastId += 1;
      // What can't be sent throws here, so that nobody waits for an answer to it.
      running.post({ id: this.#lastId, method, args });
      const late = () => this.#fail(new CallError('deadline', `the component took longer than ${deadline} ms`));
      running.pending.set(this.#lastId, { resolve, reject, timer: setTimeout(late, deadline) });
    });
  }

  /** @param {{ id: number, value?: any, error?: any }} message */
  #settle({ id, value, error }) {
    const pending = this.#running?.pending.get(id);
    if (pending) {
      this.#running?.pending.delete(id);
      clearTimeout(pending.timer);
      error ? pending.reject(errorFrom(error)) : pending.resolve(value);
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    const running = this.#running;
    this.#running = null;
    this.#starting = null;
    running?.end();
    for (const { reject, timer } of running?.pending.values() ?? []) {
      clearTimeout(timer);
      reject(error);
    }
  }
}

function closed() {
  return new CallError('closed', 'the thread of the component was ended');
}

/** A component whose calls end at a deadline. */
export class ThreadedComponent {
  #parts;
  #settings;
  #deadlines;
  #thread;

  /** @param {Parts} parts @param {Settings} settings @param {Required<Deadlines>} deadlines */
  constructor(parts, settings, deadlines) {
    this.#parts = parts;
    this.#settings = settings;
    this.#deadlines = deadlines;
    this.#thread = new Thread(parts, settings, deadlines, null);
  }

  /**
   * Checks a component, and compiles its code. None of it runs.
   *
   * @param {Uint8Array} bytes
   * @param {Settings & Deadlines} [settings]
   */
  static async load(bytes, settings = {}) {
    const { plan, modules } = split(bytes, settings.memoryBytes ?? DEFAULT_SETTINGS.memoryBytes);
    const compiled = await Promise.all(modules.map((module) => WebAssembly.compile(module)));
    return new ThreadedComponent({ plan, modules: compiled }, settings, { ...DEFAULT_DEADLINES, ...settings });
  }

  /** Validates and compiles a policy document, in a thread of its own. @param {string} document */
  async compile(document) {
    const thread = new Thread(this.#parts, this.#settings, this.#deadlines, document);
    return new ThreadedPolicy(thread, await thread.start(), this.#deadlines);
  }

  /** @param {string} document @param {ListQuery} [query] @returns {Promise<RuleList>} */
  listRules(document, query = {}) {
    return this.#ask('listRules', document, query);
  }

  /** @param {string} document @param {string | object} change @returns {Promise<Changed>} */
  changeRules(document, change) {
    return this.#ask('changeRules', document, change);
  }

  /** @param {string} format @param {string} text @param {string | object} [options] @returns {Promise<Converted>} */
  importRules(format, text, options = {}) {
    return this.#ask('importRules', format, text, options);
  }

  /** @param {string} format @param {string} document @param {string | object} [options] @returns {Promise<Converted>} */
  exportRules(format, document, options = {}) {
    return this.#ask('exportRules', format, document, options);
  }

  /** Ends the component's thread. Policies have their own. */
  close() {
    this.#thread.close();
  }

  /** @param {string} name @param {...any} args @returns {Promise<any>} */
  #ask(name, ...args) {
    return this.#thread.call(this.#deadlines.compileMs, 'component', name, ...args);
  }
}

/** A compiled policy whose decisions end at a deadline. */
export class ThreadedPolicy {
  #thread;
  #deadlines;

  /** @param {Thread} thread @param {number} revision @param {Required<Deadlines>} deadlines */
  constructor(thread, revision, deadlines) {
    this.#thread = thread;
    this.#deadlines = deadlines;
    /** The revision of the document, 0 where it has none. @readonly */
    this.revision = revision;
  }

  /** Decides an event. Where no decision could be made, it denies with the code `unavailable`. @param {Event} event @returns {Promise<Decision>} */
  async decide(event) {
    try {
      return await this.tryDecide(event);
    } catch (failure) {
      return denial(failure, this.revision);
    }
  }

  /** Decides an event, or fails with a `CallError`. @param {Event} event @returns {Promise<Decision>} */
  tryDecide(event) {
    return this.#thread.call(this.#deadlines.decideMs, 'policy', 'tryDecide', event);
  }

  /**
   * Explains what the policy does to one tag. The document is read again for it, within the deadline for compiling.
   *
   * @param {ExplainQuestion} question @returns {Promise<Explanation>}
   */
  explain(question) {
    return this.#thread.call(this.#deadlines.compileMs, 'policy', 'explain', question);
  }

  /** Frees the policy and ends its thread. */
  close() {
    this.#thread.close();
  }
}

/**
 * Starts a thread: a worker of the web, or of Node where there are none.
 *
 * @param {(message: any) => void} receive
 * @param {(error: unknown) => void} fail
 */
async function startWorker(receive, fail) {
  const url = new URL('thread-entry.js', import.meta.url);
  const failed = (/** @type {any} */ error) => fail(new CallError('trap', `the thread of the component failed (${error?.message ?? error})`));
  if (typeof Worker === 'function') {
    const worker = new Worker(url, { type: 'module' });
    worker.onmessage = ({ data }) => receive(data);
    worker.onerror = failed;
    return { post: (/** @type {any} */ message) => worker.postMessage(message), end: () => worker.terminate(), pending: new Map() };
  }
  const { Worker: NodeWorker } = await import('node:worker_threads');
  const worker = new NodeWorker(url);
  worker.unref();
  worker.on('message', receive);
  worker.on('error', failed);
  return { post: (/** @type {any} */ message) => worker.postMessage(message), end: () => void worker.terminate(), pending: new Map() };
}
