import type {Goal} from './goal.ts';

/** One line of the table. */
export type Row = {
  readonly name: string;
  readonly unit: 'ms' | 's' | '%' | 'bytes' | 'entries' | '× nominal';
  readonly goal: Goal;
};

/** What one round gave for a row. A row without a floor has nothing beneath it to be compared with. */
export type Reading = {readonly value: number; readonly floor?: number};

/** One thing that is measured, round by round, its floor in the same round; it may fill several rows. */
export type Measurement = {
  readonly name: string;
  readonly rows: readonly Row[];
  /** Before the first round: what is not to be measured. Returns how to undo it. */
  prepare?(setting: Setting): Promise<() => Promise<void>>;
  /** By the name of the row. */
  measure(setting: Setting): Promise<ReadonlyMap<string, Reading>>;
};

export type Setting = {
  /** A folder of its own, on the file system of the project's temporary files. */
  readonly folder: string;
  /** How long one sampling takes. */
  readonly samplingMs: number;
  readonly round: number;
};
