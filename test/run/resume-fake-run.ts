import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {Clock} from '../../src/contract/clock.ts';
import type {Drill} from '../../src/drill/drill.ts';
import type {Entry, EventData, EventType, JournalEvent} from '../../src/journal/entries.ts';
import type {Plan} from '../../src/plan/plan.ts';
import {createRedactor} from '../../src/redact/redactor.ts';
import type {RunInputs} from '../../src/run/create-runtime.ts';
import {Interruption} from '../../src/run/interruption.ts';
import {readPast} from '../../src/run/past.ts';
import {restoreStaging} from '../../src/run/restore-staging.ts';
import {resumeRun} from '../../src/run/resume-run.ts';
import {judge} from '../../src/verdict/judge.ts';
import type {RunResult} from '../../src/verdict/result.ts';
import {FakeSystem} from '../fixtures/drivers/fake-system.ts';
import {fakeDrill, planFakeDrill} from './fake-drill.ts';
import {type FakeRunOptions, runFakeDrill} from './run-fake-drill.ts';
import {inVirtualTime} from './virtual-time.ts';

export type ResumedFake = {
  readonly resumed: boolean;
  readonly result: RunResult;
  /** What the resumption wrote. */
  readonly entries: readonly Entry[];
  all<T extends EventType>(type: T): readonly EventData<T>[];
};

export type ResumeOptions = {
  readonly drill?: Partial<Drill>;
  /** Changes the plan after it was built. */
  readonly plan?: (plan: Plan) => Plan;
  readonly onEvent?: (event: JournalEvent) => void;
  /** Before each call that reaches the system. */
  readonly onSystemCall?: (place: string, interruption: Interruption) => void;
  readonly lookup?: (host: string) => Promise<readonly string[]>;
};

/** Another process goes on with these entries of a run on the fake system. */
export async function resumeFakeRun(
  system: FakeSystem,
  before: readonly Entry[],
  options: ResumeOptions = {},
): Promise<ResumedFake> {
  let resumed = false;
  const entries = await write(system, before, options, async (inputs) => {
    resumed = await resumeRun(inputs, readPast(before));
  });
  return {resumed, result: judge([...before, ...entries]), ...written(entries)};
}

/** A process that knows of no run rolls every step of the drill back. */
export async function restoreFakeStaging(
  system: FakeSystem,
  options: ResumeOptions = {},
): Promise<Pick<ResumedFake, 'entries' | 'all'>> {
  return written(await write(system, [], options, restoreStaging));
}

function written(entries: readonly Entry[]): Pick<ResumedFake, 'entries' | 'all'> {
  return {
    entries,
    all: <T extends EventType>(type: T) =>
      entries.filter((entry) => entry.type === type).map(({data}) => data as EventData<T>),
  };
}

/** What is written while `act` goes on with the drill, in virtual time. */
function write(
  system: FakeSystem,
  before: readonly Entry[],
  options: ResumeOptions,
  act: (inputs: RunInputs) => Promise<void>,
): Promise<readonly Entry[]> {
  return inVirtualTime((clock) => writeOn(clock, system, before, options, act));
}

async function writeOn(
  clock: Clock,
  system: FakeSystem,
  before: readonly Entry[],
  options: ResumeOptions,
  act: (inputs: RunInputs) => Promise<void>,
): Promise<readonly Entry[]> {
  const planned = await planFakeDrill(system, fakeDrill(options.drill));
  if (!planned.ok) throw new Error(planned.error.map(({message}) => message).join('\n'));
  const interruption = new Interruption();
  system.onCall = (place) => options.onSystemCall?.(place, interruption);
  const entries: Entry[] = [];
  const append = (event: JournalEvent): void => {
    options.onEvent?.(event);
    const time = new Date(clock.now()).toISOString();
    entries.push(JSON.parse(JSON.stringify({v: 1, seq: before.length + entries.length, time, prev: '', ...event})));
  };
  append({type: 'run.resumed', data: {tool: 'test', node: process.version, at: clock.now()}});
  const folder = await mkdtemp(path.join(tmpdir(), 'offdrill-resume-'));
  const inputs = {
    run: 'fake-run',
    plan: options.plan?.(planned.value) ?? planned.value,
    folder,
    journal: {append},
    samples: {
      append: () => undefined,
      close: async () => ({file: 'samples.2.ndjson', sha256: '0'.repeat(64), samples: 0}),
    },
    redactor: createRedactor(),
    clock,
    env: {},
    secrets: new Map<string, string>(),
    interruption,
    maxDurationMs: 20_000,
    ...(options.lookup === undefined ? {} : {lookup: options.lookup}),
  };
  try {
    await act(inputs);
    append({type: 'phase.started', data: {phase: 'verdict'}});
    return entries;
  } finally {
    await rm(folder, {recursive: true});
  }
}

/** A system as it is when the run ended just before the rollback of `revoke`; no call is counted yet. */
export async function cutOffBeforeRollback(
  options: FakeRunOptions = {},
): Promise<{readonly system: FakeSystem; readonly entries: readonly Entry[]}> {
  const system = new FakeSystem();
  const {entries} = await runFakeDrill(system, options);
  system.revoke();
  system.serving = false;
  system.calls.length = 0;
  return {system, entries: cutBefore(entries, 'rollback.started', 'revoke')};
}

/** The entries up to the first of a type that speaks of the step, and that one where it is said so. */
export function cutBefore(entries: readonly Entry[], type: EventType, step: string): readonly Entry[] {
  const at = entries.findIndex((entry) => entry.type === type && 'step' in entry.data && entry.data.step === step);
  if (at < 0) throw new Error(`No entry ${type} of ${step}`);
  return entries.slice(0, at);
}
