// Components that mean harm: each ends in its typed error, never in a permission, and the next question is answered.

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { CallError, Component, LoadError } from '../src/index.js';
import { assembleHostile } from './hostile.js';

/** @import {CallErrorCode, Event, LoadErrorCode} from '../types/index.d.ts' */

const MIB = 2 ** 20;
const SETTINGS = { memoryBytes: 64 * MIB, answerBytes: MIB };

/** What does no harm. @type {Event} */
const PUSH = { write: { repository: 'prod/app', digest: 'sha256:aa', tags: [] } };

/** What makes a component do the harm that it is written to do. @type {Event} */
const DELETE = { 'delete-tag': { repository: 'prod/app', tag: 'v1' } };

/** @type {ReturnType<typeof assembleHostile>} */
let hostile;

/** @param {string} name */
const load = (name) => Component.loadSync(hostile.read(name), SETTINGS);

/** @param {CallErrorCode} code */
const fails = (code) => (/** @type {unknown} */ error) => error instanceof CallError && error.code === code;

/** Asks three times for harm, each time followed by a question to the same policy that does none. @param {string} name @param {CallErrorCode} code */
function assertHarm(name, code) {
  const policy = load(name).compile('{}');
  for (let count = 0; count < 3; count += 1) {
    assert.throws(() => policy.tryDecide(DELETE), fails(code), name);
    assert.equal(policy.tryDecide(PUSH).outcome, 'allow', name);
  }
  const denial = policy.decide(DELETE);
  assert.deepEqual([denial.outcome, denial.code, denial.rule, denial.revision, denial.tags], ['deny', 'unavailable', null, 7, []]);
  assert.match(denial.message, /^no decision could be made: [ -~]{1,570}$/);
}

suite('hostile components', () => {
  before(() => {
    hostile = assembleHostile();
  });
  after(() => hostile.remove());

  test('a component that means no harm is answered', () => {
    const component = load('behaved');
    const policy = component.compile('{}');
    assert.equal(policy.revision, 7);
    assert.deepEqual(policy.warnings(), []);
    assert.equal(policy.tryDecide(PUSH).outcome, 'allow');
    assert.equal(policy.tryDecide(DELETE).outcome, 'allow');
    assert.deepEqual(policy.tryDecideBatch([PUSH, DELETE]), []);
    assert.equal(policy.tryDecideJson('{}'), '');
    assert.equal(component.listRulesJson('{}', '{}'), '');
    assert.equal(component.changeRules('{}', '{}').document, '');
    assert.equal(component.importRules('tcr', '{}').text, '');
    policy.close();
  });

  test('a trap ends its own call alone', () => {
    for (const name of ['trap', 'division', 'stack_overflow']) {
      assertHarm(name, 'trap');
    }
    for (const name of ['trap_in_compile', 'trap_in_start']) {
      assert.throws(() => load(name).compile('{}'), fails('trap'), name);
    }
  });

  test('memory over the cap is not given', () => {
    assertHarm('memory_bomb', 'memory');
    // Where more is asked for at once than there is, none is given, and the component goes on.
    assert.equal(load('memory_bomb_in_compile').compile('{}').tryDecide(PUSH).outcome, 'allow');
    assert.equal(load('table_bomb').compile('{}').tryDecide(DELETE).outcome, 'allow');
    assert.ok(process.memoryUsage.rss() < 1024 * MIB, `${process.memoryUsage.rss()} bytes`);
  });

  test('an answer that is too large or breaks the contract is not taken', () => {
    for (const name of ['giant_string', 'giant_list', 'answer_outside_memory', 'answer_not_text', 'answer_not_an_outcome']) {
      assertHarm(name, 'answer');
    }
    const policy = load('realloc_outside_memory').compile('{}');
    assert.throws(() => policy.tryDecide(PUSH), fails('answer'));
    assert.equal(policy.decide(PUSH).outcome, 'deny');
  });

  test('harm in other functions ends them, and not the policy', () => {
    for (const [name, code] of /** @type {[string, CallErrorCode][]} */ ([['trap_in_rules', 'trap'], ['giant_rules', 'answer']])) {
      const component = load(name);
      const policy = component.compile('{}');
      for (let count = 0; count < 2; count += 1) {
        assert.throws(() => component.listRulesJson('{}', '{}'), fails(code), name);
        assert.throws(() => component.changeRules('{}', '{}'), fails(code), name);
        assert.throws(() => component.importRules('tcr', '{}'), fails(code), name);
        assert.throws(() => component.exportRules('tcr', '{}'), fails(code), name);
        assert.throws(() => policy.explainJson('{}'), fails(code), name);
        assert.equal(policy.tryDecide(PUSH).outcome, 'allow', name);
      }
    }
    assert.throws(() => load('giant_refusal').changeRules('{}', '{}'), fails('answer'));
    assert.throws(() => load('trap_in_json').compile('{}').tryDecideJson('{}'), fails('trap'));
    assert.throws(() => load('trap_in_batch').compile('{}').tryDecideBatch([PUSH]), fails('trap'));
  });

  test('a policy that fails when it is closed is gone all the same', () => {
    const policy = load('trap_on_drop').compile('{}');
    assert.throws(() => policy.close(), fails('trap'));
    assert.equal(policy.decide(PUSH).code, 'unavailable');
  });

  test('what must not be loaded is refused before it runs', () => {
    for (const [name, code] of /** @type {[string, LoadErrorCode][]} */ ([
      ['import_wasi', 'imports'],
      ['import_unused', 'imports'],
      ['other_world', 'interface'],
      ['core_module', 'not-a-component'],
      ['initial_memory', 'memory'],
    ])) {
      assert.throws(() => load(name), (error) => error instanceof LoadError && error.code === code, name);
    }
  });
});
