// The module is what its types say, and programs that use them are checked.

import * as source from '../src/index.js';
import type * as declared from '../types/index.d.ts';

/** Each class, but for its constructor, which is not for programs. */
type Instances<Module> = {
  [Name in keyof Module]: Module[Name] extends abstract new (...args: never[]) => infer Instance ? Instance : Module[Name];
};

declare const instances: Instances<Omit<typeof source, 'Component' | 'Policy' | 'ThreadedComponent' | 'ThreadedPolicy'>>;
export const module: Instances<Omit<typeof declared, 'Component' | 'Policy' | 'ThreadedComponent' | 'ThreadedPolicy'>> = instances;

export const component: (source: source.Component) => declared.Component = (source) => source;
export const policy: (source: source.Policy) => declared.Policy = (source) => source;
export const threaded: (source: source.ThreadedComponent) => declared.ThreadedComponent = (source) => source;
export const threadedPolicy: (source: source.ThreadedPolicy) => declared.ThreadedPolicy = (source) => source;

export const load: typeof declared.Component.load = (bytes, settings) => source.Component.load(bytes, settings);
export const loadSync: typeof declared.Component.loadSync = (bytes, settings) => source.Component.loadSync(bytes, settings);

export function program(policy: declared.Policy): string {
  const event: declared.Event = {
    write: { repository: 'prod/app', digest: 'sha256:aa', tags: [{ tag: 'v1', current: { retired: 'sha256:bb' } }] },
    context: { time: '2026-12-01T17:00:00Z' },
  };
  const { outcome, tags } = policy.decide(event);
  // @ts-expect-error: an outcome has two words.
  const isPerhaps = outcome === 'perhaps';
  // @ts-expect-error: a tag is deleted in a repository.
  policy.decide({ 'delete-tag': { tag: 'v1' } });
  // @ts-expect-error: the revision is read only.
  policy.revision = 3;
  return isPerhaps ? '' : (tags[0]?.precondition ?? 'unconditional');
}
