import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {type Lab, startLab} from '../../lab/lab.ts';
import {type BaoApi, createBaoApi} from '../../lab/openbao.ts';
import {readState} from '../../lab/state.ts';
import type {VariantName} from '../../lab/variants.ts';
import {until} from '../helpers/context.ts';

describe('lab/variants, on the real systems', () => {
  let home: string;
  let lab: Lab | undefined;
  let root: BaoApi;
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'offdrill-variant-'));
  });
  afterEach(async () => {
    await lab?.down();
    await rm(home, {recursive: true, force: true});
  });

  const up = async (variant: VariantName): Promise<Lab> => {
    lab = await startLab({home, ports: 'auto', variant});
    root = createBaoApi(lab.addresses.vault, lab.rootToken());
    return lab;
  };
  const credentialsOf = async (name: string) => (await readState(home))?.processes[name]?.credentials;

  it.each(['static', 'batch', 'expiry', 'shared'] as const)(
    'is whole as %s, also after stop and start',
    async (variant) => {
      const {check, stop, start} = await up(variant);

      expect(await check()).toEqual([]);
      await stop('orders-mcp');
      expect(await check()).not.toEqual([]);
      await start('orders-mcp');
      expect(await check()).toEqual([]);
    },
  );

  it('goes on with a static user whose password was rotated', async () => {
    const {check, stop, start} = await up('static');

    await root('POST', 'database/rotate-role/orders-static');

    expect(await check()).toEqual([]);
    await stop('orders-mcp');
    await start('orders-mcp');
    expect(await check()).toEqual([]);
  });

  it('moves on to new credentials before the short-lived ones end', async () => {
    const {check} = await up('batch');
    const users = async () => Object((await root('LIST', 'sys/leases/lookup/database/creds/orders-mcp/')).data).keys;
    const [first] = await users();

    // Two thirds of 20 s at most, and much less where its token is older.
    await until(async () => (await users()).some((user: string) => user !== first));

    expect(await check()).toEqual([]);
  }, 30_000);

  it('starts orders-mcp again by itself, and on its own credentials when asked to', async () => {
    const {check, stop, start} = await up('respawn');
    expect(await credentialsOf('orders-mcp')).toBeUndefined();

    await stop('orders-mcp');
    await until(async () => (await check()).length === 0);

    expect(await credentialsOf('orders-mcp')).toBe('orders-mcp-standby');
    await start('orders-mcp');
    expect(await credentialsOf('orders-mcp')).toBeUndefined();
    expect(await check()).toEqual([]);
  });

  it('recovers by itself when the database was stopped and started', async () => {
    const {check, stop, start} = await up('dynamic');

    await stop('postgres');
    expect(await check()).toContain('not so: checkout serves orders from the database');
    await start('postgres');

    await until(async () => (await check()).length === 0);
    expect(await check()).toEqual([]);
  });
});
