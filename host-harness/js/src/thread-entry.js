// The file that a thread starts with, in Node and wherever there are web workers.

import { answering } from './thread-worker.js';

// Threads of Node have a port; web workers, which Deno and Bun have too, are asked as a whole.
if (typeof globalThis.postMessage !== 'function') {
  const { parentPort } = await import('node:worker_threads');
  const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);
  port.on('message', answering((message) => port.postMessage(message)));
} else {
  const answer = answering((message) => globalThis.postMessage(message));
  globalThis.addEventListener('message', ({ data }) => answer(data));
}
