import type {Generation} from '../journal/entries.ts';
import type {Facilities} from './facilities.ts';
import type {Past} from './past.ts';
import type {ProbeBoard} from './probe-board.ts';

/** Every address of a host name. Throws where it has none. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/** What the phases of one run share. */
export type Runtime = Facilities & {
  readonly maxDurationMs: number;
  /** A record that comes in late is waited for at least so long. */
  readonly waitForAuditMs: number;
  /** What processes before this one left in the journal; undefined in the first. */
  readonly past?: Past;
  /** Another run that holds a lock on the integration is gone for good. */
  readonly takesOver: boolean;
  readonly lookup: Lookup;
  /** True while a record is waited for that is not there yet: whoever stops that interrupts no run. */
  isAwaitingRecord: boolean;
  /** Where each host name of the plan led at the guard. */
  readonly resolved: Map<string, readonly string[]>;
  /** Connections on which the run's own credential was asked for, and so has to be ended. */
  readonly begun: Set<string>;
  readonly probes: ProbeBoard;
  /** Captures that were taken, last one last, so that they can be given back. */
  readonly taken: {readonly capture: string; readonly generation: Generation}[];
};
