// Reads values out of an instance's memory, as the canonical ABI lays them out.

import { CallError } from './error.js';
import { cases, layout, offsets, payloadOffset } from './value-type.js';

/** @import {GuestMemory} from './guest-memory.js' */
/** @import {ValueType} from './value-type.js' */

/**
 * Reads a value that begins at an address.
 *
 * Records become objects, lists and tuples arrays, names of an enumeration strings, an option its value or null, and a variant
 * or a result an object with `case` and `value`.
 *
 * @typedef {(memory: GuestMemory, pointer: number) => any} Lift
 */

/** @type {Map<ValueType, Lift>} */
const lifts = new Map();

/**
 * The function that reads values of a type.
 *
 * @param {ValueType} type
 * @returns {Lift}
 */
export function lift(type) {
  let found = lifts.get(type);
  if (!found) {
    found = makeLift(type);
    lifts.set(type, found);
  }
  return found;
}

/** @param {ValueType} type @returns {Lift} */
function makeLift(type) {
  switch (type.kind) {
    case 'u32':
    case 'own':
      return (memory, pointer) => memory.view.getUint32(pointer, true);
    case 'u64':
      return (memory, pointer) => memory.readU64(pointer);
    case 'string':
      return (memory, pointer) => {
        const view = memory.view;
        return memory.readText(view.getUint32(pointer, true), view.getUint32(pointer + 4, true));
      };
    case 'list':
      return liftList(lift(type.element), layout(type.element).size);
    case 'record':
      return liftRecord(type.fields.map(([name]) => name), type.fields.map(([, field]) => field));
    case 'enum':
      return (memory, pointer) => named(type.names, memory.view.getUint8(pointer));
    case 'option': {
      const [some, start] = [lift(type.some), payloadOffset(type)];
      return (memory, pointer) => {
        switch (memory.view.getUint8(pointer)) {
          case 0:
            return null;
          case 1:
            return some(memory, pointer + start);
          default:
            throw unknownCase();
        }
      };
    }
    case 'result':
      return liftVariant(['ok', 'error'], cases(type), payloadOffset(type));
    default:
      throw new TypeError(`no answer of the contract has a ${type.kind}`);
  }
}

/** @param {Lift} element @param {number} size @returns {Lift} */
function liftList(element, size) {
  return (memory, pointer) => {
    const view = memory.view;
    const [start, count] = [view.getUint32(pointer, true), view.getUint32(pointer + 4, true)];
    memory.spend(start, count * size);
    const list = [];
    for (let index = 0; index < count; index += 1) {
      list.push(element(memory, start + index * size));
    }
    return list;
  };
}

/** @param {string[]} names @param {ValueType[]} types @returns {Lift} */
function liftRecord(names, types) {
  const starts = offsets(types);
  const fields = types.map((type, index) => ({ name: names[index] ?? '', start: starts[index] ?? 0, lift: lift(type) }));
  return (memory, pointer) => {
    /** @type {Record<string, unknown>} */
    const record = {};
    for (const field of fields) {
      record[field.name] = field.lift(memory, pointer + field.start);
    }
    return record;
  };
}

/** @param {string[]} names @param {(ValueType | null)[]} payloads @param {number} start @returns {Lift} */
function liftVariant(names, payloads, start) {
  const values = payloads.map((payload) => payload && lift(payload));
  return (memory, pointer) => {
    const index = memory.view.getUint8(pointer);
    const name = named(names, index);
    const value = values[index];
    return { case: name, value: value ? value(memory, pointer + start) : null };
  };
}

/** @param {string[]} names @param {number} index */
function named(names, index) {
  const name = names[index];
  if (name === undefined) {
    throw unknownCase();
  }
  return name;
}

function unknownCase() {
  return new CallError('answer', 'the component answered with a case that the contract does not have');
}
