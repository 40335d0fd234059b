import type {Failure} from '../journal/entries.ts';

/**
 * Why a phase before shutdown did not hold, and the run changed nothing; beside these, the codes of driver errors. Each
 * stands in `docs/errors.md`.
 */
export const phaseFailureCodes = [
  'baseline',
  'clock-skew',
  'empty-capture',
  'error',
  'guard-environment',
  'guard-identity',
  'guard-moved',
  'interrupted',
  'nobody-to-ask',
  'permission',
  'secret',
  'unfinished-run',
] as const;

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
