import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {Clock} from '../../src/contract/clock.ts';
import type {Drill} from '../../src/drill/drill.ts';
import type {Entry, EventData, EventType, JournalEvent} from '../../src/journal/entries.ts';
import type {SampleRecord} from '../../src/journal/samples-file.ts';
import type {Plan} from '../../src/plan/plan.ts';
import {createRedactor} from '../../src/redact/redactor.ts';
import {Interruption} from '../../src/run/interruption.ts';
import {runDrill} from '../../src/run/run-drill.ts';
import {judge} from '../../src/verdict/judge.ts';
import type {RunResult} from '../../src/verdict/result.ts';
import type {FakeSystem} from '../fixtures/drivers/fake-system.ts';
import {fakeDrill, planFakeDrill} from './fake-drill.ts';
import {inVirtualTime} from './virtual-time.ts';

export type FakeRunOptions = {
  readonly drill?: Partial<Drill>;
  /** Changes the plan after it was built. */
  readonly plan?: (plan: Plan) => Plan;
  /** Called with each event just before it is written; what it throws, writing throws. */
  readonly onEvent?: (event: JournalEvent, interruption: Interruption) => void;
  readonly onSample?: () => void;
  readonly interruption?: Interruption;
  readonly maxDurationMs?: number;
  readonly waitForAuditMs?: number;
  readonly until?: 'baseline';
  readonly lookup?: (host: string) => Promise<readonly string[]>;
  /** A file of the run's folder, to be searched for secrets. */
  readonly leaked?: string;
};

export type FakeRun = {
  readonly result: RunResult;
  readonly entries: readonly Entry[];
  readonly samples: readonly SampleRecord[];
  /** What `runDrill` threw, if anything. */
  readonly thrown: unknown;
  all<T extends EventType>(type: T): readonly EventData<T>[];
};

/** Runs the drill of `fakeDrill` on a fake system, in virtual time, with a journal in memory, and judges it. */
export function runFakeDrill(system: FakeSystem, options: FakeRunOptions = {}): Promise<FakeRun> {
  return inVirtualTime((clock) => runOn(clock, system, options));
}

async function runOn(clock: Clock, system: FakeSystem, options: FakeRunOptions): Promise<FakeRun> {
  const planned = await planFakeDrill(system, fakeDrill(options.drill));
  if (!planned.ok) throw new Error(planned.error.map(({message}) => message).join('\n'));
  const plan = options.plan?.(planned.value) ?? planned.value;
  const interruption = options.interruption ?? new Interruption();
  const redactor = createRedactor();
  const entries: Entry[] = [];
  const samples: SampleRecord[] = [];
  const write = (event: JournalEvent): void => {
    const time = new Date(clock.now()).toISOString();
    const line = JSON.stringify({v: 1, seq: entries.length + 1, time, prev: '', ...event});
    entries.push(JSON.parse(redactor.redact(line)) as Entry);
  };
  write({
    type: 'run.started',
    data: {run: 'fake-run', tool: 'test', node: process.version, target: 'real', nonce: 'nonce'},
  });
  write({type: 'run.planned', data: plan.record});

  const folder = await mkdtemp(path.join(tmpdir(), 'offdrill-run-'));
  if (options.leaked !== undefined) await writeFile(path.join(folder, 'leaked.txt'), options.leaked);
  let thrown: unknown;
  try {
    await runDrill({
      run: 'fake-run',
      plan,
      folder,
      journal: {
        append: (event) => {
          options.onEvent?.(event, interruption);
          write(event);
        },
      },
      samples: {
        append: (sample) => {
          options.onSample?.();
          samples.push(sample);
        },
        close: async () => ({file: 'samples.ndjson', sha256: '0'.repeat(64), samples: samples.length}),
      },
      redactor,
      clock,
      env: {},
      secrets: new Map(),
      interruption,
      maxDurationMs: options.maxDurationMs ?? 20_000,
      ...(options.waitForAuditMs === undefined ? {} : {waitForAuditMs: options.waitForAuditMs}),
      ...(options.until === undefined ? {} : {until: options.until}),
      ...(options.lookup === undefined ? {} : {lookup: options.lookup}),
    });
  } catch (error) {
    thrown = error;
  } finally {
    await rm(folder, {recursive: true});
  }
  return {
    result: judge([...entries, verdictPhaseAfter(entries)]),
    entries,
    samples,
    thrown,
    all: <T extends EventType>(type: T) =>
      entries.filter((entry) => entry.type === type).map(({data}) => data as EventData<T>),
  };
}

/** What a run writes before it is judged. */
function verdictPhaseAfter(entries: readonly Entry[]): Entry {
  const time = entries.at(-1)?.time ?? '';
  return {v: 1, seq: entries.length, time, prev: '', type: 'phase.started', data: {phase: 'verdict'}};
}
