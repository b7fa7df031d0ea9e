// Broken input, from the list that the tests of every host read: a typed error or a denial, never a permission.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { Component, DocumentError, LoadError } from '../src/index.js';
import { assembleHostile } from './hostile.js';
import { component, componentBytes } from './support.js';

/**
 * @type {{
 *   components: Record<string, string>, 'not-components': string[], 'cut-after-per-mille': number[], 'junk-bytes': number,
 *   'allowing-document': string, documents: string[], events: string[]
 * }}
 */
const list = JSON.parse(readFileSync(new URL('../../../tests/hostile/bad-input.json', import.meta.url), 'utf8'));
const junkText = 'x'.repeat(list['junk-bytes']);
const header = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];

/** @param {Uint8Array} bytes @param {string[]} codes @param {string} name */
async function assertRefused(bytes, codes, name, settings = {}) {
  const isRefusal = (/** @type {unknown} */ error) => error instanceof LoadError && codes.includes(error.code);
  assert.throws(() => Component.loadSync(bytes, settings), isRefusal, name);
  await assert.rejects(Component.load(bytes, settings), isRefusal, name);
}

suite('bad input', () => {
  /** @type {ReturnType<typeof assembleHostile>} */
  let hostile;
  before(() => {
    hostile = assembleHostile();
  });
  after(() => hostile.remove());

  test('bad components are refused', async () => {
    for (const [name, code] of Object.entries(list.components)) {
      await assertRefused(hostile.read(name), [code], name);
    }
    for (const text of list['not-components']) {
      await assertRefused(new TextEncoder().encode(text), ['not-a-component'], text);
    }
  });

  test('a component that is cut anywhere is refused', async () => {
    for (const perMille of list['cut-after-per-mille']) {
      const cut = componentBytes.subarray(0, Math.floor((componentBytes.length * perMille) / 1000));
      await assertRefused(cut, ['not-a-component', 'interface'], `cut after ${perMille} of 1000`);
    }
  });

  test('junk is no component, whatever its size', async () => {
    const junk = new Uint8Array(list['junk-bytes']).fill(0xff);
    for (const start of [[], header]) {
      junk.set(start);
      await assertRefused(junk, ['size'], 'junk');
      await assertRefused(junk, ['not-a-component'], 'junk', { componentBytes: 2 ** 30 });
    }
  });

  test('bad documents are invalid', () => {
    for (const text of [...list.documents, junkText]) {
      const isInvalid = (/** @type {unknown} */ error) => error instanceof DocumentError && error.diagnostics.length > 0;
      assert.throws(() => component.compile(text), isInvalid, text.slice(0, 80));
    }
  });

  test('bad events are denied, by a policy that allows whatever it understands', () => {
    const policy = component.compile(list['allowing-document']);
    for (const text of [...list.events, junkText]) {
      const { outcome, code } = JSON.parse(policy.decideJson(text));
      assert.deepEqual([outcome, code], ['deny', 'malformed'], text.slice(0, 80));
    }
    policy.close();
  });
});
