// `tagseal decide POLICY`: events in, decisions out, one on each line.

import { denial } from '../denial.js';
import { CallError } from '../error.js';
import { EXIT, Fault } from './fault.js';
import { loadComponent, readBytes, readDocument } from './files.js';
import { lineBatches } from './lines.js';

/** @import {Decision} from '../../types/index.d.ts' */
/** @import {Policy} from '../policy.js' */
/** @import {Line} from './lines.js' */

export const usage = 'tagseal decide [--component FILE] POLICY [EVENTS]';

/**
 * Decides each line. What is not an event is denied as `malformed`.
 *
 * @param {string[]} paths
 * @param {{ component?: string | undefined }} options
 */
export async function decide(paths, { component }) {
  const [policyPath, eventsPath = '-', ...others] = paths;
  if (policyPath === undefined || others.length > 0) {
    throw new Fault(EXIT.usage, `wrong number of arguments; usage: ${usage}`);
  }
  if (policyPath === '-' && eventsPath === '-') {
    throw new Fault(EXIT.usage, "policy and events can't both be standard input; name a file for one of them");
  }
  const document = await readDocument(policyPath);
  const policy = (await loadComponent(component)).compile(document);
  const events = eventsPath === '-' ? process.stdin : [await readBytes(eventsPath)];
  let [decided, denied, failed] = [0, 0, 0];
  /** @type {unknown} */
  let failure = null;
  for await (const lines of lineBatches(toAsync(events))) {
    const answers = lines.map((line) => answer(policy, line));
    decided += answers.length;
    denied += answers.filter((answer) => !answer.isAllowed).length;
    for (const answer of answers.filter((answer) => answer.failure)) {
      failed += 1;
      failure ??= answer.failure;
    }
    await write(answers.map((answer) => `${answer.decision}\n`).join(''));
  }
  if (decided === 0) {
    throw new Fault(EXIT.usage, 'there is no event, so nothing was decided; give events as lines of JSON');
  }
  if (failure) {
    const reason = failure instanceof Error ? failure.message : String(failure);
    throw new Fault(EXIT.failed, `${failed} ${failed === 1 ? 'event' : 'events'} could not be decided, and counted as denied: ${reason}`);
  }
  return denied > 0 ? EXIT.denied : EXIT.fine;
}

/**
 * @param {Policy} policy
 * @param {Line} line
 * @returns {{ decision: string, isAllowed: boolean, failure: unknown }}
 */
function answer(policy, line) {
  if ('problem' in line) {
    return { decision: JSON.stringify(malformed(line.problem, policy.revision)), isAllowed: false, failure: null };
  }
  try {
    const decision = policy.tryDecideJson(line.text);
    return { decision, isAllowed: isAllowed(decision), failure: null };
  } catch (failure) {
    return { decision: JSON.stringify(denial(failure, policy.revision)), isAllowed: false, failure };
  }
}

/** Whether an answer is a permission. @param {string} decision @throws {CallError} where it is not a decision on one line. */
function isAllowed(decision) {
  const outcome = decision.includes('\n') ? null : parsedOutcome(decision);
  if (outcome !== 'allow' && outcome !== 'deny') {
    throw new CallError('answer', 'the component answered with something that is not a decision');
  }
  return outcome === 'allow';
}

/** @param {string} decision */
function parsedOutcome(decision) {
  try {
    return JSON.parse(decision).outcome;
  } catch {
    return null;
  }
}

/** The denial of a line about which no component can be asked. @param {string} problem @param {number} revision @returns {Decision} */
function malformed(problem, revision) {
  return {
    outcome: 'deny',
    code: 'malformed',
    rule: null,
    namespace: null,
    pair: null,
    revision,
    message: `malformed event: ${problem}`,
    tags: [],
  };
}

/** @param {AsyncIterable<Uint8Array> | Iterable<Uint8Array>} input */
async function* toAsync(input) {
  yield* input;
}

/** Writes to standard output, and waits where its reader is slow. @param {string} text */
function write(text) {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve(undefined)));
  });
}
