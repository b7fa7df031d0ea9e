// `tagseal bench`: measures this host, and writes one line of JSON.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EXIT, Fault } from './fault.js';
import { loadComponent } from './files.js';
import { POLICY, workload } from './workload.js';

export const usage = 'tagseal bench [--component FILE] [--vectors FOLDER]';

const EVENTS = 100_000;

/**
 * @param {string[]} positionals
 * @param {{ component?: string | undefined, vectors?: string | undefined }} options
 */
export async function bench(positionals, { component, vectors }) {
  if (positionals.length > 0) {
    throw new Fault(EXIT.usage, `wrong number of arguments; usage: ${usage}`);
  }
  const policy = (await loadComponent(component)).compile(POLICY);
  const events = workload(EVENTS);
  const texts = events.map((event) => JSON.stringify(event));
  const typed = percentiles((index) => policy.tryDecide(/** @type {any} */ (events[index])));
  const json = percentiles((index) => policy.tryDecideJson(texts[index] ?? ''));
  const line = {
    host: 'JavaScript',
    version: `Node ${process.versions.node}, V8 ${process.versions.v8}`,
    depends_on: [],
    decide_typed_ns_p50: typed.p50,
    decide_typed_ns_p99: typed.p99,
    decide_json_ns_p50: json.p50,
    decide_json_ns_p99: json.p99,
    ...(vectors === undefined ? {} : vectorCounts(component, vectors)),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  return EXIT.fine;
}

/** The median and what one decision in a hundred exceeds, after V8 has compiled what is asked often. @param {(index: number) => unknown} ask */
function percentiles(ask) {
  const samples = new Float64Array(EVENTS);
  for (let round = 0; round < 2; round += 1) {
    for (let index = 0; index < EVENTS; index += 1) {
      const start = process.hrtime.bigint();
      ask(index);
      samples[index] = Number(process.hrtime.bigint() - start);
    }
  }
  samples.sort();
  return { p50: samples[EVENTS / 2], p99: samples[EVENTS * 0.99] };
}

/** How many vectors of a folder pass, by the runner of the checkout. @param {string | undefined} component @param {string} folder */
function vectorCounts(component, folder) {
  const runner = fileURLToPath(new URL('../../test/run-vectors.js', import.meta.url));
  const named = component === undefined ? {} : { TAGSEAL_COMPONENT: component };
  const env = { ...process.env, ...named, TAGSEAL_VECTORS: folder };
  const { stdout, stderr, status } = spawnSync(process.execPath, [runner], { env, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0 && stdout === '') {
    throw new Fault(EXIT.failed, `the runner of the vectors, which only a checkout has, failed: ${stderr}`);
  }
  const { passed, failed } = JSON.parse(stdout);
  return { vectors_passed: passed, vectors_failed: failed.length };
}
