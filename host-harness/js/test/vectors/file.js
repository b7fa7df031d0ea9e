// Reads files of vectors, and refuses what it does not know.

import { KINDS } from './kinds.js';

/** @import {Vector} from './kinds.js' */

const HEAD_FIELDS = new Set(['$schema', 'kind', 'about', 'document', 'vectors']);

/** @typedef {{ name: string, kind: string, about: string, vectors: Vector[] }} VectorFile */

/** Reads a file of vectors. @param {string} name @param {string} text @returns {VectorFile} */
export function parseFile(name, text) {
  const file = JSON.parse(text);
  refuseUnknown(name, file, HEAD_FIELDS);
  const kind = KINDS[file.kind];
  if (!kind) {
    throw new Error(`${name}: unknown kind ${file.kind}`);
  }
  const known = new Set(['name', ...kind.fields, ...Object.keys(kind.answers)]);
  const names = new Set();
  const vectors = file.vectors.map((/** @type {Vector} */ vector) => {
    const place = `${name}: ${vector.name}`;
    refuseUnknown(place, vector, known);
    for (const [answer, fields] of Object.entries(kind.answers)) {
      refuseUnknown(`${place}: ${answer}`, fields ? (vector[answer] ?? {}) : {}, new Set(fields));
    }
    if (names.has(vector.name)) {
      throw new Error(`${place}: the name is given twice`);
    }
    names.add(vector.name);
    return 'document' in file && kind.fields.includes('document') ? { document: file.document, ...vector } : vector;
  });
  return { name, kind: file.kind, about: file.about, vectors };
}

/** @param {string} place @param {object} object @param {Set<string>} known */
function refuseUnknown(place, object, known) {
  const unknown = Object.keys(object).filter((field) => !known.has(field));
  if (unknown.length > 0) {
    throw new Error(`${place}: unknown field ${unknown.join(', ')}`);
  }
}
