import {execFile} from 'node:child_process';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, describe, expect, inject, it} from 'vitest';
import {projectFolder} from '../helpers/run-cli.ts';
import {vaultDrill} from './vault-drill.ts';

const run = promisify(execFile);

describe('the package as a library', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(inject('installed'), 'library-'));
  });
  afterAll(() => rm(folder, {recursive: true, force: true}));

  it('gives these functions and no other', async () => {
    const program = `console.log(JSON.stringify(Object.keys(await import('offdrill')).sort()))`;

    expect(JSON.parse(await runs('names.mjs', program))).toEqual([
      'Interruption',
      'createSystemClock',
      'declareIntervention',
      'examineDrill',
      'listRuns',
      'planDrill',
      'readRun',
      'renderExamination',
      'renderJunit',
      'renderPlan',
      'renderReport',
      'restoreDrill',
      'resumeRun',
      'runDrill',
    ]);
  });

  it('gives its schema by name, and nothing from within', async () => {
    const program = `
import schema from 'offdrill/drill.schema.json' with {type: 'json'};
const within = await import('offdrill/dist/api/catalog.js').catch(({code}) => code);
console.log(JSON.stringify([typeof schema.$schema, within]));`;

    expect(JSON.parse(await runs('doors.mjs', program))).toEqual(['string', 'ERR_PACKAGE_PATH_NOT_EXPORTED']);
  });

  it('has types for all that a program names', async () => {
    await writeFile(path.join(folder, 'consumer.ts'), consumer);
    await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({compilerOptions, files: ['consumer.ts']}));

    const checked = await run('tsc', ['-p', folder]).then(
      () => 'holds',
      ({stdout}) => stdout,
    );

    expect(checked).toBe('holds');
  });

  it('records a run that finds nobody, and reads it again', async () => {
    await writeFile(path.join(folder, 'drill.yaml'), vaultDrill);

    const said = await runs('consumer.ts', consumer);

    expect(JSON.parse(said)).toEqual({verdict: 'inconclusive', exitCode: 3, again: 'inconclusive', runs: 1});
  });

  async function runs(name: string, program: string): Promise<string> {
    await writeFile(path.join(folder, name), program);
    const {stdout} = await run(process.execPath, [name], {cwd: folder});
    return stdout;
  }
});

/** A program of somebody else's. It is checked with nothing skipped. */
const consumer = `import {
  createSystemClock, examineDrill, Interruption, listRuns, planDrill, readRun, renderReport, resumeRun, runDrill,
  type Action, type AuditSource, type Capture, type Clock, type Connection, type Context, type Diagnostic,
  type Driver, type DriverError, type Entry, type Examination, type Failure, type Finding, type FinishedRun,
  type LiveSample, type NotResumed, type Observation, type PlanRecord, type Probe, type Problems, type Result,
  type Resumed, type RunnablePlan, type RunOptions, type RunResult, type Session, type Target,
} from 'offdrill';

const clock: Clock = createSystemClock();
const env = {TOKEN: 'nothing-that-works'};
const planned: Result<{readonly plan: RunnablePlan}, Problems> = await planDrill({file: 'drill.yaml', vars: {vault: 'http://127.0.0.1:9'}, env});
if (!planned.ok) throw new Error(planned.error.diagnostics.map(({message}: Diagnostic) => message).join());
const record: PlanRecord = planned.value.plan.record;
const examined: Examination = await examineDrill({plan: planned.value.plan, env, clock, signal: new AbortController().signal});
if (examined.findings.every(({state}: Finding) => state !== 'fail')) throw new Error('Expected nobody to answer.');
const entries: Entry[] = [];
const options: RunOptions = {
  plan: planned.value.plan, env, clock, stateDir: 'state', interruption: new Interruption(), maxDurationMs: 60_000,
  onEntry: (entry: Entry) => void entries.push(entry), onSample: (_sample: LiveSample) => undefined,
};
const finished: Result<FinishedRun, readonly Failure[]> = await runDrill(options);
if (!finished.ok) throw new Error(finished.error.map(({message}) => message).join());
const result: RunResult = finished.value.result;
if (!renderReport(result, {color: false, width: 80}).includes(record.integration.name)) throw new Error('Expected a report.');
const again = readRun(finished.value.folder);
if (again.entries.length !== entries.length) throw new Error('Expected every entry to be told.');
const runs = (await listRuns('state')).length;
const resumed: Result<Resumed, NotResumed> = await resumeRun({run: result.run, stateDir: 'state', env, clock, interruption: new Interruption()});
if (!resumed.ok || resumed.value?.result.verdict !== result.verdict) throw new Error('Expected a run that had ended.');
console.log(JSON.stringify({verdict: result.verdict, exitCode: result.exitCode, again: again.result.verdict, runs}));

export type Contract = [Driver, Connection, Session, Context, Action, Probe, Capture, AuditSource, Observation, Target, DriverError];
`;

const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  module: 'nodenext',
  target: 'es2024',
  types: ['node'],
  typeRoots: [path.join(projectFolder, 'node_modules', '@types')],
  noEmit: true,
};
