// The kinds of vectors: the fields that each may have, how its question is asked, and what must hold of the answer.

import { typedEvent } from '../../src/event.js';
import { DocumentError, RefusedError } from '../../src/index.js';
import { differences, show, wholeDifferences } from './difference.js';
import { expand, expandText, isObject } from './form.js';
import {
  brokenOfChange,
  brokenOfDecision,
  brokenOfDiagnostics,
  brokenOfExplanation,
  brokenOfList,
  brokenOfRefusal,
} from './invariants.js';
import { hasDuplicateKey } from './raw-json.js';

/** @import {Component, Policy} from '../../src/index.js' */

/**
 * @typedef {Record<string, any>} Vector
 * @typedef {(vector: Vector, component: Component) => string[]} Check
 * @typedef {{ fields: string[], answers: Record<string, string[] | null>, check: Check }} Kind
 *
 * How the event of a vector can be asked: the same answer, byte for byte, has to come in each way.
 * @typedef {(policy: Policy, event: string) => string} Way
 */

/** @type {Record<string, Way>} */
const WAYS = {
  json: (policy, event) => policy.tryDecideJson(event),
  typed: (policy, event) => JSON.stringify(policy.tryDecide(JSON.parse(event))),
  batch: (policy, event) => {
    const decisions = policy.tryDecideBatch([JSON.parse(event), JSON.parse(event)]).map((decision) => JSON.stringify(decision));
    return decisions[0] === decisions[1] ? (decisions[0] ?? '') : decisions.join(' and ');
  },
};

/** Bytes that an event in JSON may have. A typed event has no such limit. */
const MAX_EVENT_BYTES = 2 ** 20;

