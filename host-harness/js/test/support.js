// What several suites need: the component that is tested, and where the vectors are.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Component, builtInBytes } from '../src/index.js';

const named = process.env['TAGSEAL_COMPONENT'];

/** The bytes of the component that is tested. */
export const componentBytes = named ? new Uint8Array(readFileSync(named)) : await builtInBytes();

/** The component that is tested. */
export const component = Component.loadSync(componentBytes);

/** The folder of the vectors. */
export const vectorsPath = process.env['TAGSEAL_VECTORS'] ?? fileURLToPath(new URL('../../../tests/vectors', import.meta.url));
