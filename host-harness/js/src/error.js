// Every failure of this package is one of these four errors.

/** @import {Diagnostic, Refusal, LoadErrorCode, CallErrorCode} from '../types/index.d.ts' */

/** What all errors of this package have in common. */
export class TagsealError extends Error {
  /**
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A component was refused before any of its code ran. */
export class LoadError extends TagsealError {
  /**
   * @param {LoadErrorCode} code
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    /** @readonly */
    this.code = code;
  }
}

/** A document is invalid. `diagnostics` has every problem. */
export class DocumentError extends TagsealError {
  /** @param {Diagnostic[]} diagnostics */
  constructor(diagnostics) {
    const count = diagnostics.length;
    super(`the document is invalid: ${count} ${count === 1 ? 'problem' : 'problems'}`);
    /** @readonly */
    this.diagnostics = diagnostics;
  }
}

/** The component refused to list, change, import or export rules, and says why. The document stays as it was. */
export class RefusedError extends TagsealError {
  /** @param {Refusal} refusal */
  constructor(refusal) {
    super(refusal.message);
    /** @readonly */
    this.refusal = refusal;
  }
}

/** A call got no answer. The instance that failed is gone, and the next call gets another one. */
export class CallError extends TagsealError {
  /**
   * @param {CallErrorCode} code
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    /** @readonly */
    this.code = code;
  }
}
