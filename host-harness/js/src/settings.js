// How much a component and its instances may use.

/** @import {Settings} from '../types/index.d.ts' */

const MIB = 2 ** 20;

/** The defaults fit a hundred thousand rules, with room. @type {Readonly<Required<Settings>>} */
export const DEFAULT_SETTINGS = Object.freeze({
  memoryBytes: 2048 * MIB,
  growthBytes: 256 * MIB,
  answerBytes: 320 * MIB,
  componentBytes: 64 * MIB,
});
