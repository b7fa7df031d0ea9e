// The files of vectors in a folder.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseFile } from './file.js';

/** The files of a folder, in the order of their names. @param {string} folder */
export function readFolder(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'schema.json');
  const files = names.sort().map((name) => parseFile(name, readFileSync(join(folder, name), 'utf8')));
  if (files.every((file) => file.vectors.length === 0)) {
    throw new Error(`there are no vectors in ${folder}`);
  }
  return files;
}
