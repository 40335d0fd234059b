import type {Clock} from '../contract/clock.ts';
import type {PlanRecord} from '../contract/plan-record.ts';
import type {Entry} from '../journal/entries.ts';
import type {RunResult} from '../verdict/result.ts';
import type {LiveSample} from './live-sample.ts';

/** Shows a run while it goes on. */
export type Progress = {
  entry(entry: Entry): void;
  sample(sample: LiveSample): void;
  /** Told last, where there is a verdict. */
  judged(result: RunResult): void;
  /** Leaves the terminal as it was. Safe to call twice. */
  close(): void;
};

export type ProgressOptions = {
  readonly stream: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly color: boolean;
  readonly clock: Clock;
  readonly plan: PlanRecord;
};
