import {randomInt} from 'node:crypto';
import type fc from 'fast-check';
import {recordReliability} from '../helpers/reliability.ts';

const asked = process.env.OFFDRILL_FUZZ_RUNS;

/** The same seed in every run of the tests, and a fresh one where many tries are asked for, told in the title of each test. */
export const seed = Number(process.env.OFFDRILL_FUZZ_SEED ?? (asked === undefined ? 20261123 : randomInt(2 ** 31)));

/** So many tries in the tests; where many are asked for, so many, less for what takes longer. */
export function tries(bounded: number, share = 1): fc.Parameters<unknown> & {numRuns: number; seed: number} {
  return {numRuns: asked === undefined ? bounded : Math.ceil(Number(asked) * share), seed};
}

/** For `docs/reliability.md`: a property that held. */
export function recordHeld(name: string, {numRuns}: {readonly numRuns: number}): void {
  recordReliability('fuzz', {name, tries: numRuns, counterexamples: 0});
}
