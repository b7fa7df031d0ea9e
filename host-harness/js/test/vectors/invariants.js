// What holds of every answer, whatever a vector expects.

import { isObject } from './form.js';
import { rawElements, rawFields } from './raw-json.js';

const PRINTABLE_LINE = /^[ -~]{0,600}$/;

// Diagnostics before the one that counts the rest.
const MAX_DIAGNOSTICS = 1_000;
const CODES_WITH_RULE = ['conflict', 'not-found', 'namespace-fixed'];
const CODES_WITH_DIAGNOSTICS = ['invalid', 'invalid-document', 'not-expressible'];

/** The sentences whose condition is false. @param {Record<string, boolean>} sentences */
function broken(sentences) {
  return Object.entries(sentences)
    .filter(([, holds]) => !holds)
    .map(([sentence]) => `expected ${sentence}`);
}

/** @param {any} decision */
export function brokenOfDecision({ outcome, message }) {
  return broken({
    'a message of one line of printable ASCII, at most 600 characters': PRINTABLE_LINE.test(message),
    'a message where something is denied, and none where all is allowed': (message === '') === (outcome === 'allow'),
  });
}

/** @param {'problem' | 'warning'} severity @param {any[]} diagnostics */
export function brokenOfDiagnostics(severity, diagnostics) {
  const placed = diagnostics.slice(0, MAX_DIAGNOSTICS);
  return broken({
    [`diagnostics of the severity ${severity}, each with a message and help`]: diagnostics.every(
      (diagnostic) => diagnostic.severity === severity && diagnostic.message !== '' && diagnostic.help !== '',
    ),
    'diagnostics in the order of their places': placed.every(({ line, column }, index) => {
      const before = placed[index - 1];
      return !before || before.line < line || (before.line === line && before.column <= column);
    }),
  });
}

/** @param {any} refusal @param {string[]} codes */
export function brokenOfRefusal({ code, message, rule, diagnostics }, codes) {
  const hasDiagnostics = diagnostics.length > 0;
  return [
    ...brokenOfDiagnostics('problem', diagnostics),
    ...broken({
      [`one of the codes ${codes.join(', ')}`]: codes.includes(code),
      'a message of one line': message !== '' && !/\p{Cc}/u.test(message),
      'a rule only where one is in the way or meant': rule === null || CODES_WITH_RULE.includes(code),
      'diagnostics where a text is invalid': hasDiagnostics || !CODES_WITH_DIAGNOSTICS.includes(code),
      'diagnostics only where a text is invalid, or a merge is in conflict':
        !hasDiagnostics || code === 'conflict' || CODES_WITH_DIAGNOSTICS.includes(code),
    }),
  ];
}

/** @param {string} before @param {any} changed @param {any} compiled the new document's revision, if it was accepted */
export function brokenOfChange(before, { document, revision, rules }, compiled) {
  const [old, now] = [outline(before), outline(document)];
  const isChanged = before !== document;
  /** @type {Set<number>} */
  const touched = new Set(rules.map((/** @type {any} */ rule) => rule.id));
  const others = (/** @type {Map<number, string>} */ rules) => [...rules].filter(([id]) => !touched.has(id));
  const isSameText = (/** @type {any} */ { id, rule }) => rule === (now.rules.get(id) ?? null);
  return [
    ...rules.flatMap((/** @type {any} */ rule) => brokenOfDiagnostics('warning', rule.warnings)),
    ...broken({
      'a new document that compiles to a policy of the revision': compiled === revision,
      'a revision that is one more where the text has changed, and else the same': revision === old.revision + (isChanged ? 1 : 0),
      'all other rules as they were, byte for byte and in their order': areEqual(others(old.rules), others(now.rules)),
      'all other fields as they were, byte for byte': areEqual(old.fields, now.fields),
      'each rule that changed as it is in the new document': rules.every(isSameText),
      'new rules with ids that were never given': [...now.rules.keys()].every((id) => old.rules.has(id) || id >= old.freeId),
      'a `next-id` that was never given': !isChanged || now.nextId >= Math.max(old.freeId, now.freeId),
    }),
  ];
}

