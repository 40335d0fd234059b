import {readFile} from 'node:fs/promises';
import {type LabProcess, refuseIfEnded, startProcess} from './processes.ts';
import {waitFor} from './wait-for.ts';

/** More calls than anybody makes before the rights of callers count. */
const unbounded = 1_000_000;

/** With which moto lets anybody do everything until `enforceRights`. */
export const motoEnvironment = {INITIAL_NO_AUTH_ACTION_COUNT: String(unbounded)};

/** moto's server as a process, with nothing in it; whoever asks may do everything until `enforceRights`. */
export async function startMoto(options: {
  readonly python: string;
  /** Any that is free where left out. */
  readonly port?: number;
  readonly log: string;
  readonly onStart: (process: LabProcess) => void;
}): Promise<string> {
  const {python, port = 0, log} = options;
  const started = startProcess([python, '-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    log,
    env: {...motoEnvironment, HOME: '/nonexistent'},
    cwd: '/',
  });
  options.onStart(started);
  let address = '';
  await waitFor('moto answers', 60_000, async () => {
    refuseIfEnded('moto', started, log);
    address = /Running on (http:\/\/\S+)/.exec(await readFile(log, 'utf8'))?.[1] ?? '';
    return address !== '' && (await fetch(`${address}/moto-api/data.json`)).ok;
  });
  return address;
}

/** From here on a key must be known, and a policy must allow what it is used for: the actions alone count, not resources or conditions. */
export async function enforceRights(address: string): Promise<void> {
  const headers = {'content-type': 'text/plain'};
  const answer = await fetch(`${address}/moto-api/reset-auth`, {method: 'POST', body: '0', headers});
  if (!answer.ok) throw new Error(`Expected moto to hold callers to their rights, got ${answer.status}.`);
}
