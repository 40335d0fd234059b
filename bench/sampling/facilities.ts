import type {SecretSink} from '../../src/contract/operation.ts';
import type {JournalEvent} from '../../src/journal/entries.ts';
import type {Plan} from '../../src/plan/plan.ts';
import {type Facilities, Owned} from '../../src/run/facilities.ts';
import {Interruption} from '../../src/run/interruption.ts';
import {Values} from '../../src/run/values.ts';
import {createSystemClock} from '../../src/util/system-clock.ts';

/** What a board of probes works with where there is no connection and no access. */
export function createFacilities(options: {
  readonly folder: string;
  readonly redactor: SecretSink;
  readonly journal: (event: JournalEvent) => unknown;
}): Facilities {
  return {
    run: 'bench',
    // Nothing but its folder is looked at.
    plan: {base: options.folder} as Plan,
    clock: createSystemClock(),
    redactor: options.redactor,
    interruption: new Interruption(),
    values: new Values(),
    owned: new Owned(() => undefined),
    sessions: new Map(),
    phase: 'settle',
    journal: (event) => void options.journal(event),
  };
}
