import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {parseEnv} from 'node:util';
import pg from 'pg';
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

  const up = async (variant: VariantName, ttl?: string): Promise<Lab> => {
    lab = await startLab({home, ports: 'auto', variant, ...(ttl === undefined ? {} : {ttl})});
    root = createBaoApi(lab.addresses.vault, lab.rootToken());
    return lab;
  };
  const askDatabase = async (statement: string): Promise<void> => {
    const {data, addresses} = lab ?? {data: '', addresses: {postgres: ''}};
    const env = parseEnv(await readFile(path.join(data, 'offdrill.env'), 'utf8'));
    const [host = '', port] = addresses.postgres.split(':');
    const login = {user: 'offdrill', password: env.OFFDRILL_DB_ADMIN_PASSWORD};
    const client = new pg.Client({host, port: Number(port), database: 'shop', ...login, ssl: false});
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  const credentialsOf = async (name: string) => (await readState(home))?.processes[name]?.credentials;

  /** Whole as it is, not without orders-mcp, and whole again with it. */
  const stopsAndStarts = async ({check, stop, start}: Lab): Promise<void> => {
    expect(await check()).toEqual([]);
    await stop('orders-mcp');
    expect(await check()).not.toEqual([]);
    await start('orders-mcp');
    expect(await check()).toEqual([]);
  };

  it('is whole as expiry, also after stop and start', async () => {
    await stopsAndStarts(await up('expiry'));
  });

  it('goes on with a static user, also after stop and start, and when its password was rotated', async () => {
    const variant = await up('static');
    await stopsAndStarts(variant);

    await root('POST', 'database/rotate-role/orders-static');

    await stopsAndStarts(variant);
  });

  it('moves on to new credentials before the short-lived ones end', async () => {
    // Longer than a busy machine takes to log in and ask once.
    const {check} = await up('batch', '10s');
    const users = async () => Object((await root('LIST', 'sys/leases/lookup/database/creds/orders-mcp/')).data).keys;
    const [first] = await users();

    await until(async () => (await users()).some((user: string) => user !== first));

    // The server takes them a moment after OpenBao has issued them.
    await until(async () => (await check()).length === 0);
  });

  it('starts orders-mcp again by itself, and on its own credentials when asked to', async () => {
    const {check, stop, start} = await up('respawn');
    expect(await credentialsOf('orders-mcp')).toBeUndefined();

    await stop('orders-mcp');
    await until(async () => (await check()).length === 1);

    expect(await check()).toEqual(['not so: orders-mcp runs on its own credentials']);
    expect(await credentialsOf('orders-mcp')).toBe('orders-mcp-standby');
    await start('orders-mcp');
    expect(await credentialsOf('orders-mcp')).toBeUndefined();
    expect(await check()).toEqual([]);
  });

  it('is not whole as shared while a user whose sessions go on may not log in again', async () => {
    const shared = await up('shared');
    const {check} = shared;
    await stopsAndStarts(shared);

    await askDatabase('alter role shop_app nologin');
    expect(await check()).toEqual(['not so: shop_app may log in to the database']);

    await askDatabase('alter role shop_app login');
    expect(await check()).toEqual([]);
  });

  it('is not whole as batch while an entity is disabled', async () => {
    const batch = await up('batch');
    const {check} = batch;
    await stopsAndStarts(batch);
    const ids: readonly string[] = Object((await root('LIST', 'identity/entity/id')).data).keys;
    const setDisabled = (disabled: boolean) =>
      Promise.all(ids.map((id) => root('POST', `identity/entity/id/${id}`, {disabled})));

    await setDisabled(true);
    expect(await check()).toContain('not so: no entity of OpenBao is disabled');

    await setDisabled(false);
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
