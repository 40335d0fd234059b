import {execFile} from 'node:child_process';
import {access, constants, mkdir, mkdtemp, rename, rm} from 'node:fs/promises';
import {homedir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';

const run = promisify(execFile);

export const motoVersion = '5.2.5';

/** Of `moto[server]`, what the services of the lab need: the rest is 200 MB for others. */
export const requirements = [
  `moto==${motoVersion}`,
  'flask==3.1.3',
  'flask-cors==6.0.5',
  'werkzeug==3.1.9',
  'boto3==1.44.8',
  'botocore==1.44.8',
  'cryptography==50.0.2',
  'responses==0.26.3',
];

/** A Python that has moto's server: `MOTO_PYTHON`, else one of a virtual environment in the cache, made once. */
export async function findMoto(
  env: Readonly<Record<string, string | undefined>>,
  log: (line: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  if (env.MOTO_PYTHON !== undefined && env.MOTO_PYTHON !== '') {
    if (await isExecutable(env.MOTO_PYTHON)) return env.MOTO_PYTHON;
    throw new Error(`Expected MOTO_PYTHON to be a Python with moto, but \`${env.MOTO_PYTHON}\` can't be run.`);
  }
  const cache = path.join(env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'offdrill');
  const folder = path.join(cache, `moto-${motoVersion}`);
  const python = path.join(folder, 'bin', 'python');
  if (!(await isExecutable(python))) await makeEnvironment(cache, folder, log, signal);
  return python;
}

/** Made beside its place and moved there whole; whoever was there first stays. */
async function makeEnvironment(
  cache: string,
  folder: string,
  log: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  log(`fetching moto ${motoVersion}, which stands in for AWS (from PyPI, 30 MB, once)`);
  await mkdir(cache, {recursive: true});
  const beside = await mkdtemp(path.join(cache, 'moto-'));
  try {
    const options = signal === undefined ? {} : {signal};
    await run('python3', ['-m', 'venv', beside], options);
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements];
    await run(path.join(beside, 'bin', 'python'), install, options);
    await rename(beside, folder).catch((error: Error) => {
      if (!('code' in error) || (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST')) throw error;
    });
  } catch (error) {
    signal?.throwIfAborted();
    const last = error instanceof Error ? error.message.trim().split('\n').at(-1) : '';
    throw new Error(
      `Expected python3 with venv and pip to fetch moto, and it failed. Install them, or set MOTO_PYTHON to a Python that has moto's server. ${last}`,
    );
  } finally {
    await rm(beside, {recursive: true, force: true});
  }
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
