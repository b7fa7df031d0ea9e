// What is not a component of the contract is refused before it runs, and with a typed error.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Component, LoadError, split } from '../src/index.js';
import { componentBytes } from './support.js';

/** @import {LoadErrorCode} from '../types/index.d.ts' */

const coreModule = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
const emptyComponent = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]);
const MIB = 2 ** 20;

/** @param {Uint8Array | ArrayBuffer} bytes @param {LoadErrorCode} code */
async function assertRefused(bytes, code, settings = {}) {
  const isRefusal = (/** @type {unknown} */ error) => error instanceof LoadError && error.code === code;
  assert.throws(() => Component.loadSync(bytes, settings), isRefusal);
  await assert.rejects(Component.load(bytes, settings), isRefusal);
}

suite('loading', () => {
  test('an array buffer is as good as its bytes', async () => {
    const component = await Component.load(componentBytes.slice().buffer);
    assert.equal(component.compile('{"version": 1, "revision": 3, "rules": []}').revision, 3);
  });

  test('what is not WebAssembly is refused', async () => {
    for (const text of ['', '\0asm', '#!/bin/sh', '(component)']) {
      await assertRefused(new TextEncoder().encode(text), 'not-a-component');
    }
  });

  test('100 MB of junk are refused', async () => {
    const junk = new Uint8Array(100 * MIB).fill(0xff);
    await assertRefused(junk, 'size');
    await assertRefused(junk, 'not-a-component', { componentBytes: 200 * MIB });
    junk.set(emptyComponent);
    await assertRefused(junk, 'not-a-component', { componentBytes: 200 * MIB });
  });

  test('a core module is refused', () => assertRefused(coreModule, 'not-a-component'));

  test('an empty component is refused, because it lacks the interface', () => assertRefused(emptyComponent, 'interface'));

  test('a component that is cut off anywhere is refused', () => {
    const length = componentBytes.length;
    const cuts = Array.from({ length: 200 }, (_, index) => Math.floor((length * index) / 200));
    for (const cut of [...cuts, length - 1, length - 2]) {
      assert.throws(() => Component.loadSync(componentBytes.subarray(0, cut)), LoadError, `cut at ${cut}`);
    }
  });

  test('a component with another byte is refused or works as before, and never fails otherwise', () => {
    // The core modules come first, and what says how they are put together comes last.
    const { modules } = split(componentBytes);
    const start = modules.reduce((sum, module) => sum + module.length, 0);
    for (let index = start; index < componentBytes.length; index += 7) {
      const changed = componentBytes.slice();
      changed[index] = (changed[index] ?? 0) ^ 0x15;
      try {
        Component.loadSync(changed);
      } catch (error) {
        assert.ok(error instanceof LoadError, `byte ${index}: ${error}`);
      }
    }
  });

  test('a component that starts with more memory than it may hold is refused', () =>
    assertRefused(componentBytes, 'memory', { memoryBytes: 65_536 }));

  test('a component of an older contract is refused', async () => {
    const older = replaced(componentBytes, 'tagseal:policy/tag-policy@0.2.0', 'tagseal:policy/tag-policy@0.1.0');
    await assertRefused(older, 'interface');
  });

  test('a component with another word in a type is refused', async () => {
    await assertRefused(replaced(componentBytes, '\x09namespace\x0f', '\x09nameplace\x0f'), 'interface');
  });
});

/** The component with a text in the place of another of the same length. @param {Uint8Array} bytes @param {string} from @param {string} to */
function replaced(bytes, from, to) {
  const changed = Buffer.from(bytes);
  assert.ok(changed.includes(from, 0, 'latin1'), from);
  for (let at = changed.indexOf(from, 0, 'latin1'); at >= 0; at = changed.indexOf(from, at, 'latin1')) {
    changed.write(to, at, 'latin1');
  }
  return new Uint8Array(changed);
}
