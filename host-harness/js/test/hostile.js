// The hostile components of `tests/hostile`, which are text, as binaries.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A folder in which they are binaries already. */
const binaries = process.env['TAGSEAL_HOSTILE'];

const source = fileURLToPath(new URL('../../../tests/hostile', import.meta.url));
const python = process.env['TAGSEAL_PYTHON'] ?? 'python3';
const script = fileURLToPath(new URL('assemble_hostile.py', import.meta.url));

/** The components: those of the folder that `TAGSEAL_HOSTILE` names, else written to a folder of their own. */
export function assembleHostile() {
  const folder = binaries ?? assembled();
  return {
    /** @param {string} name */
    read: (name) => new Uint8Array(readFileSync(join(folder, `${name}.wasm`))),
    remove: () => void (binaries === undefined && rmSync(folder, { recursive: true })),
  };
}

function assembled() {
  const folder = mkdtempSync(join(tmpdir(), 'tagseal-hostile-'));
  execFileSync(python, [script, source, folder], { stdio: 'inherit' });
  return folder;
}
