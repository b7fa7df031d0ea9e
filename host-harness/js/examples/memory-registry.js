// The manifests of a registry, kept in memory: as much of the OCI distribution API as the example needs.

const MANIFEST = /^\/v2\/(?<repository>.+)\/manifests\/(?<reference>[^/]+)$/;

/** @typedef {{ type: string, body: ArrayBuffer }} Manifest */

/** Makes an empty registry. @returns {(request: Request) => Promise<Response>} */
export function memoryRegistry() {
  /** @type {Map<string, Manifest>} */
  const manifests = new Map();
  /** @type {Map<string, string>} */
  const tags = new Map();

  /** @param {string} repository @param {string} reference */
  const digestOf = (repository, reference) => (reference.includes(':') ? reference : tags.get(`${repository}:${reference}`));

  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/v2/') {
      return Response.json({});
    }
    const groups = MANIFEST.exec(pathname)?.groups;
    if (!groups) {
      return failure(404, 'NOT_FOUND');
    }
    const { repository = '', reference = '' } = groups;
    if (request.method === 'PUT') {
      const body = await request.arrayBuffer();
      const digest = await sha256(body);
      manifests.set(`${repository}@${digest}`, { type: request.headers.get('Content-Type') ?? '', body });
      if (!reference.includes(':')) {
        tags.set(`${repository}:${reference}`, digest);
      }
      return new Response(null, { status: 201, headers: { 'Docker-Content-Digest': digest } });
    }
    const digest = digestOf(repository, reference);
    const manifest = manifests.get(`${repository}@${digest}`);
    if (!digest || !manifest) {
      return failure(404, 'MANIFEST_UNKNOWN');
    }
    if (request.method === 'DELETE') {
      reference.includes(':') ? manifests.delete(`${repository}@${digest}`) : tags.delete(`${repository}:${reference}`);
      return new Response(null, { status: 202 });
    }
    const headers = { 'Content-Type': manifest.type, 'Docker-Content-Digest': digest };
    return new Response(request.method === 'HEAD' ? null : manifest.body, { headers });
  };
}

/** @param {ArrayBuffer} body */
async function sha256(body) {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
  return `sha256:${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** @param {number} status @param {string} code */
function failure(status, code) {
  return Response.json({ errors: [{ code, message: 'there is no such thing' }] }, { status });
}