/** Whether two lists have the same pairs. @param {[unknown, string][]} one @param {[unknown, string][]} other */
function areEqual(one, other) {
  return one.length === other.length && one.every(([key, text], index) => key === other[index]?.[0] && text === other[index]?.[1]);
}

/** A document as changes see it. @param {string} document */
function outline(document) {
  const fields = rawFields(document);
  const number = (/** @type {string} */ name) => Number(fields.get(name) ?? 0);
  const [revision, nextId] = [number('revision'), number('next-id')];
  /** @type {Map<number, string>} */
  const rules = new Map(rawElements(fields.get('rules') ?? '[]').map((text) => [JSON.parse(text).id, text]));
  for (const name of ['revision', 'next-id', 'rules', 'overrides']) {
    fields.delete(name);
  }
  const freeId = [...rules.keys()].reduce((free, id) => Math.max(free, id + 1), Math.max(1, nextId));
  return { revision, nextId, rules, freeId, fields: [...fields].sort(([one], [other]) => (one < other ? -1 : 1)) };
}

/** @param {string} document @param {string} query @param {string} answer */
export function brokenOfList(document, query, answer) {
  const listed = rawFields(answer);
  const own = rawFields(document);
  const listedRules = rawElements(listed.get('rules') ?? '[]');
  const rules = rawElements(own.get('rules') ?? '[]')[Symbol.iterator]();
  const isNext = (/** @type {string} */ rule) => {
    for (let next = rules.next(); !next.done; next = rules.next()) {
      if (next.value === rule) {
        return true;
      }
    }
    return false;
  };
  return broken({
    "the document's revision": listed.get('revision') === (own.get('revision') ?? '0'),
    'rules of the document, byte for byte and in its order': listedRules.every(isNext),
    'the same rules described, each with every field': areDescribed(listedRules, JSON.parse(listed.get('described') ?? 'null')),
    '`without-rule` where the query gives namespaces, and nowhere else': listed.has('without-rule') === rawFields(query).has('namespaces'),
  });
}

const DESCRIBED_FIELDS = ['id', 'namespace', 'enabled', 'deletion', 'exempt', 'note', 'preset', 'protects'];

/** @param {string[]} rules @param {any} described */
function areDescribed(rules, described) {
  return (
    Array.isArray(described) &&
    described.length === rules.length &&
    described.every((rule, index) => rule.id === JSON.parse(rules[index] ?? '{}').id && DESCRIBED_FIELDS.every((field) => field in rule))
  );
}

/** @param {any} explained @param {Record<string, any>} decided what the policy decides of each thing that is explained */
export function brokenOfExplanation(explained, decided) {
  if ('malformed' in explained) {
    return broken({
      'a line of printable ASCII in `malformed`': PRINTABLE_LINE.test(explained.malformed),
      'nothing besides `malformed`': Object.keys(explained).length === 1,
    });
  }
  const isSame = ([name, decision]) =>
    ['outcome', 'code', 'rule', 'namespace', 'pair'].every((field) => explained.outcomes?.[name]?.[field] === decision[field]);
  return [
    ...broken({ 'outcomes that are what the policy decides': Object.entries(decided).every(isSame) }),
    ...explained.rules.flatMap(brokenOfExplainedRule),
  ];
}

/** @param {any} rule */
function brokenOfExplainedRule({ enabled, exempt, protects, pairs }) {
  const selectors = pairs.flatMap((/** @type {any} */ pair) => [pair.repositories, pair.tags]);
  const hasPatterns = (/** @type {any} */ selector) =>
    ['matches', 'excludes'].some((list) => Array.isArray(selector[list]) && selector[list].length > 0);
  return broken({
    '`protects` of a rule that is enabled, a tag that is not exempt and a pair that holds':
      protects === (enabled && exempt === null && pairs.some((/** @type {any} */ pair) => pair.holds)),
    '`holds` of pairs whose selectors both hold': pairs.every(
      (/** @type {any} */ pair) => pair.holds === (pair.repositories.holds && pair.tags.holds),
    ),
    'patterns in each selector': selectors.every((/** @type {any} */ selector) => isObject(selector) && hasPatterns(selector)),
    'all pairs in their order': pairs.every((/** @type {any} */ pair, /** @type {number} */ index) => pair.pair === index),
  });
}