/** The kinds, by their names. @type {Record<string, Kind>} */
export const KINDS = {
  decide: {
    fields: ['document', 'event', 'text'],
    answers: { decision: null },
    check(vector, component) {
      const [document, event] = [documentText(vector), spelled(vector.event, vector.text)];
      const policy = component.compile(document);
      const answers = waysOf(event).map((way) => way(policy, event));
      const answer = answers[0] ?? '';
      const decision = JSON.parse(answer);
      return [
        ...answers.filter((other) => other !== answer).map((other) => `another way gave ${show(other)}, and not ${show(answer)}`),
        ...differences(expand(vector.decision), decision),
        ...brokenOfDecision(decision),
      ];
    },
  },

  compile: {
    fields: ['document', 'text'],
    answers: { policy: ['revision', 'warnings'], problems: null },
    check(vector, component) {
      const answer = compiled(component, spelled(vector.document, vector.text));
      return [
        ...differences(expand(only(vector, ['policy', 'problems'])), answer),
        ...('problems' in answer
          ? brokenOfDiagnostics('problem', answer.problems)
          : brokenOfDiagnostics('warning', answer.policy.warnings)),
      ];
    },
  },

  change: {
    fields: ['document', 'document-text', 'change', 'text'],
    answers: { changed: ['document', 'document-text', 'rules', 'revision'], refused: null },
    check(vector, component) {
      const [document, change] = [documentText(vector), spelled(vector.change, vector.text)];
      const codes = ['invalid', 'invalid-document', 'stale', 'not-found', 'namespace-fixed', 'conflict'];
      return answered(vector, 'changed', codes, () => component.changeRules(document, change), (changed, expected) => {
        const came = { ...changed, 'document-text': changed.document, document: 'document' in expected ? JSON.parse(changed.document) : null };
        const answer = compiled(component, changed.document);
        return [
          ...differences(withoutLines(expected), came),
          ...brokenOfChange(document, changed, 'policy' in answer ? answer.policy.revision : null),
        ];
      });
    },
  },

  explain: {
    fields: ['document', 'question', 'text'],
    answers: { explained: null },
    check(vector, component) {
      const policy = component.compile(documentText(vector));
      const question = spelled(vector.question, vector.text);
      const explained = JSON.parse(policy.explainJson(question));
      const isQuestion = !('malformed' in explained);
      return [
        ...differences(expand(vector.explained), explained),
        ...brokenOfExplanation(explained, isQuestion ? decidedOf(policy, JSON.parse(question)) : {}),
      ];
    },
  },

  list: {
    fields: ['document', 'document-text', 'query', 'text'],
    answers: { listed: null, refused: null },
    check(vector, component) {
      const [document, query] = [documentText(vector), spelled(vector.query, vector.text)];
      const codes = ['invalid', 'invalid-document'];
      return answered(vector, 'listed', codes, () => component.listRulesJson(document, query), (listed, expected) => [
        ...differences(expand(expected), JSON.parse(listed)),
        ...brokenOfList(document, query, listed),
      ]);
    },
  },

  import: {
    fields: ['format', 'rules', 'text', 'options', 'options-text'],
    answers: { imported: ['document', 'document-text', 'losses', 'deletes', 'back'], refused: null },
    check(vector, component) {
      const [text, options] = [spelled(vector.rules, vector.text), optionsText(vector)];
      const ask = () => component.importRules(vector.format, text, options);
      return answered(vector, 'imported', ['unknown-format', 'invalid'], ask, (converted, expected) => [
        ...differences(withoutLines(only(expected, ['document-text', 'losses'])), { 'document-text': converted.text, losses: converted.losses }),
        ...whole(expected, 'document', () => JSON.parse(converted.text)),
        ...whole(expected, 'back', () => back(() => component.exportRules(vector.format, converted.text, options))),
        ...brokenOfDiagnostics('warning', converted.losses),
        ...importedDeletes(component.compile(converted.text), expand(expected.deletes ?? {})),
      ]);
    },
  },

  export: {
    fields: ['format', 'document', 'document-text', 'options', 'options-text'],
    answers: { exported: ['rules', 'text', 'losses', 'back'], refused: null },
    check(vector, component) {
      const [document, options] = [documentText(vector), optionsText(vector)];
      const codes = ['unknown-format', 'invalid', 'invalid-document', 'not-found', 'not-expressible'];
      const ask = () => component.exportRules(vector.format, document, options);
      return answered(vector, 'exported', codes, ask, (converted, expected) => [
        ...differences(withoutLines(only(expected, ['text', 'losses'])), converted),
        ...whole(expected, 'rules', () => JSON.parse(converted.text)),
        ...whole(expected, 'back', () => back(() => component.importRules(vector.format, converted.text, options))),
        ...brokenOfDiagnostics('warning', converted.losses),
      ]);
    },
  },

  match: {
    fields: ['of', 'pattern'],
    answers: { matches: null, misses: null },
    check(vector, component) {
      const [matching, excluding] = ['matches', 'excludes'].map((selector) => patternPolicy(component, vector, selector));
      const expect = (/** @type {string} */ name, /** @type {string[]} */ [code, inverse]) => {
        const event = JSON.stringify(deleteOf(vector.of === 'repositories' ? [name, 'a'] : ['a', name]));
        return Object.values(WAYS).flatMap((way) => {
          const came = [matching, excluding].map((policy) => JSON.parse(way(/** @type {Policy} */ (policy), event)).code);
          return differences([code, inverse], came, `/${name}`);
        });
      };
      return [
        ...expand(vector.matches).flatMap((/** @type {string} */ name) => expect(name, ['immutable', 'unprotected'])),
        ...expand(vector.misses).flatMap((/** @type {string} */ name) => expect(name, ['unprotected', 'immutable'])),
      ];
    },
  },
};

/** The text of a value that this runner spells, or the text itself. @param {any} value @param {any} text */
function spelled(value, text) {
  return value === undefined ? expandText(text) : JSON.stringify(expand(value));
}

/** @param {Vector} vector */
const documentText = (vector) => spelled(vector['document-text'] === undefined ? vector.document : undefined, vector['document-text']);

/** @param {Vector} vector */
const optionsText = (vector) => spelled(vector['options-text'] === undefined ? (vector.options ?? {}) : undefined, vector['options-text']);

