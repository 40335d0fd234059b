import {expect} from 'vitest';
import type {RunResult} from '../../src/verdict/result.ts';
import {FakeSystem} from '../fixtures/drivers/fake-system.ts';
import {type FakeRunOptions, runFakeDrill} from './run-fake-drill.ts';

/** What goes wrong in one run, and what must come of it. */
export type Fault = {
  readonly name: string;
  readonly script: (system: FakeSystem) => void;
  readonly options?: FakeRunOptions;
  readonly verdict: RunResult['verdict'];
  readonly exitCode: number;
  readonly status?: RunResult['status'];
  /** The criterion that says so, and a piece of its reason. */
  readonly because?: readonly [keyof RunResult['criteria'], string];
};

/** Whatever goes wrong: the verdict is exact, what was begun is rolled back, and what was opened is closed. */
export async function expectFault(fault: Fault): Promise<void> {
  const {script, options, verdict, exitCode, status = 'completed', because} = fault;
  const system = new FakeSystem();
  script(system);

  const run = await runFakeDrill(system, options);

  const {result} = run;
  expect({verdict: result.verdict, exitCode: result.exitCode, status: result.status}).toEqual({
    verdict,
    exitCode,
    status,
  });
  if (because !== undefined) expect(result.criteria[because[0]].reasons.join('\n')).toContain(because[1]);
  expect(run.thrown).toBeUndefined();
  expectRolledBack(run);
  expect(system.count('close held')).toBe(system.count('hold'));
  expect(system.calls.at(-1)).toBe('close');
  expect(system.calls.indexOf('end')).toBeGreaterThan(system.calls.indexOf('note audit'));
}

function expectRolledBack({result, all}: Awaited<ReturnType<typeof runFakeDrill>>): void {
  const begun = all('step.started').map(({step}) => step);
  const tried = [...all('rollback.started'), ...all('rollback.not-needed')].map(({step}) => step);
  const done = [...all('rollback.succeeded'), ...all('rollback.not-needed')].map(({step}) => step);
  expect(new Set(tried)).toEqual(new Set(begun));
  expect(result.exitCode === 4).toBe(begun.some((step) => !done.includes(step)));
}
