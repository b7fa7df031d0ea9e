// Chromium with a page of this package, whose Content-Security-Policy allows no code but that of WebAssembly.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { componentBytes, vectorsPath } from './support.js';

/** The most that a page may take: all vectors on a machine that has more to do. */
const TIMEOUT_MS = 1_700_000;

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const root = fileURLToPath(new URL('..', import.meta.url));

const PAGE = '<!doctype html><script type="module" src="/test/browser-page.js"></script>';
const TYPES = new Map([['.js', 'text/javascript'], ['.html', 'text/html'], ['.json', 'application/json'], ['.wasm', 'application/wasm']]);

const HEADERS = {
  'Content-Security-Policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
  // A page of its own process has a finer clock.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Opens the page, and waits for its result: of all `vectors`, or of the `bench`.
 *
 * @param {'vectors' | 'bench'} what
 * @returns {Promise<{ version: string, result: any }>}
 */
export async function runInChromium(what) {
  const { server, address } = await serve();
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(error));
    await page.goto(`${address}/index.html?${what}`);
    const handle = await page.waitForFunction(() => /** @type {any} */ (globalThis).result, null, { timeout: TIMEOUT_MS });
    return { version: browser.version(), result: await handle.jsonValue() };
  } finally {
    await browser.close();
    server.close();
  }
}

/** Serves the files of this package, the component and the vectors to this machine. */
async function serve() {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const found = content(pathname);
    const type = TYPES.get(extname(pathname)) ?? 'text/plain';
    response.writeHead(found === null ? 404 : 200, { ...HEADERS, 'Content-Type': type });
    response.end(found ?? '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { server, address: `http://127.0.0.1:${port}` };
}

/** What the page asks for, by its path. @param {string} path @returns {string | Uint8Array | null} */
function content(path) {
  if (path === '/index.html') {
    return PAGE;
  }
  if (path === '/component.wasm') {
    return componentBytes;
  }
  if (path === '/vectors.json') {
    return JSON.stringify(readdirSync(vectorsPath).filter((name) => name.endsWith('.json') && name !== 'schema.json').sort());
  }
  const vector = /^\/vectors\/([\w-]+\.json)$/.exec(path);
  const file = vector ? join(vectorsPath, vector[1] ?? '') : join(root, path);
  return !path.includes('..') && existsSync(file) ? readFileSync(file) : null;
}
