// Runs all `vectors` or the `bench` in Chromium, and writes one line of JSON: `run-in-chromium.js vectors|bench`.

import { runInChromium } from './chromium.js';

const what = process.argv[2] === 'bench' ? 'bench' : 'vectors';
const { version, result } = await runInChromium(what);
const line =
  what === 'bench'
    ? { version: `Chromium ${version}`, depends_on: [], ...result }
    : { vectors_passed: result.passed, vectors_failed: result.failed.length, failed: result.failed };
console.log(JSON.stringify(line));
