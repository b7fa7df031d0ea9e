// Copies the component into the package before it is packed, from the one place in a checkout where it is kept.

import { copyFileSync, rmSync } from 'node:fs';

const packed = new URL('../tagseal.wasm', import.meta.url);
const kept = new URL('../../go/tagseal.wasm', import.meta.url);

if (process.argv.includes('--remove')) {
  rmSync(packed, { force: true });
} else {
  copyFileSync(kept, packed);
}
