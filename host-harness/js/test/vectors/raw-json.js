// The texts of the fields and the elements of JSON, byte for byte. The JSON must be valid.

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];

/** @param {number} code */
const isOpening = (code) => code === 0x5b || code === 0x7b;

/** @param {number} code */
const isClosing = (code) => code === 0x5d || code === 0x7d;

/** The fields of an object: each key, with the text of its value. @param {string} text @returns {Map<string, string>} */
export function rawFields(text) {
  /** @type {Map<string, string>} */
  const fields = new Map();
  let key = null;
  for (const part of parts(text)) {
    if (key === null) {
      key = JSON.parse(part);
    } else {
      fields.set(key, part);
      key = null;
    }
  }
  return fields;
}

/** The texts of the elements of a list. @param {string} text */
export const rawElements = (text) => [...parts(text)];

/** The texts between the brackets of an object or a list, with commas and colons of that level between them. @param {string} text */
function* parts(text) {
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      index = endOfString(text, index);
    } else if (isOpening(code)) {
      depth += 1;
      start = depth === 1 ? index + 1 : start;
    } else if (isClosing(code) || (depth === 1 && (code === COMMA || code === COLON))) {
      depth -= isClosing(code) ? 1 : 0;
      if (depth === 0 || !isClosing(code)) {
        const part = text.slice(start, index).trim();
        if (part !== '') {
          yield part;
        }
        start = index + 1;
      }
    }
  }
}

/** @param {string} text @param {number} start */
function endOfString(text, start) {
  let index = start + 1;
  while (text.charCodeAt(index) !== QUOTE) {
    index += text.charCodeAt(index) === BACKSLASH ? 2 : 1;
  }
  return index;
}

/** Whether any object has a key twice, of which a parser would silently drop the first. @param {string} text @returns {boolean} */
export function hasDuplicateKey(text) {
  const whole = text.trim();
  if (whole.startsWith('[')) {
    return rawElements(whole).some(hasDuplicateKey);
  }
  if (!whole.startsWith('{')) {
    return false;
  }
  const fields = rawFields(whole);
  return fields.size * 2 !== rawElements(whole).length || [...fields.values()].some(hasDuplicateKey);
}
