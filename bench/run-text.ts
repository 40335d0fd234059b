import {rm} from 'node:fs/promises';
import path from 'node:path';
import type {RunnablePlan} from '../src/api/read-drill.ts';
import {Interruption, runDrill} from '../src/api/run-drill.ts';
import type {DriverCatalog} from '../src/contract/driver.ts';
import {loadDrill} from '../src/drill/load-drill.ts';
import type {Entry} from '../src/journal/entries.ts';
import {buildPlan} from '../src/plan/build-plan.ts';
import {createSystemClock} from '../src/util/system-clock.ts';
import type {RunResult} from '../src/verdict/result.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type TimedRun = {readonly ms: number; readonly entries: readonly Entry[]; readonly result: RunResult};

/** A drill as it would stand in a file, planned: nothing that the rules of the file refuse is measured. */
export async function planText(
  text: string,
  catalog: DriverCatalog,
  inputs: {readonly vars?: Readonly<Record<string, unknown>>; readonly env?: Environment; readonly base: string},
): Promise<RunnablePlan> {
  const source = {file: 'bench.yaml', bytes: new TextEncoder().encode(text)};
  const {vars = {}, env = {}, base} = inputs;
  const loaded = await loadDrill(source, {catalog, vars});
  if (!loaded.ok) throw new Error(loaded.error.map(({line, message}) => `${line}: ${message}`).join('\n'));
  const {drill, locate} = loaded.value;
  const planned = await buildPlan(drill, locate, catalog, {vars, env, base});
  if (!planned.ok) throw new Error(planned.error.map(({message}) => message).join('\n'));
  return {...planned.value, source: {text, vars, env: {}}};
}

/** One whole run with its journal in `folder`, from its lock to its report. Throws where a step was not applied: that would not be the work that is measured. */
export async function timeRun(plan: RunnablePlan, folder: string, env: Environment = {}): Promise<TimedRun> {
  const entries: Entry[] = [];
  const stateDir = path.join(folder, 'state');
  const startedAt = performance.now();
  const run = await runDrill({
    plan,
    env,
    stateDir,
    clock: createSystemClock(),
    interruption: new Interruption(),
    maxDurationMs: 300_000,
    onEntry: (entry) => entries.push(entry),
  });
  const ms = performance.now() - startedAt;
  await rm(stateDir, {recursive: true});
  if (!run.ok) throw new Error(run.error.map(({message}) => message).join('\n'));
  const {result} = run.value;
  const isDone = result.status === 'completed' && result.steps.every(({status}) => status === 'succeeded');
  if (!isDone) throw new Error(`Expected a run of which every step succeeded, got \`${result.status}\`.`);
  return {ms, entries, result};
}
