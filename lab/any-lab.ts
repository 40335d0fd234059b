import {type AwsLab, openAwsLab, startAwsLab} from './aws-lab.ts';
import {findLab, type Lab, startLab} from './lab.ts';
import {readState} from './state.ts';
import type {LabName} from './variants.ts';

export type AnyLab = Lab | AwsLab;

/** The lab of that name, whole; with no more in it than its drills need. */
export async function startAnyLab({
  variant,
  ...options
}: {
  readonly variant: LabName;
  readonly home?: string;
  readonly ports?: number | 'auto';
  readonly rawAudit?: boolean;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}): Promise<AnyLab> {
  return variant === 'aws' ? startAwsLab(options) : startLab({...options, variant});
}

/** Whichever lab runs in a home; undefined where none does. */
export async function findAnyLab(home: string): Promise<AnyLab | undefined> {
  const state = await readState(home);
  return state?.variant === 'aws' ? openAwsLab(home, state) : findLab(home);
}
