// The same files in Deno, Bun and workerd, whose binaries are packages of npm.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { componentBytes } from './support.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const binaries = join(root, 'node_modules/.bin');

/** Deno and Bun run the vectors but for those that are as large as they may be, which Node and Chromium run. */
const environment = { ...process.env, TAGSEAL_SMALL_VECTORS: '1' };

/** @param {string} binary @param {string[]} args */
function run(binary, args) {
  return execFileSync(join(binaries, binary), args, { cwd: root, env: environment, encoding: 'utf8', maxBuffer: 2 ** 26 });
}

/** @param {string} output */
function assertVectorsPass(output) {
  const { passed, failed, threaded } = JSON.parse(output);
  assert.deepEqual(failed, []);
  assert.ok(passed > 1_000, `${passed} vectors`);
  assert.equal(threaded, 'immutable');
}

suite('other platforms', () => {
  test('the vectors pass in Deno', () => {
    assertVectorsPass(run('deno', ['run', '--quiet', '--allow-read', '--allow-env', '--no-lock', 'test/run-vectors.js']));
  });

  test('the vectors pass in Bun', () => {
    assertVectorsPass(run('bun', ['test/run-vectors.js']));
  });

  test('the example worker runs in workerd from split modules', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tagseal-workerd-'));
    const port = await freePort();
    writeFileSync(join(folder, 'component.wasm'), componentBytes);
    execFileSync(process.execPath, ['bin/tagseal.js', 'split', '--component', join(folder, 'component.wasm'), join(folder, 'build')], { cwd: root });
    cpSync(join(root, 'examples'), folder, { recursive: true });
    mkdirSync(join(folder, 'tagseal'));
    cpSync(join(root, 'src'), join(folder, 'tagseal'), { recursive: true });
    writeFileSync(join(folder, 'config.capnp'), config(port));
    const workerd = spawn(join(binaries, 'workerd'), ['serve', 'config.capnp'], { cwd: folder, stdio: 'inherit' });
    try {
      const url = `http://127.0.0.1:${port}/v2/prod/app/manifests/v1`;
      assert.equal((await answered(url, 'one')).status, 201);
      assert.equal((await fetch(url, { method: 'PUT', body: 'one' })).status, 201);
      const denied = await fetch(url, { method: 'PUT', body: 'two' });
      assert.equal(denied.status, 409);
      const { errors } = /** @type {any} */ (await denied.json());
      assert.deepEqual([errors[0].code, errors[0].detail.code], ['DENIED', 'immutable']);
      assert.equal((await fetch(url, { method: 'DELETE' })).status, 405);
    } finally {
      workerd.kill();
      rmSync(folder, { recursive: true });
    }
  });
});

/** Pushes until the server answers. @param {string} url @param {string} body @returns {Promise<Response>} */
async function answered(url, body) {
  for (let count = 0; count < 300; count += 1) {
    try {
      return await fetch(url, { method: 'PUT', body });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error('workerd does not answer');
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** What workerd serves: the example, with each file of this package as a module. @param {number} port */
function config(port) {
  const sources = ['binary-reader', 'built-in', 'component-plan', 'component', 'contract', 'denial', 'error', 'event', 'guest-memory'];
  const more = ['index', 'instance', 'lift', 'lower', 'memory-cap', 'policy', 'settings', 'thread-worker', 'thread', 'value-type'];
  const modules = [
    '(name = "worker.js", esModule = embed "worker.js")',
    '(name = "guard.js", esModule = embed "guard.js")',
    '(name = "memory-registry.js", esModule = embed "memory-registry.js")',
    '(name = "build/component.js", esModule = embed "build/component.js")',
    ...[0, 1, 2, 3].map((index) => `(name = "build/core${index}.wasm", wasm = embed "build/core${index}.wasm")`),
    `(name = "tagseal", esModule = embed "tagseal/index.js")`,
    ...[...sources, ...more].map((name) => `(name = "${name}.js", esModule = embed "tagseal/${name}.js")`),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (modules = [${modules.join(', ')}], compatibilityDate = "2026-01-01"))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`;
}
