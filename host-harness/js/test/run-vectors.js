// Runs vectors on whatever platform this is, asks a thread once, and writes one line of JSON.

import { ThreadedComponent } from '../src/index.js';
import { component, componentBytes, vectorsPath } from './support.js';
import { readFolder } from './vectors/folder.js';
import { runVectors } from './vectors/run.js';

const areSmall = process.env['TAGSEAL_SMALL_VECTORS'] !== undefined;
const files = readFolder(vectorsPath).filter(({ name }) => !areSmall || !/limits|rules-listed/.test(name));

const policy = await (await ThreadedComponent.load(componentBytes)).compile(
  '{"version": 1, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}',
);
const { code } = await policy.decide({ 'delete-tag': { repository: 'prod/app', tag: 'v1' } });
policy.close();

const { passed, failed } = await runVectors(files, component);
console.log(JSON.stringify({ passed, failed, threaded: code }));
process.exitCode = failed.length > 0 ? 1 : 0;
