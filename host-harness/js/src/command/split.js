// `tagseal split COMPONENT FOLDER`: writes a component as core modules, for platforms where code may not be made from bytes.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { split } from '../component.js';
import { EXIT, Fault } from './fault.js';
import { componentBytes } from './files.js';

export const usage = 'tagseal split [--component FILE] [--memory BYTES] FOLDER';

/**
 * Writes the core modules, and a module of JavaScript that imports them and exports what `Component.fromModules` takes.
 *
 * @param {string[]} paths
 * @param {{ component?: string | undefined, memory?: string | undefined }} options
 */
export async function splitToFolder(paths, { component, memory }) {
  const [folder, ...others] = paths;
  if (folder === undefined || others.length > 0) {
    throw new Fault(EXIT.usage, `wrong number of arguments; usage: ${usage}`);
  }
  const { plan, modules } = split(await componentBytes(component), memory === undefined ? undefined : bytes(memory));
  await mkdir(folder, { recursive: true });
  await Promise.all(modules.map((module, index) => writeFile(join(folder, `core${index}.wasm`), module)));
  const imports = modules.map((_, index) => `import core${index} from './core${index}.wasm';`);
  const names = modules.map((_, index) => `core${index}`).join(', ');
  const plain = JSON.stringify(plan, null, 2);
  const lines = ["// Written by `tagseal split`. Pass it to `Component.fromModules`.", ...imports, '', `export const modules = [${names}];`];
  await writeFile(join(folder, 'component.js'), `${lines.join('\n')}\nexport const plan = ${plain};\n`);
  return EXIT.fine;
}

/** @param {string} text */
function bytes(text) {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number <= 0) {
    throw new Fault(EXIT.usage, `\`${text}\` is not a number of bytes`);
  }
  return number;
}
