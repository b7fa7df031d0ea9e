// The same files in Chromium.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInChromium } from './chromium.js';

test('all vectors pass in Chromium', { timeout: 1_800_000 }, async () => {
  const { version, result } = await runInChromium('vectors');
  const { passed, failed, evalIsRefused, threaded } = result;
  assert.deepEqual(failed, []);
  assert.ok(passed > 1_000, `${passed} vectors`);
  assert.ok(evalIsRefused, 'the page allows code from text, so it proves nothing');
  assert.equal(threaded, 'immutable');
  console.log(`# ${passed} vectors passed in Chromium ${version}`);
});
