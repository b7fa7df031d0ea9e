// The one denial that stands for every decision that was not made.

/** @import {Decision} from '../types/index.d.ts' */

const MAX_MESSAGE_CHARACTERS = 600;

/**
 * The denial for a failure, by a policy of this revision.
 *
 * @param {unknown} failure
 * @param {number} revision
 * @returns {Decision}
 */
export function denial(failure, revision) {
  const reason = failure instanceof Error ? failure.message : String(failure);
  const message = `no decision could be made: ${reason}; try again, and report it to the registry's operator if that does not help`;
  return {
    outcome: 'deny',
    code: 'unavailable',
    rule: null,
    namespace: null,
    pair: null,
    revision,
    message: message.replaceAll(/[^ -~]/g, '').slice(0, MAX_MESSAGE_CHARACTERS),
    tags: [],
  };
}
