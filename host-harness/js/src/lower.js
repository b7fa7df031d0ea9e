// Passes values to an instance, as the canonical ABI has it: flat, as parameters, or in the instance's memory.

import { flatCount, layout, offsets, payloadOffset } from './value-type.js';

/** @import {GuestMemory} from './guest-memory.js' */
/** @import {ValueType} from './value-type.js' */

/**
 * A value of a variant: its case, and what it carries.
 *
 * @typedef {{ case: string, value: any }} Case
 *
 * Appends a value to the parameters of a call.
 * @typedef {(memory: GuestMemory, value: any, parameters: number[]) => void} LowerFlat
 *
 * Writes a value to an address.
 * @typedef {(memory: GuestMemory, value: any, pointer: number) => void} Store
 */

/**
 * The function that passes values of a type as parameters.
 *
 * @param {ValueType} type
 * @returns {LowerFlat}
 */
export function lowerFlat(type) {
  switch (type.kind) {
    case 'bool':
      return (_memory, value, parameters) => void parameters.push(value ? 1 : 0);
    case 'borrow':
      return (_memory, value, parameters) => void parameters.push(value);
    case 'string':
      return (memory, value, parameters) => void parameters.push(...memory.writeText(value));
    case 'list': {
      const write = writeList(type.element);
      return (memory, value, parameters) => void parameters.push(...write(memory, value));
    }
    case 'record': {
      const fields = type.fields.map(([name, field]) => ({ name, lower: lowerFlat(field) }));
      return (memory, value, parameters) => {
        for (const { name, lower } of fields) {
          lower(memory, value[name], parameters);
        }
      };
    }
    case 'variant':
      return lowerVariant(type.cases, flatCount(type));
    default:
      throw new TypeError(`no parameter of the contract is a ${type.kind}`);
  }
}

/** @param {[string, ValueType | null][]} cases @param {number} count @returns {LowerFlat} */
function lowerVariant(cases, count) {
  const byName = new Map(cases.map(([name, payload], index) => [name, { index, lower: payload && lowerFlat(payload) }]));
  return (memory, value, parameters) => {
    const end = parameters.length + count;
    const { index, lower } = known(byName, value.case);
    parameters.push(index);
    lower?.(memory, value.value, parameters);
    while (parameters.length < end) {
      parameters.push(0);
    }
  };
}

/** @param {ValueType} type @returns {Store} */
function store(type) {
  switch (type.kind) {
    case 'bool':
      return (memory, value, pointer) => memory.view.setUint8(pointer, value ? 1 : 0);
    case 'string':
      return (memory, value, pointer) => storePair(memory, pointer, memory.writeText(value));
    case 'list': {
      const write = writeList(type.element);
      return (memory, value, pointer) => storePair(memory, pointer, write(memory, value));
    }
    case 'record':
      return storeFields(type.fields);
    case 'tuple':
      return storeFields(type.elements.map((element, index) => [String(index), element]));
    case 'variant':
      return storeVariant(type.cases, payloadOffset(type));
    default:
      throw new TypeError(`no parameter of the contract has a ${type.kind}`);
  }
}

/** @param {[string, ValueType][]} fields @returns {Store} */
function storeFields(fields) {
  const starts = offsets(fields.map(([, type]) => type));
  const stores = fields.map(([name, type], index) => ({ name, start: starts[index] ?? 0, store: store(type) }));
  return (memory, value, pointer) => {
    for (const field of stores) {
      field.store(memory, value[field.name], pointer + field.start);
    }
  };
}

/** @param {[string, ValueType | null][]} cases @param {number} start @returns {Store} */
function storeVariant(cases, start) {
  const byName = new Map(cases.map(([name, payload], index) => [name, { index, store: payload && store(payload) }]));
  return (memory, value, pointer) => {
    const { index, store } = known(byName, value.case);
    memory.view.setUint8(pointer, index);
    store?.(memory, value.value, pointer + start);
  };
}

/** @param {ValueType} element */
function writeList(element) {
  const [{ size, alignment }, storeElement] = [layout(element), store(element)];
  /** @type {(memory: GuestMemory, list: unknown[]) => [pointer: number, count: number]} */
  return (memory, list) => {
    const start = memory.allocate(list.length * size, alignment);
    list.forEach((value, index) => storeElement(memory, value, start + index * size));
    return [start, list.length];
  };
}

/** @param {GuestMemory} memory @param {number} pointer @param {[number, number]} pair */
function storePair(memory, pointer, [start, length]) {
  const view = memory.view;
  view.setUint32(pointer, start, true);
  view.setUint32(pointer + 4, length, true);
}

/**
 * @template T
 * @param {Map<string, T>} cases
 * @param {string} name
 */
function known(cases, name) {
  const found = cases.get(name);
  if (!found) {
    throw new TypeError(`the contract has no case ${name}`);
  }
  return found;
}
