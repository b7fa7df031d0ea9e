// The short forms in vectors that stand for something longer, as the vectors' README describes them.

/** @typedef {null | boolean | number | string | Json[] | { [key: string]: Json }} Json */

const DIGEST = /((?:sha256|sha512|blake3):|(?:sha256|sha512)-)([0-9a-f]+)…/g;

/** Writes digests out: the last digit of `sha256:ab…` is repeated up to the length. @param {string} text */
function lengthen(text) {
  if (!text.includes('…')) {
    return text;
  }
  return text.replace(DIGEST, (_all, start, digits) => start + digits.padEnd(start === 'sha512:' ? 128 : 64, digits.at(-1)));
}

/**
 * The value that a value of a vector stands for.
 *
 * @param {any} value
 * @param {number} [number] what `$n` stands for
 * @returns {any}
 */
export function expand(value, number) {
  if (typeof value === 'string') {
    if (number === undefined) {
      return lengthen(value);
    }
    return value === '$n' ? number : lengthen(value).replaceAll('$n', String(number));
  }
  if (Array.isArray(value)) {
    return value.flatMap((part) => elements(part, number));
  }
  if (isObject(value)) {
    const form = Object.keys(value).find((key) => key.startsWith('$'));
    if (form === '$join') {
      return join(value.$join, number);
    }
    if (form !== undefined) {
      throw new Error(`unknown form ${form}`);
    }
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, expand(field, number)]));
  }
  return value;
}

/** @param {any[]} parts @param {number | undefined} number */
function join(parts, number) {
  return parts.map((part) => joined(part, number)).join('');
}

/** @param {any} part @param {number | undefined} number */
function joined(part, number) {
  // So that a document of 256 MiB is not put together space by space.
  if (isObject(part) && typeof part.$repeat === 'string' && !part.$repeat.includes('$n')) {
    return lengthen(part.$repeat).repeat(part.times);
  }
  return elements(part, number).join('');
}

/** @param {any} part @param {number | undefined} number @returns {any[]} */
function elements(part, number) {
  if (isObject(part) && '$repeat' in part) {
    return Array.from({ length: part.times }, (_, index) => expand(part.$repeat, index + 1));
  }
  return [expand(part, number)];
}

/** A text of a vector, in which a list stands for its lines. @param {any} value @returns {string} */
export function expandText(value) {
  const text = expand(value);
  return Array.isArray(text) ? text.join('\n') : text;
}

/** @param {unknown} value @returns {value is Record<string, any>} */
export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
