import {execFile} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import {listRuns} from '../../src/api/list-runs.ts';
import {lockIntegration} from '../../src/api/run-lock.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import {programEnvironment, programFile} from '../helpers/run-cli.ts';
import {readStored} from './stored-system.ts';

const drill = path.join(import.meta.dirname, 'fake.yaml');
const patienceMs = 60_000;

const toldSchema = z.object({
  verdict: z.string().optional(),
  exitCode: z.number().optional(),
  left: z.array(z.string()).optional(),
  refused: z.unknown().optional(),
});

export type Ended = {
  readonly killed: boolean;
  readonly told: z.infer<typeof toldSchema> | undefined;
  readonly stderr: string;
};

/** One process of the drill on the stored fake system; it kills itself at the point, if one is given and reached. */
export function runFake(
  act: 'run' | 'resume' | 'restore',
  folder: string,
  {kill = '', state = 'state'}: {readonly kill?: string; readonly state?: string} = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const options = {env: {...programEnvironment(), OFFDRILL_TEST_KILL: kill}, timeout: patienceMs};
    execFile(
      process.execPath,
      [programFile('fake-run'), act, folder, state, drill],
      options,
      (error, stdout, stderr) => {
        if (error?.killed) reject(new Error(`${act} did not end: ${stderr}`));
        else if (error?.signal === 'SIGKILL') resolve({killed: true, told: undefined, stderr});
        else if (error) reject(new Error(`${act} failed: ${stderr}`));
        else resolve({killed: false, told: toldSchema.parse(JSON.parse(stdout)), stderr});
      },
    );
  });
}

export async function withFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'offdrill-kill-'));
  try {
    return await act(folder);
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
}

/** What is wrong after everything was brought back; empty where nothing is. */
export async function findLeftovers(
  folder: string,
  last: Ended,
  {state = 'state', tokens: mayLive = 0}: {readonly state?: string; readonly tokens?: number} = {},
): Promise<readonly string[]> {
  const stateDir = path.join(folder, state);
  const wrong: string[] = [];
  const {credentials, tokens, serving} = readStored(path.join(folder, 'system.json'));
  const alive = credentials.filter(([, works]) => works).map(([secret]) => secret);
  if (alive.length !== 1) wrong.push(`${alive.length} credentials work: ${alive.join(', ')}`);
  if (tokens.length > mayLive) wrong.push(`${tokens.length} run tokens live`);
  if (!serving) wrong.push('the server is stopped');
  if (last.told?.refused !== undefined) wrong.push(`refused: ${JSON.stringify(last.told.refused)}`);
  if (last.told?.exitCode === 4) wrong.push(`exit 4: ${last.told.left?.join('; ')}`);
  const [newest] = (await listRuns(stateDir)).toReversed();
  const journal = newest === undefined ? undefined : readJournal(path.join(newest.folder, 'journal.ndjson'));
  if (journal !== undefined && !journal.ok && journal.error.line > 0) wrong.push(`journal: ${journal.error.reason}`);
  const entries = journal?.ok === true ? journal.value.entries : [];
  const wasResumed = entries.some(({type}) => type === 'run.resumed');
  if (wasResumed && last.told?.verdict === 'pass') wrong.push('a run that was cut off passed');
  const hasPlan = entries.some(({type}) => type === 'run.planned');
  if (hasPlan && newest?.result === undefined) wrong.push('the run has no result');
  const revoked = entries.some(
    ({type, data}) => type === 'rollback.succeeded' && 'step' in data && data.step === 'revoke',
  );
  if (revoked && alive.includes('generation-1-secret')) wrong.push('the old credential lives');
  const lock = await lockIntegration({stateDir, integration: 'fake', run: 'next'});
  if (lock.ok) await lock.value.release();
  else wrong.push(`locked: ${lock.error.message}`);
  return wrong;
}
