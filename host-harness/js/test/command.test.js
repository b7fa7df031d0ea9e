// The command: its input, its output and its exit codes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Component } from '../src/index.js';
import { componentBytes } from './support.js';

const command = fileURLToPath(new URL('../bin/tagseal.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tagseal-command-'));
const policy = join(folder, 'policy.json');
const component = join(folder, 'component.wasm');

const DELETE = '{"delete-tag": {"repository": "prod/app", "tag": "v1"}}';
const PUSH = `{"write": {"repository": "prod/app", "digest": "sha256:${'a'.repeat(64)}", "tags": [{"tag": "v1", "current": "absent"}]}}`;

/** @param {string[]} args @param {string | Uint8Array} [input] */
function run(args, input = '') {
  const environment = { ...process.env, TAGSEAL_COMPONENT: component };
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { input, env: environment, encoding: 'utf8', maxBuffer: 2 ** 26 });
  return { status, stderr, lines: stdout.split('\n').slice(0, -1) };
}

suite('the command', () => {
  before(() => {
    writeFileSync(policy, '{"version": 1, "revision": 7, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}');
    writeFileSync(component, componentBytes);
  });
  after(() => rmSync(folder, { recursive: true }));

  test('each line is answered by one decision, in order', () => {
    const { status, lines } = run(['decide', policy], `${PUSH}\n${DELETE}\nno event\n\n${PUSH}`);
    assert.deepEqual(lines.map((line) => JSON.parse(line).code), ['first-push', 'immutable', 'malformed', 'malformed', 'first-push']);
    assert.equal(status, 1);
  });

  test('what is allowed ends well', () => {
    assert.equal(run(['decide', policy], `${PUSH}\n`).status, 0);
  });

  test('without an event nothing is allowed', () => {
    const stderr = 'error: there is no event, so nothing was decided; give events as lines of JSON\n';
    assert.deepEqual(run(['decide', policy]), { status: 2, stderr, lines: [] });
  });

  test('an empty line is denied, and says so', () => {
    const { status, lines } = run(['decide', policy], '\n \t\f\r\n\v\n');
    const empty = 'malformed event: the line is empty; write an event on it, or remove it';
    const messages = lines.map((line) => JSON.parse(line).message);
    assert.deepEqual([status, messages.length, ...messages.slice(0, 2)], [1, 3, empty, empty]);
    assert.match(messages[2], /from line 1, byte 1 on/);
  });

  test('a line that is not UTF-8 or too long is denied, and the next one is answered', () => {
    const long = Buffer.alloc(2 ** 20 + 1, 'x');
    const { status, lines } = run(['decide', policy], Buffer.concat([Buffer.from([0xff, 0x0a]), long, Buffer.from(`\n${PUSH}\n`), long]));
    assert.deepEqual(lines.map((line) => JSON.parse(line).code), ['malformed', 'malformed', 'first-push', 'malformed']);
    assert.match(lines[0] ?? '', /not UTF-8/);
    assert.match(lines[1] ?? '', /longer than 1048576 bytes/);
    assert.equal(status, 1);
  });

  test('events are read from a file, and the policy from standard input', () => {
    const events = join(folder, 'events.jsonl');
    writeFileSync(events, `${DELETE}\n`);
    assert.equal(run(['decide', policy, events]).lines.length, 1);
    assert.equal(run(['decide', '-', events], '{"version": 1, "rules": []}').status, 0);
    assert.equal(run(['decide', '-', '-']).status, 2);
  });

  test('wrong usage, an unreadable file and an invalid policy end with 2', () => {
    const invalid = join(folder, 'invalid.json');
    writeFileSync(invalid, '{"version": 1, "rules": 3}');
    const { status, stderr } = run(['decide', invalid]);
    assert.equal(status, 2);
    assert.match(stderr, /^error: 1:\d+: .*\n {2}= help: .*\nerror: the document is invalid: 1 problem\n$/);
    for (const args of [['decide', join(folder, 'missing')], ['decide'], ['guess'], ['decide', policy, '--guess']]) {
      assert.equal(run(args).status, 2, args.join(' '));
    }
  });

  test('a component that is refused ends with 3, and one that can not be read with 2', () => {
    assert.equal(run(['decide', '--component', policy, policy], DELETE).status, 3);
    assert.equal(run(['decide', '--component', join(folder, 'missing'), policy], DELETE).status, 2);
  });

  test('a component is split into modules that work', async () => {
    const target = join(folder, 'split');
    assert.equal(run(['split', target]).status, 0);
    // Node imports no WebAssembly without a flag, so the modules are read here.
    const { readFileSync } = await import('node:fs');
    const text = readFileSync(join(target, 'component.js'), 'utf8');
    const names = [...text.matchAll(/from '\.\/(core\d+\.wasm)'/g)].map(([, name]) => name ?? '');
    const modules = names.map((name) => new WebAssembly.Module(readFileSync(join(target, name))));
    const plan = JSON.parse(text.slice(text.indexOf('export const plan = ') + 'export const plan = '.length, text.lastIndexOf(';')));
    const decision = Component.fromModules({ plan, modules }).compile('{"version": 1, "rules": []}').decide(JSON.parse(DELETE));
    assert.equal(decision.code, 'unprotected');
  });
});
