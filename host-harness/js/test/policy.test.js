// What vectors can't see: how the objects of this package behave.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CallError, DocumentError, RefusedError } from '../src/index.js';
import { component } from './support.js';

/** @import {Event} from '../types/index.d.ts' */

const DOCUMENT = '{"version": 1, "revision": 7, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}';
const [A, B] = ['a', 'b'].map((digit) => /** @type {const} */ (`sha256:${digit.repeat(64)}`));

/** @param {any} current @returns {Event} */
const push = (current) => ({ write: { repository: 'prod/app', digest: B, tags: [{ tag: 'v1', current }] } });

suite('a policy', () => {
  test('a first push is allowed, and another digest after it is not', () => {
    const policy = component.compile(DOCUMENT);
    assert.deepEqual(policy.decide(push('absent')), {
      outcome: 'allow',
      code: 'first-push',
      rule: 1,
      namespace: 'prod',
      pair: 0,
      revision: 7,
      message: '',
      tags: [{ tag: 'v1', outcome: 'allow', code: 'first-push', rule: 1, namespace: 'prod', pair: 0, precondition: 'absent' }],
    });
    const denied = policy.decide(push(A));
    assert.equal(denied.code, 'immutable');
    assert.match(denied.message, /^tag v1 of prod\/app cannot be overwritten because the tag is immutable \(rule 1, namespace prod\)/);
  });

  test('typed and JSON decisions are the same', () => {
    const policy = component.compile(DOCUMENT);
    for (const current of ['absent', 'unknown', A, B, { retired: A }]) {
      const event = push(current);
      assert.equal(JSON.stringify(policy.decide(event)), policy.decideJson(JSON.stringify(event)));
    }
  });

  test('what does not have the form of an event is denied as malformed', () => {
    const policy = component.compile(DOCUMENT);
    for (const event of [null, 7, [], {}, { write: {} }, { write: null }, push(3), { ...push('absent'), context: 3 }, push('\ud800')]) {
      assert.deepEqual([policy.decide(/** @type {any} */ (event)).code], ['malformed'], JSON.stringify(event));
    }
    assert.equal(policy.decide(/** @type {any} */ (undefined)).code, 'malformed');
    assert.equal(policy.decide(/** @type {any} */ ({ write: { repository: 1n } })).outcome, 'deny');
  });

  test('a batch has the answer of one question for each event', () => {
    const policy = component.compile(DOCUMENT);
    const events = [push('absent'), push(A), { 'delete-tag': { repository: 'prod/app', tag: 'v1' } }];
    assert.deepEqual(policy.tryDecideBatch(events), events.map((event) => policy.decide(event)));
    assert.deepEqual(policy.tryDecideBatch([]), []);
    const broken = [push('absent'), /** @type {any} */ ({})];
    assert.deepEqual(policy.tryDecideBatch(broken).map(({ code }) => code), ['first-push', 'malformed']);
  });

  test('texts with characters of every length arrive', () => {
    const note = 'aé€😀 '.repeat(50);
    const document = JSON.stringify({ version: 1, rules: [{ id: 1, namespace: 'prod', preset: 'latest', note }] });
    assert.equal(component.listRules(document).rules[0]?.['note'], note);
    assert.equal(JSON.parse(component.changeRules(document, { disable: { id: 1 } }).document).rules[0].note, note);
  });

  test('a policy that is closed denies, and closing twice is fine', () => {
    const policy = component.compile(DOCUMENT);
    policy.close();
    policy.close();
    const decision = policy.decide(push('absent'));
    assert.deepEqual([decision.outcome, decision.code, decision.revision], ['deny', 'unavailable', 7]);
    assert.equal(policy.decideJson('{}'), JSON.stringify(policy.decide(push('absent'))));
    assert.throws(() => policy.tryDecide(push('absent')), (error) => error instanceof CallError && error.code === 'closed');
  });

  test('`using` closes a policy', () => {
    const policy = component.compile(DOCUMENT);
    policy[Symbol.dispose]();
    assert.equal(policy.decide(push('absent')).code, 'unavailable');
  });

  test('policies that are let go of do not fill the memory', () => {
    for (let count = 0; count < 300; count += 1) {
      assert.equal(component.compile(DOCUMENT).decide(push('absent')).outcome, 'allow');
    }
    assert.ok(process.memoryUsage.rss() < 2 ** 30, `${process.memoryUsage.rss()} bytes`);
  });

  test('an invalid document is refused with every problem', () => {
    assert.throws(
      () => component.compile('{"version": 1, "rules": [{"id": 0}, 7]}'),
      (error) => error instanceof DocumentError && error.diagnostics.length >= 2 && error.diagnostics[0]?.pointer.startsWith('/rules/0'),
    );
  });

  test('a change that is refused says why', () => {
    assert.throws(
      () => component.changeRules(DOCUMENT, { disable: { id: 9 } }),
      (error) => error instanceof RefusedError && error.refusal.code === 'not-found' && error.refusal.rule === 9,
    );
  });

  test('rules are changed, imported and exported', () => {
    const changed = component.changeRules(DOCUMENT, { create: { namespace: 'dev', preset: 'latest' } });
    assert.deepEqual([changed.revision, changed.rules.map(({ id }) => id)], [8, [2]]);
    const exported = component.exportRules('tcr', DOCUMENT);
    assert.equal(JSON.parse(component.importRules('tcr', exported.text).text).rules[0].namespace, 'prod');
  });

  test('a policy explains itself', () => {
    const explanation = component.compile(DOCUMENT).explain({ repository: 'prod/app', tag: 'v1' });
    assert.equal(explanation.outcomes?.['push-other'].code, 'immutable');
  });
});
