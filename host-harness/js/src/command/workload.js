// What `bench` asks: the policy and the events of `tagseal bench` in Rust, so that the figures of hosts can be compared.

/** @import {Event} from '../../types/index.d.ts' */

/** It has each kind of rule, and both kinds of namespace. */
export const POLICY = `{
  "version": 1,
  "instance": "bench",
  "rules": [
    { "id": 1, "namespace": "prod", "preset": "latest", "exempt": ["signatures", "referrers"] },
    { "id": 2, "namespace": "team", "exempt": ["signatures", "referrers"], "protects": [
      { "repositories": { "matches": "**" }, "tags": { "excludes": ["latest", "dev-*"] } } ] },
    { "id": 3, "namespace": "*", "protects": [
      { "repositories": { "matches": "**" }, "tags": { "matches": "@release" } } ] }
  ]
}`;

const NAMESPACES = ['prod', 'team', 'without-a-rule'];
const REPOSITORIES = 100;
const VERSIONS = 1_000;

/** Takes neighbours far apart. */
const STRIDE = 1_000_003;

/** So many events, in turn: a first push, the same content again, other content, `latest` moved, a tag deleted. @param {number} count */
export function workload(count) {
  return Array.from({ length: count }, (_, index) => event(index));
}

/** @param {number} index @returns {Event} */
function event(index) {
  const repository = `${NAMESPACES[(index * STRIDE) % NAMESPACES.length]}/team/app-${index % REPOSITORIES}`;
  const tag = `v1.${index % VERSIONS}.0`;
  const [pushed, other] = [digest(index), digest(index + 1)];
  const write = (/** @type {string} */ tag, /** @type {any} */ current) => ({ write: { repository, digest: pushed, tags: [{ tag, current }] } });
  switch (index % 5) {
    case 0:
      return write(tag, 'absent');
    case 1:
      return write(tag, pushed);
    case 2:
      return write(tag, other);
    case 3:
      return write('latest', other);
    default:
      return { 'delete-tag': { repository, tag } };
  }
}

/** @param {number} number @returns {any} */
const digest = (number) => `sha256:${number.toString(16).padStart(64, '0')}`;
