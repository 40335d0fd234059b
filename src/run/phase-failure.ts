import type {Failure} from '../journal/entries.ts';

/** A phase before shutdown that did not hold: the run ends there, with nothing changed. */
export class PhaseFailure extends Error {
  override readonly name = 'PhaseFailure';
  readonly problems: readonly Failure[];
  /** True where the run was refused (the guard), and not merely unable. */
  readonly refused: boolean;

  constructor(problems: readonly Failure[], options: {readonly refused?: boolean} = {}) {
    super(problems.map(({message}) => message).join(' '));
    this.problems = problems;
    this.refused = options.refused ?? false;
  }
}
