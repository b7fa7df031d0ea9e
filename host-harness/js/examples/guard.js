// A guard before a registry that answers requests with `fetch`: it asks a policy before a tag is written or deleted.

/** @import {Current, Decision, Event, Policy} from 'tagseal' */

/**
 * What answers a request of the registry's API.
 *
 * @typedef {(request: Request) => Promise<Response>} Handler
 */

const MANIFEST = /^\/v2\/(?<repository>.+)\/manifests\/(?<reference>[^/]+)$/;
const DIGEST = /^[a-z0-9]+:[0-9a-f]+$/;

/**
 * Puts a guard before a registry. Writes to one repository happen one after the other, so that what the policy decided still
 * holds when the registry writes. That is so for one instance of the program. Where the platform runs several, as Cloudflare
 * does, call it in a Durable Object, one for each repository.
 *
 * @param {Handler} registry
 * @param {Pick<Policy, 'decide'>} policy
 * @returns {Handler}
 */
export function guard(registry, policy) {
  /** @type {Map<string, Promise<unknown>>} */
  const queues = new Map();
  return async (request) => {
    const groups = MANIFEST.exec(new URL(request.url).pathname)?.groups;
    if (!groups || !['PUT', 'DELETE'].includes(request.method)) {
      return registry(request);
    }
    const { repository = '', reference = '' } = groups;
    return inTurn(queues, repository, async () => {
      // The body is read once here, and passed on as it was.
      const body = request.method === 'PUT' ? await request.arrayBuffer() : null;
      const event = body ? await writeEvent(registry, request, repository, reference, body) : deleteEvent(repository, reference);
      const decision = policy.decide(event);
      return decision.outcome === 'allow' ? registry(new Request(request, { body })) : denied(decision, body ? 409 : 405);
    });
  };
}

/** Waits for the writes to a repository that came before. @template T @param {Map<string, Promise<unknown>>} queues @param {string} name @param {() => Promise<T>} run */
function inTurn(queues, name, run) {
  const turn = (queues.get(name) ?? Promise.resolve()).then(run, run);
  queues.set(name, turn);
  const remove = () => void (queues.get(name) === turn && queues.delete(name));
  turn.then(remove, remove);
  return turn;
}

/** @param {Handler} registry @param {Request} request @param {string} repository @param {string} reference @param {ArrayBuffer} body @returns {Promise<Event>} */
async function writeEvent(registry, request, repository, reference, body) {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
  const digest = `sha256:${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  const tags = DIGEST.test(reference) ? [] : [{ tag: reference, current: await current(registry, request) }];
  return { write: { repository, digest, tags }, context: { time: now() } };
}

/** @param {string} repository @param {string} reference @returns {Event} */
function deleteEvent(repository, reference) {
  const context = { time: now() };
  // To find all tags of a manifest takes a look at each tag, so this guard says that it does not know them.
  return DIGEST.test(reference)
    ? { 'delete-manifest': { repository, digest: reference, tags: 'unknown' }, context }
    : { 'delete-tag': { repository, tag: reference }, context };
}

/** What a tag resolves to now, as the registry itself says. @param {Handler} registry @param {Request} request @returns {Promise<Current>} */
async function current(registry, { url, headers }) {
  const { status, headers: answer } = await registry(new Request(url, { method: 'HEAD', headers: headersOfRead(headers) }));
  const digest = answer.get('Docker-Content-Digest');
  if (status === 404) {
    return 'absent';
  }
  return status === 200 && digest && DIGEST.test(digest) ? /** @type {`${string}:${string}`} */ (digest) : 'unknown';
}

/** The credentials of a request, without what its body needs. @param {Headers} headers */
function headersOfRead(headers) {
  const read = new Headers({ Accept: '*/*' });
  const authorization = headers.get('Authorization');
  if (authorization) {
    read.set('Authorization', authorization);
  }
  return read;
}

/** The time in UTC, as policies have it. */
function now() {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}

/** @param {Decision} decision @param {number} status */
function denied({ message, code, rule }, status) {
  return Response.json({ errors: [{ code: 'DENIED', message, detail: { code, rule } }] }, { status });
}
