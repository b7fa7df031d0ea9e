// Runs vectors one after the other, on any platform.

import { KINDS } from './kinds.js';

/** @import {Component} from '../../src/index.js' */
/** @import {VectorFile} from './file.js' */

/**
 * How many vectors passed, and the names of those that failed, each with what was wrong.
 *
 * @param {VectorFile[]} files
 * @param {Component} component
 */
export async function runVectors(files, component) {
  let passed = 0;
  /** @type {string[]} */
  const failed = [];
  for (const { name, kind, vectors } of files) {
    for (const vector of vectors) {
      const wrong = checked(kind, vector, component);
      if (wrong.length === 0) {
        passed += 1;
      } else {
        failed.push(`${name}: ${vector.name}: ${wrong.join('; ')}`);
      }
      // So that memory of the vector before can be collected.
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  return { passed, failed };
}

/** @param {string} kind @param {Record<string, any>} vector @param {Component} component */
function checked(kind, vector, component) {
  try {
    return KINDS[kind]?.check(vector, component) ?? ['there is no such kind'];
  } catch (error) {
    return [String(error)];
  }
}
