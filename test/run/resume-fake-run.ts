import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {Drill} from '../../src/drill/drill.ts';
import type {Entry, EventData, EventType, JournalEvent} from '../../src/journal/entries.ts';
import {createRedactor} from '../../src/redact/redactor.ts';
import {Interruption} from '../../src/run/interruption.ts';
import {readPast} from '../../src/run/past.ts';
import {resumeRun} from '../../src/run/resume-run.ts';
import {createSystemClock} from '../../src/util/system-clock.ts';
import {judge} from '../../src/verdict/judge.ts';
import type {RunResult} from '../../src/verdict/result.ts';
import type {FakeSystem} from '../fixtures/drivers/fake-system.ts';
import {fakeDrill, planFakeDrill} from './fake-drill.ts';

export type ResumedFake = {
  readonly resumed: boolean;
  readonly result: RunResult;
  /** What the resumption wrote. */
  readonly entries: readonly Entry[];
  all<T extends EventType>(type: T): readonly EventData<T>[];
};

/** Another process goes on with these entries of a run on the fake system. */
export async function resumeFakeRun(
  system: FakeSystem,
  before: readonly Entry[],
  options: {
    readonly drill?: Partial<Drill>;
    readonly onEvent?: (event: JournalEvent) => void;
    /** Before each call that reaches the system. */
    readonly onSystemCall?: (place: string, interruption: Interruption) => void;
    readonly lookup?: (host: string) => Promise<readonly string[]>;
  } = {},
): Promise<ResumedFake> {
  const planned = await planFakeDrill(system, fakeDrill(options.drill));
  if (!planned.ok) throw new Error(planned.error.map(({message}) => message).join('\n'));
  const clock = createSystemClock();
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
    plan: planned.value,
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
    const resumed = await resumeRun(inputs, readPast(before));
    append({type: 'phase.started', data: {phase: 'verdict'}});
    return {
      resumed,
      result: judge([...before, ...entries]),
      entries,
      all: <T extends EventType>(type: T) =>
        entries.filter((entry) => entry.type === type).map(({data}) => data as EventData<T>),
    };
  } finally {
    await rm(folder, {recursive: true});
  }
}

/** The entries up to the first of a type that speaks of the step, and that one where it is said so. */
export function cutBefore(entries: readonly Entry[], type: EventType, step: string): readonly Entry[] {
  const at = entries.findIndex((entry) => entry.type === type && 'step' in entry.data && entry.data.step === step);
  if (at < 0) throw new Error(`No entry ${type} of ${step}`);
  return entries.slice(0, at);
}
