// Loads a component, and asks it for all that needs no compiled policy.

import { unsupported } from './binary-reader.js';
import { readComponent } from './component-plan.js';
import { FUNCTIONS, INTERFACE } from './contract.js';
import { CallError, DocumentError, LoadError, RefusedError } from './error.js';
import { Instance } from './instance.js';
import { capMemory } from './memory-cap.js';
import { Policy } from './policy.js';
import { DEFAULT_SETTINGS } from './settings.js';
import { functionText } from './value-type.js';

/** @import {Changed, Converted, ListQuery, RuleList, Settings} from '../types/index.d.ts' */
/** @import {Plan} from './component-plan.js' */
/** @import {FunctionName, Parts} from './instance.js' */

/** A component that was checked and can be started. */
export class Component {
  #parts;
  #settings;
  /** @type {Instance | null} */
  #instance = null;

  /**
   * @param {Parts} parts
   * @param {Settings} settings
   */
  constructor(parts, settings) {
    checkInterface(parts.plan);
    this.#parts = parts;
    this.#settings = { ...DEFAULT_SETTINGS, ...settings };
  }

  /**
   * Checks a component, and compiles its code. None of it runs.
   *
   * @param {Uint8Array | ArrayBuffer} bytes
   * @param {Settings} [settings]
   * @throws {LoadError}
   */
  static async load(bytes, settings = {}) {
    const { plan, modules } = prepare(bytes, settings);
    try {
      return new Component({ plan, modules: await Promise.all(modules.map((module) => WebAssembly.compile(module))) }, settings);
    } catch (cause) {
      throw loadError(cause);
    }
  }

  /**
   * The same without a promise. Browsers allow it in workers only.
   *
   * @param {Uint8Array | ArrayBuffer} bytes
   * @param {Settings} [settings]
   * @throws {LoadError}
   */
  static loadSync(bytes, settings = {}) {
    const { plan, modules } = prepare(bytes, settings);
    try {
      return new Component({ plan, modules: modules.map((module) => new WebAssembly.Module(module)) }, settings);
    } catch (cause) {
      throw loadError(cause);
    }
  }

  /**
   * A component that `tagseal split` took apart, for platforms where code may not be made from bytes. Its memory was limited
   * when it was split.
   *
   * @param {Parts} parts
   * @param {Settings} [settings]
   * @throws {LoadError}
   */
  static fromModules({ plan, modules }, settings = {}) {
    return new Component({ plan, modules }, settings);
  }

  /**
   * Validates and compiles a policy document.
   *
   * @param {string} document
   * @throws {DocumentError} with every problem, for an invalid document.
   * @throws {CallError}
   */
  compile(document) {
    return new Policy(this, document);
  }

  /**
   * Lists rules of a document, in JSON.
   *
   * @param {string} document
   * @param {string} query
   * @returns {string}
   * @throws {RefusedError | CallError}
   */
  listRulesJson(document, query) {
    return this.#ask('list-rules', document, query);
  }

  /**
   * Lists rules of a document.
   *
   * @param {string} document
   * @param {ListQuery} [query]
   * @returns {RuleList}
   * @throws {RefusedError | CallError}
   */
  listRules(document, query = {}) {
    return JSON.parse(this.listRulesJson(document, JSON.stringify(query)));
  }

  /**
   * Makes one change to a document. The change is JSON, or an object that is written as JSON.
   *
   * @param {string} document
   * @param {string | object} change
   * @returns {Changed}
   * @throws {RefusedError | CallError}
   */
  changeRules(document, change) {
    return this.#ask('change-rules', document, json(change));
  }

  /**
   * Turns the rules of another registry into a policy document.
   *
   * @param {string} format
   * @param {string} text
   * @param {string | object} [options]
   * @returns {Converted}
   * @throws {RefusedError | CallError}
   */
  importRules(format, text, options = {}) {
    return this.#ask('import-rules', format, text, json(options));
  }

  /**
   * Turns a policy document into the rules of another registry.
   *
   * @param {string} format
   * @param {string} document
   * @param {string | object} [options]
   * @returns {Converted}
   * @throws {RefusedError | CallError}
   */
  exportRules(format, document, options = {}) {
    return this.#ask('export-rules', format, document, json(options));
  }

  /** Starts an instance. @throws {CallError} */
  start() {
    return new Instance(this.#parts, this.#settings);
  }

  /** Bytes by which an instance may grow before it is replaced. */
  get growthBytes() {
    return this.#settings.growthBytes;
  }

  /**
   * Asks the instance that is kept for questions without a policy, and replaces it where it failed or has grown.
   *
   * @param {FunctionName} name
   * @param {...string} texts
   */
  #ask(name, ...texts) {
    const instance = this.#instance ?? this.start();
    this.#instance = null;
    const before = instance.memory.size;
    const answer = instance.call(name, ...texts);
    if (instance.memory.size - before <= this.growthBytes / 16) {
      this.#instance = instance;
    }
    if (answer.case === 'error') {
      throw new RefusedError(answer.value);
    }
    return answer.value;
  }
}

/** @param {Uint8Array | ArrayBuffer} source @param {Settings} settings */
function prepare(source, settings) {
  const { componentBytes, memoryBytes } = { ...DEFAULT_SETTINGS, ...settings };
  const bytes = source instanceof Uint8Array ? source : new Uint8Array(source);
  if (bytes.length > componentBytes) {
    throw new LoadError('size', `the component has ${bytes.length} bytes, and may have ${componentBytes}; allow it more`);
  }
  return split(bytes, memoryBytes);
}

/**
 * Takes a component apart: its plan, and its core modules with a limit for their memory.
 *
 * @param {Uint8Array} bytes
 * @param {number} memoryBytes
 * @returns {{ plan: Plan, modules: Uint8Array<ArrayBuffer>[] }}
 * @throws {LoadError}
 */
export function split(bytes, memoryBytes = DEFAULT_SETTINGS.memoryBytes) {
  const { plan, modules } = readComponent(bytes);
  checkInterface(plan);
  return { plan: { ...plan, memoryBytes }, modules: modules.map((module) => capMemory(module, memoryBytes)) };
}

/** Checks that each function of the contract is there, with its type. @param {Plan} plan @throws {LoadError} */
function checkInterface({ functions, memory, realloc, destructor }) {
  const wrong = Object.entries(FUNCTIONS).filter(([name, type]) => functions[name]?.type !== functionText(type));
  if (wrong.length > 0) {
    const names = wrong.map(([name]) => `\`${name}\``).join(', ');
    throw new LoadError('interface', `the component has another interface: ${names} missing or of another type; use one that was built for \`${INTERFACE}\``);
  }
  if (!memory || !realloc || !destructor) {
    throw unsupported('no memory, no function that allocates or no destructor');
  }
}

/** @param {unknown} cause */
function loadError(cause) {
  if (cause instanceof LoadError) {
    return cause;
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new LoadError('not-a-component', `the component's code can't be compiled here: ${reason}`, { cause });
}

/** @param {string | object} value */
function json(value) {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
