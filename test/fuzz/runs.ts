import {randomInt} from 'node:crypto';
import type fc from 'fast-check';
import {recordReliability} from '../helpers/reliability.ts';

const asked = process.env.OFFDRILL_FUZZ_RUNS;

/** The same seed in every run of the tests, and a fresh one where many tries are asked for, told in the title of each test. */
export const seed = Number(process.env.OFFDRILL_FUZZ_SEED ?? (asked === undefined ? 20261123 : randomInt(2 ** 31)));

/** So many tries in the tests, and as many as are asked for where that is said. */
export function tries(bounded: number): fc.Parameters<unknown> & {numRuns: number; seed: number} {
  return {numRuns: asked === undefined ? bounded : Number(asked), seed};
}

/** For `docs/reliability.md`: a property that held. */
export function recordHeld(name: string, {numRuns}: {readonly numRuns: number}): void {
  recordReliability('fuzz', {name, tries: numRuns, counterexamples: 0});
}
