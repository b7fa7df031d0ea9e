// What is expected is compared part by part: an answer may have more fields than are expected, but nothing else more.

import { isObject } from './form.js';

const MAX_SHOWN_CHARACTERS = 500;

/**
 * Where an answer is not what was expected.
 *
 * @param {any} expected
 * @param {any} came
 * @param {string} [pointer]
 * @returns {string[]}
 */
export function differences(expected, came, pointer = '') {
  if (isObject(expected) && isObject(came)) {
    return Object.entries(expected).flatMap(([key, field]) =>
      Object.hasOwn(came, key)
        ? differences(field, came[key], `${pointer}/${key}`)
        : [`${pointer}/${key}: expected ${show(field)}, and it is missing`],
    );
  }
  if (Array.isArray(expected) && Array.isArray(came)) {
    if (expected.length !== came.length) {
      return [`${pointer}: expected ${expected.length} elements, came ${came.length}: ${show(came)}`];
    }
    return expected.flatMap((element, index) => differences(element, came[index], `${pointer}/${index}`));
  }
  return expected === came ? [] : [`${pointer}: expected ${show(expected)}, came ${show(came)}`];
}

/** Where an answer is not exactly what was expected, with nothing more in it. @param {any} expected @param {any} came @param {string} pointer */
export function wholeDifferences(expected, came, pointer) {
  const missing = differences(expected, came, pointer);
  return missing.length > 0 || differences(came, expected, pointer).length === 0
    ? missing
    : [`${pointer}: expected ${show(expected)} and nothing more, came ${show(came)}`];
}

/** @param {any} value */
export function show(value) {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}… (${text.length} characters)` : text;
}
