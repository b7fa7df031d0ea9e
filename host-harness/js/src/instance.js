// A running component: its core modules put together, and its functions called by the canonical ABI.

import { FUNCTIONS } from './contract.js';
import { CallError } from './error.js';
import { GuestMemory } from './guest-memory.js';
import { lift } from './lift.js';
import { lowerFlat } from './lower.js';
import { flatCount } from './value-type.js';

/** @import {CoreItem, Plan, Step} from './component-plan.js' */
/** @import {FunctionType} from './value-type.js' */

/**
 * @typedef {keyof typeof FUNCTIONS} FunctionName
 * @typedef {(...parameters: any[]) => any} CoreFunction
 * @typedef {{ core: CoreFunction, postReturn: CoreFunction | null }} Linked
 * @typedef {{ plan: Plan, modules: WebAssembly.Module[] }} Parts
 */

const PAGE_BYTES = 65_536;

/** How each function of the contract gets its parameters and gives its result. */
const CALLS = new Map(Object.entries(FUNCTIONS).map(([name, type]) => [name, call(type)]));

/** @param {FunctionType} type */
function call({ parameters, result }) {
  if (!result) {
    throw new TypeError('every function of the contract has a result');
  }
  const lowers = parameters.map(([, parameter]) => lowerFlat(parameter));
  return { lowers, lift: lift(result), isDirect: flatCount(result) === 1 };
}

/** A running component. After any error it is of no use, and must be thrown away. */
export class Instance {
  /** @type {Map<string, Linked>} */
  #functions = new Map();
  #resources = new Map();
  #lastHandle = 0;
  #destructor;
  #answerBytes;
  #fullBytes;

  /**
   * @param {Parts} parts
   * @param {{ answerBytes: number }} settings
   * @throws {CallError} where it does not start.
   */
  constructor({ plan, modules }, { answerBytes }) {
    this.#answerBytes = answerBytes;
    this.#fullBytes = (plan.memoryBytes ?? Infinity) - PAGE_BYTES + 1;
    /** @type {Record<string, any>[]} */
    const instances = [];
    const item = (/** @type {CoreItem} */ item) =>
      'resource' in item ? this.#resourceFunction(item.resource) : instances[item.instance]?.[item.name];
    try {
      for (const step of plan.steps) {
        instances.push(started(step, modules, instances, item));
      }
    } catch (cause) {
      throw callError(cause, 'the component did not start');
    }
    const optional = (/** @type {CoreItem | null} */ found) => (found ? item(found) : null);
    for (const [name, { core, postReturn }] of Object.entries(plan.functions)) {
      this.#functions.set(name, { core: item(core), postReturn: optional(postReturn) });
    }
    this.#destructor = optional(plan.destructor);
    this.memory = new GuestMemory(optional(plan.memory), optional(plan.realloc));
  }

  /**
   * Calls a function of the contract.
   *
   * @param {FunctionName} name
   * @param {...unknown} values
   * @returns {any}
   * @throws {CallError}
   */
  call(name, ...values) {
    const { lowers, lift, isDirect } = /** @type {ReturnType<typeof call>} */ (CALLS.get(name));
    const { core, postReturn } = this.#function(name);
    const memory = this.memory;
    return this.#guarded(() => {
      /** @type {number[]} */
      const parameters = [];
      lowers.forEach((lower, index) => lower(memory, values[index], parameters));
      const returned = core(...parameters);
      const answer = isDirect ? wholeNumber(returned) : read(() => lift(memory, returned >>> 0));
      postReturn?.(returned);
      return answer;
    });
  }

  /**
   * Decides an event in JSON. It does what `call` does, but faster, because it is called most.
   *
   * @param {number} policy
   * @param {string} event
   * @returns {string}
   * @throws {CallError}
   */
  evaluateJson(policy, event) {
    const { core, postReturn } = this.#function('[method]policy.evaluate-json');
    const memory = this.memory;
    return this.#guarded(() => {
      const [start, length] = memory.writeText(event);
      const returned = core(policy, start, length) >>> 0;
      const view = memory.view;
      const answer = memory.readText(view.getUint32(returned, true), view.getUint32(returned + 4, true));
      postReturn?.(returned);
      return answer;
    });
  }

  /** The representation of the resource that a handle is for, which this host owns from now on. @param {number} handle */
  take(handle) {
    const representation = this.#resources.get(handle);
    if (representation === undefined) {
      throw new CallError('answer', 'the component answered with a policy that it did not make');
    }
    this.#resources.delete(handle);
    return representation;
  }

  /** Frees a policy. @param {number} policy @throws {CallError} */
  drop(policy) {
    this.#guarded(() => this.#destructor?.(policy));
  }

  /**
   * Runs code of the component. Whatever it throws means that the component failed, and so does a memory that is full: an
   * answer that was made without the memory that it needs is not to be trusted.
   *
   * @template T
   * @param {() => T} run
   * @returns {T}
   */
  #guarded(run) {
    this.memory.allow(this.#answerBytes);
    try {
      const answer = run();
      if (this.memory.size < this.#fullBytes) {
        return answer;
      }
    } catch (cause) {
      if (this.memory.size < this.#fullBytes) {
        throw callError(cause, 'the component failed');
      }
    }
    throw new CallError('memory', 'the component asked for more memory than it may hold');
  }

  /** @param {'new' | 'drop' | 'rep'} name @returns {CoreFunction} */
  #resourceFunction(name) {
    switch (name) {
      case 'new':
        return (representation) => {
          this.#lastHandle += 1;
          this.#resources.set(this.#lastHandle, representation);
          return this.#lastHandle;
        };
      case 'drop':
        return (handle) => this.#destructor?.(this.take(handle));
      case 'rep':
        return (handle) => this.#resources.get(handle);
    }
  }

  /** @param {FunctionName} name */
  #function(name) {
    return /** @type {Linked} */ (this.#functions.get(name));
  }
}

/**
 * @param {Step} step
 * @param {WebAssembly.Module[]} modules
 * @param {Record<string, any>[]} instances
 * @param {(item: CoreItem) => any} item
 */
function started(step, modules, instances, item) {
  if ('items' in step) {
    return mapValues(step.items, item);
  }
  const module = /** @type {WebAssembly.Module} */ (modules[step.module]);
  return new WebAssembly.Instance(module, mapValues(step.imports, (index) => instances[index])).exports;
}

/**
 * @template T
 * @param {Record<string, T>} object
 * @param {(value: T) => any} map
 */
function mapValues(object, map) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}

/** @param {unknown} value */
function wholeNumber(value) {
  if (typeof value !== 'bigint' || BigInt.asUintN(64, value) > Number.MAX_SAFE_INTEGER) {
    throw new CallError('answer', 'the component answered with a number that is too large');
  }
  return Number(BigInt.asUintN(64, value));
}

/** @param {unknown} cause @param {string} what */
function callError(cause, what) {
  if (cause instanceof CallError) {
    return cause;
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CallError('trap', `${what} (${reason})`, { cause });
}

/**
 * Reads an answer. Whatever goes wrong means that the answer is not one of the contract.
 *
 * @template T
 * @param {() => T} run
 * @returns {T}
 */
function read(run) {
  try {
    return run();
  } catch (cause) {
    throw cause instanceof CallError ? cause : new CallError('answer', 'the answer of the component breaks the contract', { cause });
  }
}
