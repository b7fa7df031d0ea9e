// Reads the pieces that every WebAssembly binary is made of.

import { LoadError } from './error.js';

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A place in a WebAssembly binary, and what can be read there. It never reads past its end. */
export class BinaryReader {
  #position = 0;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
  }

  /** The next byte, which is not read yet. */
  get next() {
    return this.bytes[this.#position];
  }

  get isAtEnd() {
    return this.#position >= this.bytes.length;
  }

  /** One byte. */
  byte() {
    const byte = this.bytes[this.#position];
    if (byte === undefined) {
      throw notAComponent('it ends early');
    }
    this.#position += 1;
    return byte;
  }

  /** An unsigned number of at most 32 bits in LEB128. */
  u32() {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffff_ffff) {
          break;
        }
        return value;
      }
    }
    throw notAComponent('a number is too large');
  }

  /** An unsigned number in LEB128 that may be larger than what a host can count, such as a limit of a 64-bit memory. */
  big() {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        return value;
      }
    }
    throw notAComponent('a number is too large');
  }

  /** The next bytes, as a view. @param {number} length */
  take(length) {
    if (length > this.bytes.length - this.#position) {
      throw notAComponent('it ends early');
    }
    this.#position += length;
    return this.bytes.subarray(this.#position - length, this.#position);
  }

  /** A name: its length in bytes, then UTF-8. */
  name() {
    const bytes = this.take(this.u32());
    try {
      return text.decode(bytes);
    } catch {
      throw notAComponent('a name is not UTF-8');
    }
  }

  /**
   * A list: its length, then its elements.
   *
   * @template T
   * @param {() => T} element
   * @returns {T[]}
   */
  list(element) {
    const list = [];
    for (let count = this.u32(); count > 0; count -= 1) {
      list.push(element());
    }
    return list;
  }

  /**
   * A byte that says whether something follows, and what follows.
   *
   * @template T
   * @param {() => T} read
   * @returns {T | null}
   */
  optional(read) {
    switch (this.byte()) {
      case 0:
        return null;
      case 1:
        return read();
      default:
        throw notAComponent('a byte is neither 0 nor 1');
    }
  }

  /** The sections of a module or a component: the number of each, and its content. */
  *sections() {
    while (!this.isAtEnd) {
      const id = this.byte();
      yield { id, content: this.take(this.u32()) };
    }
  }
}

/** @param {string} why */
export function notAComponent(why) {
  return new LoadError('not-a-component', `not a WebAssembly component: ${why}`);
}

/** @param {string} what */
export function unsupported(what) {
  return new LoadError('unsupported', `the component uses ${what}, which this host does not know`);
}
