// What a component must export: `wit/tag-policy.wit` as data. A test compares it with the table that is made from the WIT.

import { borrow, enumeration, list, option, own, primitive, record, result, tuple, variant } from './value-type.js';

/** @import {FunctionType} from './value-type.js' */

/** The interface's name. Its version is a part of it. */
export const INTERFACE = 'tagseal:policy/tag-policy@0.2.0';

/** The name of the contract's only resource. */
export const RESOURCE = { name: 'policy' };

const bool = primitive('bool');
const u32 = primitive('u32');
const u64 = primitive('u64');
const string = primitive('string');

const outcome = enumeration('allow', 'deny');
const precondition = enumeration('unconditional', 'absent', 'unchanged');
const current = variant({ absent: null, digest: string, unknown: null, retired: string });
const tagWrite = record({ tag: string, current });
const write = record({ repository: string, digest: string, tags: list(tagWrite) });
const deleteTag = record({ repository: string, tag: string, remembers: bool });
const manifestTags = variant({ known: list(string), unknown: null });
const deleteManifest = record({ repository: string, digest: string, tags: manifestTags, remembers: bool });
const operation = variant({ write, 'delete-tag': deleteTag, 'delete-manifest': deleteManifest });
const event = record({ operation, context: list(tuple(string, string)) });

const tagDecision = record({
  tag: string,
  outcome,
  code: string,
  rule: option(u64),
  namespace: option(string),
  pair: option(u32),
  precondition,
});
const decision = record({
  outcome,
  code: string,
  rule: option(u64),
  namespace: option(string),
  pair: option(u32),
  revision: u64,
  message: string,
  tags: list(tagDecision),
});

const severity = enumeration('problem', 'warning');
const diagnostic = record({ severity, pointer: string, line: u32, column: u32, message: string, help: string });
const diagnostics = list(diagnostic);
const refusal = record({ code: string, message: string, rule: option(u64), diagnostics });
const changedRule = record({ id: u64, rule: option(string), warnings: diagnostics });
const changed = record({ document: string, revision: u64, rules: list(changedRule) });
const converted = record({ text: string, losses: diagnostics });

const self = borrow(RESOURCE);

/** The types that have a name in the contract. */
export const TYPES = {
  outcome,
  precondition,
  current,
  'tag-write': tagWrite,
  write,
  'delete-tag': deleteTag,
  'manifest-tags': manifestTags,
  'delete-manifest': deleteManifest,
  operation,
  event,
  'tag-decision': tagDecision,
  decision,
  severity,
  diagnostic,
  refusal,
  'changed-rule': changedRule,
  changed,
  converted,
};

/**
 * The functions, by the names under which a component exports them.
 *
 * @satisfies {Record<string, FunctionType>}
 */
export const FUNCTIONS = {
  '[static]policy.compile': { parameters: [['document', string]], result: result(own(RESOURCE), diagnostics) },
  '[method]policy.evaluate': { parameters: [['self', self], ['event', event]], result: decision },
  '[method]policy.evaluate-batch': { parameters: [['self', self], ['events', list(event)]], result: list(decision) },
  '[method]policy.evaluate-json': { parameters: [['self', self], ['event', string]], result: string },
  '[method]policy.warnings': { parameters: [['self', self]], result: diagnostics },
  '[method]policy.revision': { parameters: [['self', self]], result: u64 },
  '[method]policy.explain-json': { parameters: [['self', self], ['question', string]], result: string },
  'list-rules': { parameters: [['document', string], ['query', string]], result: result(string, refusal) },
  'change-rules': { parameters: [['document', string], ['change', string]], result: result(changed, refusal) },
  'import-rules': {
    parameters: [['format', string], ['text', string], ['options', string]],
    result: result(converted, refusal),
  },
  'export-rules': {
    parameters: [['format', string], ['document', string], ['options', string]],
    result: result(converted, refusal),
  },
};
