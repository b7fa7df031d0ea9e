// Reads the files that the command line names.

import { readFile } from 'node:fs/promises';
import { builtInBytes } from '../built-in.js';
import { Component } from '../component.js';
import { EXIT, Fault } from './fault.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes of a file. @param {string} path */
export async function readBytes(path) {
  try {
    return await readFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Fault(EXIT.usage, `could not read \`${path}\`: ${reason}`);
  }
}

/** The text of a policy document, `-` for standard input. @param {string} path */
export async function readDocument(path) {
  const bytes = path === '-' ? Buffer.concat(await all(process.stdin)) : await readBytes(path);
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Fault(EXIT.usage, `\`${path}\` is not UTF-8`);
  }
}

/** The bytes of the component that the command line or the environment names, else of the one that is built in. @param {string | undefined} path */
export async function componentBytes(path) {
  const named = path ?? process.env['TAGSEAL_COMPONENT'] ?? '';
  if (named === '') {
    return builtInBytes();
  }
  return new Uint8Array(await readBytes(named));
}

/** The component that the command line or the environment names, else the one that is built in. @param {string | undefined} path */
export async function loadComponent(path) {
  return Component.load(await componentBytes(path));
}

/** @param {AsyncIterable<Uint8Array>} chunks */
async function all(chunks) {
  const parts = [];
  for await (const chunk of chunks) {
    parts.push(chunk);
  }
  return parts;
}
