// Calls that take too long are ended, and the next one is answered.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { CallError, DocumentError, RefusedError, ThreadedComponent } from '../src/index.js';
import { assembleHostile } from './hostile.js';
import { componentBytes } from './support.js';

/** @import {CallErrorCode, Event} from '../types/index.d.ts' */

// A machine with more to do takes seconds to start a thread.
const DEADLINES = { compileMs: 60_000, decideMs: 500, memoryBytes: 64 * 2 ** 20 };
const DOCUMENT = '{"version": 1, "revision": 7, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}';

/** @type {Event} */
const PUSH = { write: { repository: 'prod/app', digest: 'sha256:aa', tags: [] } };
/** @type {Event} */
const DELETE = { 'delete-tag': { repository: 'prod/app', tag: 'v1' } };

/** @param {CallErrorCode} code */
const fails = (code) => (/** @type {unknown} */ error) => error instanceof CallError && error.code === code;

suite('threads', () => {
  /** @type {ReturnType<typeof assembleHostile>} */
  let hostile;
  before(() => {
    hostile = assembleHostile();
  });
  after(() => hostile.remove());

  test('a component in a thread answers as it does without', async () => {
    const component = await ThreadedComponent.load(componentBytes);
    const policy = await component.compile(DOCUMENT);
    assert.equal(policy.revision, 7);
    assert.equal((await policy.decide(DELETE)).code, 'immutable');
    assert.equal((await policy.explain({ repository: 'prod/app', tag: 'v1' })).outcomes?.delete.code, 'immutable');
    assert.equal((await component.changeRules(DOCUMENT, { disable: { id: 1 } })).revision, 8);
    await assert.rejects(component.compile('{}'), DocumentError);
    await assert.rejects(component.changeRules(DOCUMENT, { disable: { id: 9 } }), RefusedError);
    policy.close();
    component.close();
  });

  test('a policy that is closed denies, and starts no other thread', async () => {
    const component = await ThreadedComponent.load(componentBytes);
    const policy = await component.compile(DOCUMENT);
    policy.close();
    policy.close();
    await assert.rejects(policy.tryDecide(DELETE), fails('closed'));
    assert.equal((await policy.decide(PUSH)).code, 'unavailable');
    component.close();
    await assert.rejects(component.listRules(DOCUMENT), fails('closed'));
  });

  test('a thread that is ended while it starts does not go on', async () => {
    const component = await ThreadedComponent.load(componentBytes);
    const listed = component.listRules(DOCUMENT);
    component.close();
    await assert.rejects(listed, fails('closed'));
  });

  test('an event that can not be sent to a thread is a denial, and ends nothing', async () => {
    const policy = await (await ThreadedComponent.load(componentBytes, DEADLINES)).compile(DOCUMENT);
    const wrong = await policy.decide(/** @type {any} */ ({ 'delete-tag': () => {} }));
    assert.deepEqual([wrong.outcome, wrong.code], ['deny', 'unavailable']);
    // If anybody waited for an answer to it, the thread would be ended at the deadline, with whatever it is asked then.
    const end = performance.now() + 2 * DEADLINES.decideMs;
    while (performance.now() < end) {
      assert.equal((await policy.tryDecide(DELETE)).code, 'immutable');
    }
    policy.close();
  });

  test('an explanation has the time of compiling, because it reads the document', async () => {
    const rules = Array.from({ length: 20_000 }, (_, index) => ({ id: index + 1, namespace: `n${index}`, preset: 'latest' }));
    const component = await ThreadedComponent.load(componentBytes, { compileMs: 60_000, decideMs: 1 });
    const policy = await component.compile(JSON.stringify({ version: 1, rules }));
    assert.equal((await policy.explain({ repository: 'n7/app', tag: 'v1' })).outcomes?.delete.code, 'immutable');
    policy.close();
  });

  test('a decision that never ends is ended at its deadline', async () => {
    for (const name of ['endless_loop', 'endless_loop_on_return']) {
      const component = await ThreadedComponent.load(hostile.read(name), DEADLINES);
      const policy = await component.compile('{}');
      for (let count = 0; count < 2; count += 1) {
        const start = performance.now();
        await assert.rejects(policy.tryDecide(DELETE), fails('deadline'), name);
        // A timer counts from the start of the turn of the event loop in which it is set, so it may be early.
        assert.ok(performance.now() - start >= DEADLINES.decideMs / 2, name);
        assert.equal((await policy.tryDecide(PUSH)).outcome, 'allow', name);
      }
      const denial = await policy.decide(DELETE);
      assert.deepEqual([denial.outcome, denial.code, denial.revision], ['deny', 'unavailable', 7]);
      policy.close();
    }
  });

  test('a document that is compiled for ever is ended at its deadline', async () => {
    for (const name of ['endless_loop_in_compile', 'endless_loop_in_start']) {
      const component = await ThreadedComponent.load(hostile.read(name), { ...DEADLINES, compileMs: 500 });
      await assert.rejects(component.compile('{}'), fails('deadline'), name);
    }
  });

  test('rules that are asked for without end are ended at their deadline', async () => {
    for (const name of ['endless_loop_in_rules', 'memory_bomb_in_rules']) {
      const component = await ThreadedComponent.load(hostile.read(name), { ...DEADLINES, compileMs: 700 });
      await assert.rejects(component.changeRules('{}', '{}'), fails('deadline'), name);
      await assert.rejects(component.importRules('tcr', '{}'), fails('deadline'), name);
      component.close();
    }
  });
});
