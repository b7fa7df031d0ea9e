// The component that this package brings.

/** Where it is: in the package, and in a checkout of the project, where the one copy of it lies with the host for Go. */
const PLACES = ['../tagseal.wasm', '../../go/tagseal.wasm'];

/**
 * The bytes of the component that this package brings.
 *
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function builtInBytes() {
  for (const place of PLACES) {
    const bytes = await read(new URL(place, import.meta.url));
    if (bytes) {
      return bytes;
    }
  }
  throw new Error('this package brings no component; load one from a file');
}

/** @param {URL} url @returns {Promise<Uint8Array<ArrayBuffer> | null>} */
async function read(url) {
  if (url.protocol !== 'file:') {
    const response = await fetch(url);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  }
  const { readFile } = await import('node:fs/promises');
  try {
    return new Uint8Array(await readFile(url));
  } catch {
    return null;
  }
}
