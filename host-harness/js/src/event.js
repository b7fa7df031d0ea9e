// Events: from the form that they have in JSON to the typed form of the contract.

/** @import {Event} from '../types/index.d.ts' */
/** @import {Case} from './lower.js' */

/** @typedef {{ operation: Case, context: [string, string][] }} TypedEvent */

/**
 * The typed event of the same meaning, or null for what does not have the form of an event. Names are not checked here.
 *
 * @param {unknown} event
 * @returns {TypedEvent | null}
 */
export function typedEvent(event) {
  if (!isObject(event)) {
    return null;
  }
  const { context = {}, ...operations } = event;
  const [entry, ...others] = Object.entries(operations);
  const pairs = contextPairs(context);
  const operation = entry && others.length === 0 ? typedOperation(...entry) : null;
  return operation && pairs ? { operation, context: pairs } : null;
}

/** @param {unknown} context @returns {[string, string][] | null} */
function contextPairs(context) {
  if (!isObject(context)) {
    return null;
  }
  /** @type {[string, string][]} */
  const pairs = [];
  for (const [key, value] of Object.entries(context)) {
    if (!isText(key) || !isText(value)) {
      return null;
    }
    pairs.push([key, value]);
  }
  return pairs;
}

/** @param {string} name @param {unknown} value @returns {Case | null} */
function typedOperation(name, value) {
  if (!isObject(value)) {
    return null;
  }
  switch (name) {
    case 'write': {
      const tags = hasFields(value, ['repository', 'digest', 'tags']) ? all(value.tags, typedTagWrite) : null;
      return tags && areTexts(value, ['repository', 'digest']) ? { case: name, value: { ...value, tags } } : null;
    }
    case 'delete-tag':
      return hasFields(value, ['repository', 'tag'], 'remembers') && areTexts(value, ['repository', 'tag'])
        ? remembering(name, value)
        : null;
    case 'delete-manifest': {
      const isForm = hasFields(value, ['repository', 'digest', 'tags'], 'remembers');
      const tags = isForm ? typedManifestTags(value.tags) : null;
      return tags && areTexts(value, ['repository', 'digest']) ? remembering(name, { ...value, tags }) : null;
    }
    default:
      return null;
  }
}

/** @param {string} name @param {Record<string, unknown>} value @returns {Case | null} */
function remembering(name, { remembers = false, ...value }) {
  return typeof remembers === 'boolean' ? { case: name, value: { ...value, remembers } } : null;
}

/** @param {unknown} value */
function typedTagWrite(value) {
  if (!isObject(value) || !hasFields(value, ['tag', 'current']) || !isText(value.tag)) {
    return null;
  }
  const current = typedCurrent(value.current);
  return current && { tag: value.tag, current };
}

/** @param {unknown} current @returns {Case | null} */
function typedCurrent(current) {
  if (current === 'absent' || current === 'unknown') {
    return { case: current, value: null };
  }
  if (isText(current)) {
    return { case: 'digest', value: current };
  }
  const isRetired = isObject(current) && hasFields(current, ['retired']) && isText(current.retired);
  return isRetired ? { case: 'retired', value: current.retired } : null;
}

/** @param {unknown} tags @returns {Case | null} */
function typedManifestTags(tags) {
  if (tags === 'unknown') {
    return { case: 'unknown', value: null };
  }
  const known = all(tags, (tag) => (isText(tag) ? tag : null));
  return known && { case: 'known', value: known };
}

/**
 * Each element as the function has it, or null where it has none for one of them.
 *
 * @template T
 * @param {unknown} list
 * @param {(element: unknown) => T | null} typed
 * @returns {T[] | null}
 */
function all(list, typed) {
  if (!Array.isArray(list)) {
    return null;
  }
  const elements = [];
  for (const element of list) {
    const value = typed(element);
    if (value === null) {
      return null;
    }
    elements.push(value);
  }
  return elements;
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is a text that UTF-8 can write. @param {unknown} value @returns {value is string} */
function isText(value) {
  return typeof value === 'string' && value.isWellFormed();
}

/**
 * Whether an object has these fields, perhaps an optional one, and no others.
 *
 * @param {Record<string, unknown>} object
 * @param {string[]} names
 * @param {string} [optional]
 */
function hasFields(object, names, optional) {
  const count = Object.keys(object).length - (optional !== undefined && Object.hasOwn(object, optional) ? 1 : 0);
  return count === names.length && names.every((name) => Object.hasOwn(object, name));
}

/** @param {Record<string, unknown>} object @param {string[]} names */
function areTexts(object, names) {
  return names.every((name) => isText(object[name]));
}
