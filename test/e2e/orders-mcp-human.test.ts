import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type BaoApi, createBaoApi} from '../../lab/openbao.ts';
import type {RunResult} from '../../src/verdict/result.ts';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {type CliRun, projectFolder} from '../helpers/run-cli.ts';

/** A person with a token of their own, who acts once settle has begun. */
describe('drills with a person who helps', () => {
  let drillLab: DrillLab;
  let root: BaoApi;
  beforeAll(async () => {
    drillLab = await startDrillLab();
    root = createBaoApi(drillLab.lab.addresses.vault, drillLab.lab.rootToken());
  });
  afterAll(() => drillLab?.down());

  const runWith = async (drill: string, act: () => Promise<unknown>): Promise<{result: RunResult; stdout: string}> => {
    let acting: Promise<unknown> | undefined;
    const {result, stdout, stderr} = await drillLab.run(drill, '', {
      onLine: (line) => {
        if (acting === undefined && line.includes('phase settle')) acting = act();
      },
    });
    await acting;
    if (result === undefined || acting === undefined) throw new Error(stderr);
    return {result, stdout};
  };
  /** As the audit log writes it. */
  const hashOf = async (accessor: string): Promise<string> =>
    String(Object((await root('POST', 'sys/audit-hash/main', {input: accessor})).data).hash);
  const accessorOf = async (token: string): Promise<string> =>
    String(Object((await root('POST', 'auth/token/lookup', {token})).data).accessor);

  it('fails on a secret-id that is issued with the operator’s token', async () => {
    const operator = await drillLab.operatorToken();
    let issued = '';

    const {result, stdout} = await runWith('orders-mcp-human.yaml', async () => {
      const asOperator = createBaoApi(drillLab.lab.addresses.vault, operator);
      const {data} = await asOperator('POST', 'auth/approle/role/orders-mcp/secret-id');
      issued = Object(data).secret_id_accessor;
    });
    await root('POST', 'auth/approle/role/orders-mcp/secret-id-accessor/destroy', {secret_id_accessor: issued});

    const accessor = await hashOf(await accessorOf(operator));
    const [event, ...more] = result.manualRecovery.events;
    expect(result).toMatchObject({verdict: 'fail', exitCode: 1, left: []});
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      path: 'auth/approle/role/orders-mcp/secret-id',
      operation: 'update',
      effect: 'change',
      phase: 'settle',
      accessor,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(result.criteria['no-manual-recovery'].state).toBe('unmet');
    const reason = result.criteria['no-manual-recovery'].reasons.join();
    for (const named of [event?.path ?? '?', event?.time ?? '?', accessor]) expect(reason).toContain(named);
    expect(stdout.replace(/\s+/g, '')).toContain(accessor);
    await expect(drillLab.lab.check()).resolves.toEqual([]);
  });

  it('fails on a database credential that is read to be pasted', async () => {
    const {auth} = await root('POST', 'auth/token/create-orphan', {policies: ['orders-mcp'], display_name: 'person'});
    const {client_token: token, accessor} = Object(auth);
    let lease = '';

    const {result} = await runWith('orders-mcp-human-paste.yaml', async () => {
      const read = await createBaoApi(drillLab.lab.addresses.vault, token)('GET', 'database/creds/orders-mcp');
      lease = String(read.lease_id);
    });

    expect(result).toMatchObject({verdict: 'fail', exitCode: 1, left: []});
    expect(result.manualRecovery.events).toMatchObject([
      {
        path: 'database/creds/orders-mcp',
        operation: 'read',
        effect: 'hand-out',
        phase: 'settle',
        accessor: await hashOf(accessor),
      },
    ]);
    expect(result.criteria['no-manual-recovery'].reasons.join()).toContain(await hashOf(accessor));
    await root('PUT', `sys/leases/revoke/${lease}`, {sync: true});
    await expect(drillLab.lab.check()).resolves.toEqual([]);
  });

  it('fails on what a person declares while it goes on, and tells it', async () => {
    const said: CliRun[] = [];

    const {result, stdout} = await runWith('orders-mcp-human.yaml', async () => {
      const [run = ''] = (await readdir(path.join(drillLab.stateDir, 'runs'))).toSorted().reverse();
      const declare = (args: string) => drillLab.offdrill(`intervene ${run} --by 'Ana Lima' ${args}`);
      said.push(await declare("--reason 'Restarted the server by hand'"));
      said.push(await declare("--reason 'Long ago' --at 2020-01-01T00:00:00Z"));
    });
    const late = await drillLab.offdrill(`intervene ${result.run} --by Ana --reason late`);

    expect(said.map(({exitCode}) => exitCode)).toEqual([0, 2]);
    expect(said[0]?.stderr).toContain(`On record in ${result.run}`);
    expect(said[1]?.stderr).toContain('Expected a time between');
    expect(late).toMatchObject({exitCode: 2, stderr: expect.stringContaining('to go on, and it does not')});
    expect(result).toMatchObject({verdict: 'fail', exitCode: 1, left: []});
    expect(result.manualRecovery).toMatchObject({
      state: 'declared',
      events: [],
      declared: [{by: 'Ana Lima', reason: 'Restarted the server by hand'}],
    });
    expect(Object.entries(result.criteria).filter(([, {state}]) => state !== 'met')).toMatchObject([
      ['no-manual-recovery', {state: 'unmet'}],
    ]);
    expect(stdout.replace(/\s+/g, ' ')).toContain('Ana Lima: Restarted the server by hand');
  });

  it('fails on a database user that is made by SQL', async () => {
    const {lab} = drillLab;
    const [host = '', port] = lab.addresses.postgres.split(':');
    const password = await readFile(path.join(lab.data, 'superuser-password'), 'utf8');
    const client = new pg.Client({host, port: Number(port), database: 'shop', user: 'postgres', password, ssl: false});
    await client.connect();

    const {result} = await runWith('orders-mcp-human.yaml', () =>
      client.query(`create role helper login password 'a-literal' in role orders_mcp_users`),
    );
    await client.query('drop role helper');
    await client.end();

    expect(result).toMatchObject({verdict: 'fail', exitCode: 1, left: []});
    expect(result.manualRecovery).toMatchObject({
      state: 'detected',
      events: [
        {system: 'shop', operation: 'create role', path: 'role/helper', accessor: 'postgres', phase: 'settle'},
        {system: 'shop', operation: 'grant', path: 'role/orders_mcp_users', accessor: 'postgres', phase: 'settle'},
      ],
    });
    expect(JSON.stringify(result)).not.toContain('a-literal');
    await expect(lab.check()).resolves.toEqual([]);
  });

  it('names a dependent that nobody declared, before anything is removed', async () => {
    const {auth} = await root('POST', 'auth/token/create-orphan', {policies: ['orders-mcp'], display_name: 'billing'});
    const {lease_id: lease} = await createBaoApi(drillLab.lab.addresses.vault, Object(auth).client_token)(
      'GET',
      'database/creds/orders-mcp',
    );

    const plan = `plan '${path.join(projectFolder, 'drills', 'orders-mcp.yaml')}' --who-uses`;
    const {exitCode, stdout} = await drillLab.offdrill(plan);
    const asJson = JSON.parse((await drillLab.offdrill(`${plan} --json --since 1h`)).stdout);
    await root('PUT', `sys/leases/revoke/${lease}`, {sync: true});

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /NOT DECLARED: breaks when this is removed\n(?:.*\n)*? {2}token-billing +database\/creds\/orders-mcp/,
    );
    expect(stdout).toMatch(/Declared\n(?:.*\n)* {2}approle orders-mcp +auth\/approle\/login as orders-mcp/);
    expect(asJson.systems).toMatchObject([{system: 'vault'}]);
    expect(asJson.systems[0].uses).toContainEqual(
      expect.objectContaining({who: 'token-billing', path: 'database/creds/orders-mcp', isDeclared: false}),
    );
  });
});
