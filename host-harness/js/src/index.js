// Tagseal: decides by a WebAssembly component whether a tag of a container registry may be written or deleted.

export { builtInBytes } from './built-in.js';
export { Component, split } from './component.js';
export { denial } from './denial.js';
export { CallError, DocumentError, LoadError, RefusedError, TagsealError } from './error.js';
export { Policy } from './policy.js';
export { DEFAULT_SETTINGS } from './settings.js';
export { DEFAULT_DEADLINES, ThreadedComponent, ThreadedPolicy } from './thread.js';
