// What runs in the page that `chromium.js` opens: `index.html?vectors` or `index.html?bench`.

import { POLICY, workload } from '../src/command/workload.js';
import { Component, ThreadedComponent } from '../src/index.js';
import { parseFile } from './vectors/file.js';
import { runVectors } from './vectors/run.js';

const EVENTS = 100_000;

/** So many decisions are timed at once, because the clock of a page is coarse. */
const BATCH = 100;

const bytes = new Uint8Array(await (await fetch('/component.wasm')).arrayBuffer());
globalThis.result = location.search === '?bench' ? await bench() : await vectors();

async function vectors() {
  const names = await (await fetch('/vectors.json')).json();
  const files = [];
  for (const name of names) {
    files.push(parseFile(name, await (await fetch(`/vectors/${name}`)).text()));
  }
  const threaded = await ThreadedComponent.load(bytes);
  const policy = await threaded.compile('{"version": 1, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}');
  const decision = await policy.decide({ 'delete-tag': { repository: 'prod/app', tag: 'v1' } });
  policy.close();
  const { passed, failed } = await runVectors(files, await Component.load(bytes));
  return { passed, failed, evalIsRefused: evalIsRefused(), threaded: decision.code };
}

function evalIsRefused() {
  try {
    return Boolean(new Function('return false')());
  } catch {
    return true;
  }
}

async function bench() {
  const policy = (await Component.load(bytes)).compile(POLICY);
  const events = workload(EVENTS);
  const texts = events.map((event) => JSON.stringify(event));
  return {
    decide_typed_ns_p50: median((index) => policy.tryDecide(/** @type {any} */ (events[index]))),
    decide_json_ns_p50: median((index) => policy.tryDecideJson(texts[index] ?? '')),
  };
}

/** The median of batches, in nanoseconds for one decision, after V8 has compiled what is asked often. @param {(index: number) => unknown} ask */
function median(ask) {
  const samples = new Float64Array(EVENTS / BATCH);
  for (let round = 0; round < 2; round += 1) {
    for (let batch = 0; batch < samples.length; batch += 1) {
      const start = performance.now();
      for (let index = batch * BATCH; index < (batch + 1) * BATCH; index += 1) {
        ask(index);
      }
      samples[batch] = ((performance.now() - start) * 1e6) / BATCH;
    }
  }
  samples.sort();
  return Math.round(samples[samples.length / 2] ?? 0);
}
