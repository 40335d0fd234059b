import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {policyLanguage} from '../../../src/drivers/postgres/policy-language.ts';
import type {PostgresServer} from '../../helpers/postgres-server.ts';
import {openConnection, startShop} from './shop.ts';

const {signal} = new AbortController();
const needs = [
  {path: 'pg_signal_backend', capabilities: ['member'], neededBy: ['step end']},
  {path: 'pg_read_all_stats', capabilities: ['member'], neededBy: ['capture backends']},
  {path: 'pg_read_all_stats', capabilities: ['member'], neededBy: ['step end']},
];

describe('drivers/postgres/policy-language', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startShop();
  });
  afterAll(() => server?.stop());

  it('grants what is missing, and names who needs it', async () => {
    const user = 'new "operator"; drop';
    await server.sql(`create role "new ""operator""; drop" login password 'operator-password'`);
    const session = await openConnection(server, {user});
    const rights = policyLanguage.complete(needs, {user});
    expect(await session.missing(rights, signal)).toEqual(rights);

    const policy = policyLanguage.render(rights, {user});
    await server.sql(policy);

    expect(policy).toContain('-- capture backends, step end\ngrant "pg_read_all_stats" to "new ""operator""; drop";');
    expect(await session.missing(rights, signal)).toEqual([]);
    await session.close();
  });

  it('grants no membership for another right', () => {
    const need = {path: 'app', capabilities: ['owner'], neededBy: ['step x']};

    expect(policyLanguage.render([need], {user: 'u'})).toBe(
      "-- step x\n-- owner on app, for u: see the driver's page\n",
    );
  });
});
