// Writes an upper limit into the memories and the tables of a core module, because no WebAssembly API of JavaScript
// can limit a memory that a module brings itself.

import { BinaryReader, notAComponent, unsupported } from './binary-reader.js';
import { LoadError } from './error.js';

const PAGE_BYTES = 65_536;

/** Bytes that one element of a table takes. */
const ELEMENT_BYTES = 8;

const TABLE_SECTION = 4;
const MEMORY_SECTION = 5;
const REFERENCES = new Set([0x70, 0x6f]);

/**
 * The module with no memory and no table that can hold more than so many bytes.
 *
 * @param {Uint8Array} module
 * @param {number} bytes
 * @returns {Uint8Array<ArrayBuffer>}
 * @throws {LoadError} where it starts with more.
 */
export function capMemory(module, bytes) {
  if (module.length < 8) {
    throw notAComponent('a core module ends early');
  }
  /** @type {(number | Uint8Array)[][]} */
  const parts = [[module.subarray(0, 8)]];
  for (const { id, content } of new BinaryReader(module.subarray(8)).sections()) {
    const section = new Uint8Array(cappedSection(id, content, bytes));
    parts.push([id, ...leb128(section.length), section]);
  }
  return concatenate(parts.flat());
}

/** @param {number} id @param {Uint8Array} content @param {number} bytes @returns {ArrayLike<number>} */
function cappedSection(id, content, bytes) {
  const reader = new BinaryReader(content);
  switch (id) {
    case TABLE_SECTION:
      return list(reader, () => {
        const reference = reader.byte();
        if (!REFERENCES.has(reference)) {
          throw unsupported('a table of another kind');
        }
        return [reference, ...cappedLimits(reader, ELEMENT_BYTES, bytes)];
      });
    case MEMORY_SECTION:
      return list(reader, () => cappedLimits(reader, PAGE_BYTES, bytes));
    default:
      return content;
  }
}

/** @param {BinaryReader} reader @param {number} unit @param {number} bytes */
function cappedLimits(reader, unit, bytes) {
  const flags = reader.byte();
  if (flags > 1) {
    throw unsupported('a memory or a table that is shared or larger than 32 bits can count');
  }
  const minimum = reader.u32();
  if (minimum * unit > bytes) {
    const starts = minimum * unit;
    throw new LoadError('memory', `the component starts with ${starts} bytes of memory, and may hold ${bytes}; allow it more`);
  }
  const most = Math.floor(bytes / unit);
  const maximum = flags === 1 ? Math.min(reader.u32(), most) : most;
  return [1, ...leb128(minimum), ...leb128(maximum)];
}

/** @param {BinaryReader} reader @param {() => number[]} element */
function list(reader, element) {
  const elements = reader.list(element);
  return [...leb128(elements.length), ...elements.flat()];
}

/** @param {number} value */
function leb128(value) {
  const bytes = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}

/** @param {(number | Uint8Array)[]} parts */
function concatenate(parts) {
  const size = (/** @type {number | Uint8Array} */ part) => (typeof part === 'number' ? 1 : part.length);
  const bytes = new Uint8Array(parts.reduce((/** @type {number} */ sum, part) => sum + size(part), 0));
  let offset = 0;
  for (const part of parts) {
    if (typeof part === 'number') {
      bytes[offset] = part;
    } else {
      bytes.set(part, offset);
    }
    offset += size(part);
  }
  return bytes;
}
