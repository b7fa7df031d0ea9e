// Why a command could not do what it was asked, and the exit code that says so.

import { CallError, DocumentError, LoadError } from '../error.js';

/** The exit codes of this command are those of the other `tagseal` commands. */
export const EXIT = Object.freeze({ fine: 0, denied: 1, usage: 2, component: 3, failed: 4 });

/** Why a command could not do what it was asked. */
export class Fault extends Error {
  /**
   * @param {number} exitCode
   * @param {string} message
   */
  constructor(exitCode, message) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What went wrong, as lines for people and an exit code. @param {unknown} error @returns {{ lines: string[], exitCode: number }} */
export function report(error) {
  if (error instanceof DocumentError) {
    const lines = error.diagnostics.map(({ line, column, message, help }) => `error: ${line}:${column}: ${message}\n  = help: ${help}`);
    return { lines: [...lines, `error: ${error.message}`], exitCode: EXIT.usage };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { lines: [`error: ${message}`], exitCode: exitCode(error) };
}

/** @param {unknown} error */
function exitCode(error) {
  if (error instanceof Fault) {
    return error.exitCode;
  }
  if (error instanceof LoadError) {
    return EXIT.component;
  }
  return error instanceof CallError ? EXIT.failed : EXIT.usage;
}
