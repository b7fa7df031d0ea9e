// The example of a registry with a guard before it.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { guard } from '../examples/guard.js';
import { memoryRegistry } from '../examples/memory-registry.js';
import { component } from './support.js';

const policy = component.compile('{"version": 1, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}');
const TYPE = 'application/vnd.oci.image.manifest.v1+json';

/** @param {ReturnType<typeof memoryRegistry>} registry @param {string} method @param {string} reference @param {string} [body] */
function ask(registry, method, reference, body) {
  const init = body === undefined ? { method } : { method, body, headers: { 'Content-Type': TYPE } };
  return registry(new Request(`http://registry.example/v2/${reference}`, init));
}

suite('the guard of a registry', () => {
  test('another manifest under a protected tag is answered 409 with DENIED', async () => {
    const registry = guard(memoryRegistry(), policy);
    assert.equal((await ask(registry, 'PUT', 'prod/app/manifests/v1', 'one')).status, 201);
    assert.equal((await ask(registry, 'PUT', 'prod/app/manifests/v1', 'one')).status, 201);
    const denied = await ask(registry, 'PUT', 'prod/app/manifests/v1', 'two');
    assert.equal(denied.status, 409);
    const { errors } = await denied.json();
    assert.equal(errors[0].code, 'DENIED');
    assert.match(errors[0].message, /^tag v1 of prod\/app .*rule 1/);
    assert.deepEqual(errors[0].detail, { code: 'immutable', rule: 1 });
    assert.equal(await (await ask(registry, 'GET', 'prod/app/manifests/v1')).text(), 'one');
  });

  test('what no rule protects moves', async () => {
    const registry = guard(memoryRegistry(), policy);
    for (const name of ['prod/app/manifests/latest', 'dev/app/manifests/v1']) {
      for (const body of ['one', 'two']) {
        assert.equal((await ask(registry, 'PUT', name, body)).status, 201, name);
      }
      assert.equal(await (await ask(registry, 'GET', name)).text(), 'two', name);
      assert.equal((await ask(registry, 'DELETE', name)).status, 202, name);
    }
  });

  test('a protected tag and its manifest are not deleted', async () => {
    const registry = guard(memoryRegistry(), policy);
    const pushed = await ask(registry, 'PUT', 'prod/app/manifests/v1', 'one');
    assert.equal((await ask(registry, 'DELETE', 'prod/app/manifests/v1')).status, 405);
    const digest = pushed.headers.get('Docker-Content-Digest');
    assert.equal((await ask(registry, 'DELETE', `prod/app/manifests/${digest}`)).status, 405);
    assert.equal((await ask(registry, 'HEAD', 'prod/app/manifests/v1')).status, 200);
  });

  test('of many first pushes at once, one wins', async () => {
    const registry = guard(memoryRegistry(), policy);
    const bodies = Array.from({ length: 32 }, (_, index) => `manifest ${index}`);
    const statuses = await Promise.all(bodies.map(async (body) => (await ask(registry, 'PUT', 'prod/app/manifests/v1', body)).status));
    assert.deepEqual(statuses.toSorted(), [201, ...Array.from({ length: 31 }, () => 409)]);
    assert.equal(await (await ask(registry, 'GET', 'prod/app/manifests/v1')).text(), bodies[statuses.indexOf(201)]);
  });

  test('a registry that can not say what a tag is gets no write', async () => {
    const broken = guard(async (request) => new Response(null, { status: request.method === 'HEAD' ? 500 : 201 }), policy);
    const denied = await ask(broken, 'PUT', 'prod/app/manifests/v1', 'one');
    assert.equal(denied.status, 409);
    assert.equal((await denied.json()).errors[0].detail.code, 'state-unknown');
  });

  test('a request that fails does not hold up the next one', async () => {
    let isBroken = true;
    const inner = memoryRegistry();
    const registry = guard(async (request) => {
      if (isBroken && request.method === 'PUT') {
        throw new Error('the store is away');
      }
      return inner(request);
    }, policy);
    await assert.rejects(ask(registry, 'PUT', 'prod/app/manifests/v1', 'one'));
    isBroken = false;
    assert.equal((await ask(registry, 'PUT', 'prod/app/manifests/v1', 'one')).status, 201);
  });
});