/** @param {Record<string, any>} object @param {string[]} names */
function only(object, names) {
  return Object.fromEntries(Object.entries(object).filter(([name]) => names.includes(name)));
}

/** What is expected, with each text written out. @param {Record<string, any>} expected */
function withoutLines(expected) {
  return Object.fromEntries(
    Object.entries(expected).map(([name, value]) => [name, ['document-text', 'text'].includes(name) ? expandText(value) : expand(value)]),
  );
}

/** The ways to ask about an event. What is not an event by its form can't be asked typed. @param {string} event */
function waysOf(event) {
  return isTyped(event) ? Object.values(WAYS) : [WAYS.json];
}

/** @param {string} event */
function isTyped(event) {
  try {
    return new TextEncoder().encode(event).length <= MAX_EVENT_BYTES && typedEvent(JSON.parse(event)) !== null && !hasDuplicateKey(event);
  } catch {
    return false;
  }
}

/** @param {Component} component @param {string} document */
function compiled(component, document) {
  try {
    const policy = component.compile(document);
    return { policy: { revision: policy.revision, warnings: policy.warnings() } };
  } catch (error) {
    if (error instanceof DocumentError) {
      return { problems: error.diagnostics };
    }
    throw error;
  }
}

/**
 * Checks an answer that may be a refusal.
 *
 * @template T
 * @param {Vector} vector
 * @param {string} name
 * @param {string[]} codes
 * @param {() => T} ask
 * @param {(answer: T, expected: Record<string, any>) => string[]} check
 */
function answered(vector, name, codes, ask, check) {
  let answer;
  try {
    answer = ask();
  } catch (error) {
    if (!(error instanceof RefusedError)) {
      throw error;
    }
    const { refusal } = error;
    return [...differences(expand(only(vector, [name, 'refused'])), { refused: refusal }), ...brokenOfRefusal(refusal, codes)];
  }
  const expected = vector[name];
  return expected ? check(answer, expected) : [`expected a refusal, came ${show(answer)}`];
}

/** @param {Record<string, any>} expected @param {string} field @param {() => any} came */
function whole(expected, field, came) {
  return field in expected ? wholeDifferences(expand(expected[field]), came(), `/${field}`) : [];
}

/** What a conversion back gives. @param {() => { text: string }} convert */
function back(convert) {
  try {
    return JSON.parse(convert().text);
  } catch (error) {
    return error instanceof RefusedError ? { refused: error.refusal } : String(error);
  }
}

/** @param {Policy} policy @param {Record<string, string>} deletes */
function importedDeletes(policy, deletes) {
  return Object.entries(deletes).flatMap(([place, code]) => {
    const [repository = '', tag = ''] = place.split(/:(.*)/s);
    return differences(code, policy.tryDecide(deleteOf([repository, tag])).code, `/deletes/${place}`);
  });
}

/** @param {string[]} place */
function deleteOf([repository = '', tag = '']) {
  return { 'delete-tag': { repository, tag } };
}

/** @param {Component} component @param {Vector} vector @param {string} selector */
function patternPolicy(component, { of, pattern }, selector) {
  const pair = { repositories: { matches: '**' }, tags: { matches: '**' }, [of]: { [selector]: isObject(pattern) && !('$join' in pattern) ? expand(pattern) : expandText(pattern) } };
  return component.compile(JSON.stringify({ version: 1, rules: [{ id: 1, namespace: '*', protects: [pair] }] }));
}

/** What a policy decides when each thing that an explanation is about happens. @param {Policy} policy @param {any} question */
function decidedOf(policy, { repository, tag, context }) {
  const [digest, other] = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}`);
  const write = (/** @type {any} */ current) => ({ write: { repository, digest, tags: [{ tag, current }] } });
  const events = { push: write('absent'), 'push-again': write(digest), 'push-other': write(other), delete: deleteOf([repository, tag]) };
  const decide = (/** @type {any} */ event) => policy.tryDecide(context === undefined ? event : { ...event, context });
  return Object.fromEntries(Object.entries(events).map(([name, event]) => [name, decide(event)]));
}
