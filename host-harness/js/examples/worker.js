// A registry on Cloudflare Workers with the guard before it. `tagseal split build` writes what it imports as the component.

import { Component } from 'tagseal';
// @ts-ignore: it is written by `tagseal split`.
import * as parts from './build/component.js';
import { guard } from './guard.js';
import { memoryRegistry } from './memory-registry.js';

const component = Component.fromModules(parts);
const policy = component.compile('{"version": 1, "rules": [{"id": 1, "namespace": "prod", "preset": "latest"}]}');
const registry = guard(memoryRegistry(), policy);

export default {
  /** @param {Request} request */
  fetch: (request) => registry(request),
};
