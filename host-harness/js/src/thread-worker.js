// What runs in a thread of its own: a component and one policy, asked by messages.

import { Component } from './component.js';
import { CallError, DocumentError, RefusedError } from './error.js';

/** @import {Policy} from './policy.js' */

/**
 * Answers messages of the form `{ id, method, args }` by `{ id, value }` or `{ id, error }`.
 *
 * @param {(message: any) => void} send
 */
export function answering(send) {
  /** @type {Component | null} */
  let component = null;
  /** @type {Policy | null} */
  let policy = null;
  /** @type {Record<string, (...args: any[]) => any>} */
  const methods = {
    load: (parts, settings) => {
      component = Component.fromModules(parts, settings);
    },
    compile: (document) => {
      policy = /** @type {Component} */ (component).compile(document);
      return policy.revision;
    },
    component: (name, ...args) => /** @type {any} */ (component)[name](...args),
    policy: (name, ...args) => /** @type {any} */ (policy)[name](...args),
  };
  return (/** @type {{ id: number, method: string, args: any[] }} */ { id, method, args }) => {
    try {
      send({ id, value: methods[method]?.(...args) });
    } catch (error) {
      send({ id, error: plainError(error) });
    }
  };
}

/** An error as data, because messages don't keep classes. @param {unknown} error */
function plainError(error) {
  if (error instanceof DocumentError) {
    return { kind: 'document', diagnostics: error.diagnostics };
  }
  if (error instanceof RefusedError) {
    return { kind: 'refused', refusal: error.refusal };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'call', code: error instanceof CallError ? error.code : 'trap', message };
}

/** The error that data stands for. @param {any} plain */
export function errorFrom(plain) {
  switch (plain.kind) {
    case 'document':
      return new DocumentError(plain.diagnostics);
    case 'refused':
      return new RefusedError(plain.refusal);
    default:
      return new CallError(plain.code, plain.message);
  }
}
