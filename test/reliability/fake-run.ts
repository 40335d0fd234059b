import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {listRuns} from '../../src/api/list-runs.ts';
import {planBytes} from '../../src/api/read-drill.ts';
import {resumeRun} from '../../src/api/resume-run.ts';
import {Interruption, restoreDrill, runDrill} from '../../src/api/run-drill.ts';
import type {DriverCatalog} from '../../src/contract/driver.ts';
import {createSystemClock} from '../../src/util/system-clock.ts';
import {createFakeDriver} from '../fixtures/drivers/fake-system.ts';
import './kill-at.ts';
import {StoredSystem} from './stored-system.ts';

/** `run`, `resume` or `restore` of the drill on the stored fake system, as a process of its own. Prints what it came to. */
const [act = '', folder = '', state = '', file = ''] = process.argv.slice(2);
const stateDir = path.join(folder, state);
const driver = createFakeDriver(new StoredSystem(path.join(folder, 'system.json')));
const catalog: DriverCatalog = {names: ['fake'], load: async (name) => (name === 'fake' ? driver : undefined)};
const shared = {env: {}, stateDir, catalog, clock: createSystemClock(), interruption: new Interruption()};

if (act === 'resume') {
  const [newest] = (await listRuns(stateDir)).toReversed();
  if (newest === undefined) throw new Error('no run was begun');
  print(await resumeRun({...shared, run: newest.run}));
} else {
  const planned = await planBytes(await readFile(file), {file, vars: {}, env: {}, catalog});
  if (!planned.ok) throw new Error(planned.error.render({color: false}));
  const options = {...shared, plan: planned.value.plan, maxDurationMs: 20_000};
  print(await (act === 'restore' ? restoreDrill(options) : runDrill(options)));
}

function print(ended: Awaited<ReturnType<typeof resumeRun | typeof runDrill>>): void {
  const told = ended.ok
    ? {verdict: ended.value?.result.verdict, exitCode: ended.value?.result.exitCode, left: ended.value?.result.left}
    : {refused: ended.error};
  process.stdout.write(JSON.stringify(told));
}
