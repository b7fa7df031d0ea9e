// Lines of bytes as they come, in bounded memory, whatever is on them.

/** Most bytes of an event in JSON. A longer line is passed over without being kept. */
export const MAX_LINE_BYTES = 2 ** 20;

const NEWLINE = 0x0a;
const BLANK = /^[ \t\f\r]*$/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @typedef {{ text: string } | { problem: string }} Line */

/** @type {Line} */
const TOO_LONG = { problem: `the line is longer than ${MAX_LINE_BYTES} bytes; split the event` };
/** @type {Line} */
const EMPTY = { problem: 'the line is empty; write an event on it, or remove it' };
/** @type {Line} */
const NOT_TEXT = { problem: 'the line is not UTF-8; write JSON in UTF-8' };

/**
 * Batches of lines: all that are there whenever something has come.
 *
 * @param {AsyncIterable<Uint8Array>} input
 * @returns {AsyncGenerator<Line[]>}
 */
export async function* lineBatches(input) {
  const pending = new PendingLine();
  for await (const chunk of input) {
    /** @type {Line[]} */
    const lines = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      pending.add(chunk.subarray(start, end));
      lines.push(pending.finish());
      start = end + 1;
    }
    pending.add(chunk.subarray(start));
    yield lines;
  }
  if (!pending.isEmpty) {
    yield [pending.finish()];
  }
}

/** The line that has not ended yet. */
class PendingLine {
  /** @type {Uint8Array[]} */
  #parts = [];
  #length = 0;

  get isEmpty() {
    return this.#length === 0;
  }

  /** @param {Uint8Array} bytes */
  add(bytes) {
    this.#length += bytes.length;
    if (this.#length > MAX_LINE_BYTES) {
      this.#parts = [];
    } else {
      this.#parts.push(bytes);
    }
  }

  /** @returns {Line} */
  finish() {
    const [parts, isTooLong] = [this.#parts, this.#length > MAX_LINE_BYTES];
    this.#parts = [];
    this.#length = 0;
    if (isTooLong) {
      return TOO_LONG;
    }
    try {
      const text = utf8.decode(parts.length === 1 ? parts[0] : Buffer.concat(parts));
      return BLANK.test(text) ? EMPTY : { text };
    } catch {
      return NOT_TEXT;
    }
  }
}
