// The memory of an instance: texts and numbers in it, checked against its bounds.

import { CallError } from './error.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Most digits of the upper half of a whole number that JavaScript counts exactly. */
const MAX_SAFE_UPPER = 2 ** 21;

/** The memory of an instance. */
export class GuestMemory {
  #memory;
  #realloc;
  #bytes = new Uint8Array(0);
  #view = new DataView(new ArrayBuffer(0));
  #allowance = 0;

  /**
   * @param {WebAssembly.Memory} memory
   * @param {(pointer: number, oldSize: number, alignment: number, size: number) => number} realloc
   */
  constructor(memory, realloc) {
    this.#memory = memory;
    this.#realloc = realloc;
  }

  /** Bytes that the memory has. It never shrinks. */
  get size() {
    this.#refresh();
    return this.#bytes.length;
  }

  /** The bytes, which are elsewhere after the memory has grown. */
  get bytes() {
    this.#refresh();
    return this.#bytes;
  }

  get view() {
    this.#refresh();
    return this.#view;
  }

  #refresh() {
    // A memory that has grown has another buffer, and what was made of the old one is empty. To ask the memory for its buffer
    // each time would take longer.
    if (this.#bytes.length === 0) {
      this.#bytes = new Uint8Array(this.#memory.buffer);
      this.#view = new DataView(this.#memory.buffer);
    }
  }

  /** Sets how many bytes may be read until this is set again. @param {number} bytes */
  allow(bytes) {
    this.#allowance = bytes;
  }

  /** Reserves memory. @param {number} size @param {number} alignment */
  allocate(size, alignment) {
    return this.#reallocate(0, 0, alignment, size);
  }

  /** @param {number} pointer @param {number} oldSize @param {number} alignment @param {number} size */
  #reallocate(pointer, oldSize, alignment, size) {
    const start = this.#realloc(pointer, oldSize, alignment, size) >>> 0;
    if (start % alignment !== 0 || start + size > this.size) {
      throw new CallError('answer', 'the component reserved memory that it does not have');
    }
    return start;
  }

  /**
   * Writes a text, and returns where it is and how many bytes it has. Most texts are ASCII, where each character is a byte.
   *
   * @param {string} text
   * @returns {[pointer: number, length: number]}
   */
  writeText(text) {
    const length = text.length;
    let start = this.allocate(length, 1);
    const { read, written } = encoder.encodeInto(text, this.bytes.subarray(start, start + length));
    if (read === length) {
      return [start, written];
    }
    const rest = encoder.encode(text.slice(read));
    start = this.#reallocate(start, length, 1, written + rest.length);
    this.bytes.set(rest, start + written);
    return [start, written + rest.length];
  }

  /** Reads a text. @param {number} pointer @param {number} length */
  readText(pointer, length) {
    this.spend(pointer, length);
    try {
      return decoder.decode(this.bytes.subarray(pointer, pointer + length));
    } catch (cause) {
      throw new CallError('answer', 'the component answered with a text that is not UTF-8', { cause });
    }
  }

  /** Reads a whole number of 64 bits. @param {number} pointer */
  readU64(pointer) {
    const view = this.view;
    const upper = view.getUint32(pointer + 4, true);
    if (upper >= MAX_SAFE_UPPER) {
      throw new CallError('answer', 'the component answered with a number that is too large');
    }
    return upper * 2 ** 32 + view.getUint32(pointer, true);
  }

  /** Counts bytes that are read, which must be in the memory. @param {number} pointer @param {number} length */
  spend(pointer, length) {
    if (pointer + length > this.size) {
      throw new CallError('answer', 'the component answered with something outside of its memory');
    }
    this.#allowance -= length;
    if (this.#allowance < 0) {
      throw new CallError('answer', 'the answer of the component is too large');
    }
  }
}
