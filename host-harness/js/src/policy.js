// A compiled policy document, and the instance that holds it.

import { denial } from './denial.js';
import { CallError, DocumentError } from './error.js';
import { typedEvent } from './event.js';

/** @import {Decision, Diagnostic, Event, Explanation, ExplainQuestion} from '../types/index.d.ts' */
/** @import {Instance} from './instance.js' */

/**
 * What a policy needs of its component.
 *
 * @typedef {{ start(): Instance, readonly growthBytes: number }} Starter
 * @typedef {{ instance: Instance, policy: number, revision: number, size: number }} Compiled
 */

/**
 * A compiled policy. It never changes. It has an instance of the component to itself; one that failed is replaced before the
 * next question.
 */
export class Policy {
  #component;
  #document;
  /** @type {Compiled | null} */
  #compiled;
  #revision;
  #isClosed = false;

  /**
   * @param {Starter} component
   * @param {string} document
   */
  constructor(component, document) {
    this.#component = component;
    this.#document = document;
    this.#compiled = compile(component, document);
    this.#revision = this.#compiled.revision;
  }

  /** The revision of the document, 0 where it has none. */
  get revision() {
    return this.#revision;
  }

  /**
   * Decides an event. It never throws: where no decision could be made, it denies with the code `unavailable`.
   *
   * @param {Event} event
   * @returns {Decision}
   */
  decide(event) {
    try {
      return this.tryDecide(event);
    } catch (failure) {
      return denial(failure, this.#revision);
    }
  }

  /**
   * Decides an event in JSON, and answers in JSON. It never throws, as `decide`.
   *
   * @param {string} event
   * @returns {string}
   */
  decideJson(event) {
    try {
      return this.tryDecideJson(event);
    } catch (failure) {
      return JSON.stringify(denial(failure, this.#revision));
    }
  }

  /**
   * Decides an event. What does not have the form of an event is denied as `malformed`.
   *
   * @param {Event} event
   * @returns {Decision}
   * @throws {CallError}
   */
  tryDecide(event) {
    const typed = typedEvent(event);
    if (!typed) {
      return JSON.parse(this.tryDecideJson(JSON.stringify(event) ?? ''));
    }
    return this.#ask(({ instance, policy }) => instance.call('[method]policy.evaluate', policy, typed));
  }

  /**
   * Decides an event in JSON, and answers in JSON.
   *
   * @param {string} event
   * @returns {string}
   * @throws {CallError}
   */
  tryDecideJson(event) {
    return this.#ask(({ instance, policy }) => instance.evaluateJson(policy, event));
  }

  /**
   * Decides several events, each by itself. The answers are those of one question for each event.
   *
   * @param {Event[]} events
   * @returns {Decision[]}
   * @throws {CallError}
   */
  tryDecideBatch(events) {
    const typed = events.map(typedEvent);
    if (typed.includes(null)) {
      return events.map((event) => this.tryDecide(event));
    }
    return this.#ask(({ instance, policy }) => instance.call('[method]policy.evaluate-batch', policy, typed));
  }

  /**
   * Explains what the policy does to one tag, in JSON.
   *
   * @param {string} question
   * @returns {string}
   * @throws {CallError}
   */
  explainJson(question) {
    return this.#ask(({ instance, policy }) => instance.call('[method]policy.explain-json', policy, question));
  }

  /**
   * Explains what the policy does to one tag.
   *
   * @param {ExplainQuestion} question
   * @returns {Explanation}
   * @throws {CallError}
   */
  explain(question) {
    return JSON.parse(this.explainJson(JSON.stringify(question)));
  }

  /**
   * What is valid in the document but almost certainly not meant.
   *
   * @returns {Diagnostic[]}
   * @throws {CallError}
   */
  warnings() {
    return this.#ask(({ instance, policy }) => instance.call('[method]policy.warnings', policy));
  }

  /** Frees the policy. Where it is not called, the garbage collector frees the policy with its instance. @throws {CallError} */
  close() {
    const compiled = this.#compiled;
    this.#isClosed = true;
    this.#compiled = null;
    compiled?.instance.drop(compiled.policy);
  }

  /** What `using policy = component.compile(document)` calls at its end. A platform without `using` never asks for it. */
  [Symbol.dispose]() {
    this.close();
  }

  /**
   * @template T
   * @param {(compiled: Compiled) => T} question
   * @returns {T}
   */
  #ask(question) {
    const compiled = this.#compiled ?? this.#replace();
    this.#compiled = null;
    const answer = question(compiled);
    // A closed policy is not asked, so nothing has closed it in the meantime. The memory of an instance never shrinks.
    if (compiled.instance.memory.size - compiled.size <= this.#component.growthBytes) {
      this.#compiled = compiled;
    }
    return answer;
  }

  #replace() {
    if (this.#isClosed) {
      throw new CallError('closed', 'the policy is closed');
    }
    try {
      return compile(this.#component, this.#document);
    } catch (error) {
      if (error instanceof DocumentError) {
        throw new CallError('changed', 'the component refused a document that it had accepted before', { cause: error });
      }
      throw error;
    }
  }
}

/** @param {Starter} component @param {string} document @returns {Compiled} */
function compile(component, document) {
  const instance = component.start();
  const answer = instance.call('[static]policy.compile', document);
  if (answer.case === 'error') {
    throw new DocumentError(answer.value);
  }
  const policy = instance.take(answer.value);
  const revision = instance.call('[method]policy.revision', policy);
  return { instance, policy, revision, size: instance.memory.size };
}
