import {mkdir, mkdtemp, readdir, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {lockIntegration} from '../../src/api/run-lock.ts';

describe('api/run-lock', () => {
  let stateDir: string;
  beforeEach(async () => {
    stateDir = await mkdtemp(path.join(tmpdir(), 'offdrill-lock-'));
  });
  afterEach(() => rm(stateDir, {recursive: true, force: true}));

  const lock = (run: string, integration = 'orders-mcp') => lockIntegration({stateDir, integration, run});

  it('lets one of several that start together run', async () => {
    const locks = await Promise.all(Array.from({length: 10}, (_each, index) => lock(`run-${index}`)));

    expect(locks.filter(({ok}) => ok)).toHaveLength(1);
  });

  it('says which run is unfinished, and what to do', async () => {
    await lock('run-1');

    const second = await lock('run-2');

    expect(second).toMatchObject({
      ok: false,
      error: {code: 'unfinished-run', message: expect.stringContaining('`run-1`')},
    });
    expect(JSON.stringify(second)).toContain('undo what they did, then remove');
  });

  it('minds no other integration, and none once it was released', async () => {
    const first = await lock('run-1');
    const other = await lock('run-2', 'billing-mcp');
    if (first.ok) await first.value.release();

    const next = await lock('run-3');

    expect([first.ok, other.ok, next.ok]).toEqual([true, true, true]);
    expect(await readdir(path.join(stateDir, 'locks'))).toEqual(['billing-mcp', 'orders-mcp']);
  });

  it('takes over the lock of a run that has its result', async () => {
    await lock('run-1');
    await mkdir(path.join(stateDir, 'runs', 'run-1'), {recursive: true});
    await writeFile(path.join(stateDir, 'runs', 'run-1', 'result.json'), '{}');

    expect((await lock('run-2')).ok).toBe(true);
  });

  it('takes over no lock that names what is no run', async () => {
    await lock('../../etc');

    expect((await lock('run-2')).ok).toBe(false);
  });
});
