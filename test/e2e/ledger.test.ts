import {readFile, rename, rm, stat, truncate, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {gzipSync} from 'node:zlib';
import pg from 'pg';
import {afterAll, afterEach, beforeAll, describe, expect, it} from 'vitest';
import {type BaoApi, createBaoApi} from '../../lab/openbao.ts';
import {readState} from '../../lab/state.ts';
import type {Entry} from '../../src/journal/entries.ts';
import {readJournal} from '../../src/journal/read-journal.ts';
import type {RunResult} from '../../src/verdict/result.ts';
import {type DrillLab, type DrillRun, startDrillLab} from '../helpers/drill-lab.ts';
import {eventually} from '../helpers/eventually.ts';
import type {CliRun} from '../helpers/run-cli.ts';
import {shiftedClock} from '../helpers/shifted-clock.ts';

const secretIds = 'auth/approle/role/orders-mcp/secret-id';
const policy = 'sys/policies/acl/orders-mcp';

/** Nobody did anything: what each ledger below differs from. */
const nobody = {state: 'none', events: [], declared: [], manualSteps: [], witnessed: [], refused: []};

type Ended = DrillRun & {readonly result: RunResult};
type Acting = {readonly once: string; readonly act: (run: string) => Promise<unknown>};

/** Each scenario on the real lab, with its exact ledger: who did what, on which system, in which phase. */
describe('the ledger of a run', () => {
  let drillLab: DrillLab;
  let root: BaoApi;
  let drill: string;
  let log: string;
  const undo: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    drillLab = await startDrillLab({rawAudit: true});
    root = createBaoApi(drillLab.lab.addresses.vault, drillLab.lab.rootToken());
    drill = await writeDrill('short', (text) => text);
    log = path.join(drillLab.lab.data, 'openbao', 'audit.log');
  });
  afterAll(() => drillLab?.down());
  afterEach(async () => {
    for (let act = undo.pop(); act !== undefined; act = undo.pop()) await act();
    await expect(drillLab.lab.check()).resolves.toEqual([]);
  });

  /** The flagship with a settle in which there is time to do something, and no more. */
  async function writeDrill(name: string, edit: (text: string) => string): Promise<string> {
    const text = await readFile(path.join(import.meta.dirname, '../../drills/orders-mcp.yaml'), 'utf8');
    const file = path.join(drillLab.lab.home, `${name}.yaml`);
    await writeFile(file, edit(text.replace('settle: 5s', 'settle: 2s')));
    return file;
  }

  async function run(
    acts: readonly Acting[] = [],
    {file = drill, env = {}}: {readonly file?: string; readonly env?: Readonly<Record<string, string>>} = {},
  ): Promise<Ended> {
    const acting = new Map<Acting, Promise<unknown>>();
    let name = '';
    const ended = await drillLab.run(file, '', {
      env,
      onLine: (line) => {
        name = / run (\S+-orders-mcp-\w+)/.exec(line)?.[1] ?? name;
        for (const one of acts) if (!acting.has(one) && line.includes(one.once)) acting.set(one, one.act(name));
      },
    });
    await Promise.all(acting.values());
    const {result} = ended;
    if (result === undefined || acting.size < acts.length) throw new Error(ended.stderr);
    return {...ended, result};
  }
  const inSettle = (act: Acting['act']): Acting => ({once: 'phase settle', act});

  const ledgerOf = ({result: {manualRecovery}}: Ended) => {
    const {state, events, declared, manualSteps, witnessed, refused} = manualRecovery;
    return {
      state,
      events: events.map(tell),
      declared,
      manualSteps,
      witnessed: witnessed.map(tell),
      refused: refused.map(tell),
    };
  };
  const tell = (event: RunResult['manualRecovery']['events'][number]): string =>
    `${event.phase}: ${event.operation} ${event.system} ${event.path}`;
  const unmet = ({result}: Ended) =>
    Object.entries(result.criteria).flatMap(([name, {state}]) => (state === 'met' ? [] : [`${name} ${state}`]));
  const unproven = ({result}: Ended) => result.criteria['no-manual-recovery'].reasons.join(' ');

  async function tokenOf(given: Readonly<Record<string, unknown>>, by = root, at = 'create-orphan'): Promise<Person> {
    const {client_token: token, accessor} = Object((await by('POST', `auth/token/${at}`, given)).auth);
    undo.push(() => root('POST', 'auth/token/revoke-accessor', {accessor}).catch(() => undefined));
    return personWith(token, accessor);
  }
  async function personWith(token: string, accessor?: string): Promise<Person> {
    const known = accessor ?? Object((await root('POST', 'auth/token/lookup', {token})).data).accessor;
    const {hash} = Object((await root('POST', 'sys/audit-hash/main', {input: known})).data);
    return {api: createBaoApi(drillLab.lab.addresses.vault, token), hash};
  }
  /** One more secret-id, that is gone after the test. */
  async function issue(by: BaoApi, given: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const {secret_id: secretId, secret_id_accessor: accessor} = Object((await by('POST', secretIds, given)).data);
    undo.push(() => root('POST', `${secretIds}-accessor/destroy`, {secret_id_accessor: accessor}));
    return secretId;
  }
  /** Writes the integration's policy as it is: a change in scope that changes nothing else. */
  async function touchPolicy(by: BaoApi = root): Promise<void> {
    const {data} = await root('GET', policy);
    await by('PUT', policy, {policy: Object(data).policy});
  }
  async function asSuperuser<T>(act: (client: pg.Client) => Promise<T>): Promise<T> {
    const [host = '', port] = drillLab.lab.addresses.postgres.split(':');
    const password = await readFile(path.join(drillLab.lab.data, 'superuser-password'), 'utf8');
    const client = new pg.Client({host, port: Number(port), database: 'shop', user: 'postgres', password, ssl: false});
    await client.connect();
    try {
      return await act(client);
    } finally {
      await client.end();
    }
  }
  /** As logrotate does it: another name, and a signal at which the server opens the file anew. */
  async function rotate(to: string): Promise<void> {
    await rename(log, to);
    undo.push(() => rm(to, {force: true}));
    process.kill((await readState(drillLab.lab.home))?.processes.openbao?.pid ?? 0, 'SIGHUP');
    await eventually(() => stat(log));
  }

  it('is empty where nobody does anything, and checkout goes about its day', async () => {
    const ended = await run();

    expect(ended.exitCode, ended.stderr).toBe(0);
    expect(ledgerOf(ended)).toEqual(nobody);
    expect(ended.result.manualRecovery.recoveredAfterMs).toBeGreaterThan(0);
    expect(ended.result.manualRecovery.timeline).toEqual([]);
    expect(new Set(ended.result.manualRecovery.blind.map(({system}) => system))).toEqual(new Set(['command', 'shop']));
  });

  it('holds nothing of what is done before the first step or after the last event, nor reads and refusals', async () => {
    const stranger = await tokenOf({policies: ['default']});
    await touchPolicy();

    const ended = await run([
      {once: 'phase baseline', act: () => touchPolicy()},
      inSettle(async () => {
        await root('GET', 'auth/approle/role/orders-mcp/role-id');
        await touchPolicy(stranger.api).catch(() => undefined);
      }),
      {once: 'phase scan', act: () => touchPolicy()},
    ]);

    expect(ended.exitCode, ended.stderr).toBe(0);
    expect(ledgerOf(ended)).toEqual({
      ...nobody,
      witnessed: ['settle: read vault auth/approle/role/orders-mcp/role-id'],
      refused: [`settle: update vault ${policy}`],
    });
  });

  it('tells people apart, by what they came with and not by what they say of themselves', async () => {
    const operator = await personWith(await drillLab.operatorToken());
    const forged = {display_name: 'offdrill', meta: {offdrill_run: 'this', role_name: 'checkout'}};
    const pretender = await tokenOf(forged, operator.api, 'create');
    const job = await tokenOf({display_name: 'ci', policies: ['operator']});
    const owner = await personWith(drillLab.lab.rootToken());
    const people = [operator, pretender, job, owner];

    const ended = await run([
      inSettle(async () => {
        for (const {api} of people) await issue(api);
      }),
    ]);

    expect(ended.exitCode, ended.stderr).toBe(1);
    expect(ledgerOf(ended)).toEqual({
      ...nobody,
      state: 'detected',
      events: people.map(() => `settle: update vault ${secretIds}`),
    });
    expect(ended.result.manualRecovery.events.map(({accessor}) => accessor)).toEqual(people.map(({hash}) => hash));
    expect(unmet(ended)).toEqual(['shutdown unmet', 'no-manual-recovery unmet']);
    for (const {hash} of people) expect(ended.stdout.replace(/\s+/g, '')).toContain(hash);
  });

  it('holds a job that pushes a known secret-id again, and its login is the integration’s', async () => {
    const job = await tokenOf({display_name: 'ci', policies: ['root']});
    const secretId = 'a-secret-id-that-a-job-knows';
    const roleId = (await readFile(path.join(drillLab.lab.data, 'orders-mcp', 'role-id'), 'utf8')).trim();

    const ended = await run([
      inSettle(async () => {
        const {data} = await job.api('POST', 'auth/approle/role/orders-mcp/custom-secret-id', {secret_id: secretId});
        const accessor = Object(data).secret_id_accessor;
        undo.push(() => root('POST', `${secretIds}-accessor/destroy`, {secret_id_accessor: accessor}));
        const anonymous = createBaoApi(drillLab.lab.addresses.vault, '');
        const {auth} = await anonymous('POST', 'auth/approle/login', {role_id: roleId, secret_id: secretId});
        undo.push(() => root('POST', 'auth/token/revoke-accessor', {accessor: Object(auth).accessor}));
      }),
    ]);

    expect(ended.exitCode, ended.stderr).toBe(1);
    expect(ledgerOf(ended)).toEqual({
      ...nobody,
      state: 'detected',
      events: ['settle: update vault auth/approle/role/orders-mcp/custom-secret-id'],
    });
    expect(ended.result.criteria['access-removed'].reasons.join()).toContain('was served after the last step');
  });

  it('takes a script with the integration’s own secret-id for the integration, before its last step', async () => {
    const roleId = (await readFile(path.join(drillLab.lab.data, 'orders-mcp', 'role-id'), 'utf8')).trim();
    const secretId = await readFile(path.join(drillLab.lab.data, 'orders-mcp', 'secret-id'), 'utf8');
    let accessor = '';

    const ended = await run([
      {
        once: 'step stop-server: command/run',
        act: async () => {
          const anonymous = createBaoApi(drillLab.lab.addresses.vault, '');
          const {auth} = await anonymous('POST', 'auth/approle/login', {role_id: roleId, secret_id: secretId.trim()});
          accessor = Object(auth).accessor;
        },
      },
    ]);

    expect(ended.exitCode, ended.stderr).toBe(0);
    expect(ledgerOf(ended)).toEqual(nobody);
    await expect(root('POST', 'auth/token/lookup-accessor', {accessor})).rejects.toThrow();
  });

  it('holds a credential that is read to be pasted', async () => {
    const person = await tokenOf({policies: ['orders-mcp'], display_name: 'person'});
    const file = path.join(import.meta.dirname, '../../drills/orders-mcp-human-paste.yaml');

    const ended = await run(
      [
        inSettle(async () => {
          const {lease_id: lease} = await person.api('GET', 'database/creds/orders-mcp');
          undo.push(() => root('PUT', `sys/leases/revoke/${lease}`, {sync: true}));
        }),
      ],
      {file},
    );

    expect(ended.exitCode, ended.stderr).toBe(1);
    expect(ledgerOf(ended)).toEqual({
      ...nobody,
      state: 'detected',
      events: ['settle: read vault database/creds/orders-mcp'],
    });
    expect(ended.result.manualRecovery.events[0]).toMatchObject({effect: 'hand-out', accessor: person.hash});
    expect(ended.result.criteria['no-manual-recovery'].reasons.join()).toContain(person.hash);
  });

  it('goes on through a log that is rotated and compressed, and holds what stands in each part', async () => {
    const ended = await run([
      {once: 'phase shutdown', act: () => rotate(`${log}.1`)},
      inSettle(async () => {
        await touchPolicy();
        await rename(`${log}.1`, `${log}.2`);
        undo.push(() => rm(`${log}.2.gz`));
        await writeFile(`${log}.2.gz`, gzipSync(await readFile(`${log}.2`)));
        await rm(`${log}.2`);
        await rotate(`${log}.1`);
        await touchPolicy();
      }),
    ]);

    expect(ledgerOf(ended)).toEqual({
      ...nobody,
      state: 'detected',
      events: [`settle: update vault ${policy}`, `settle: update vault ${policy}`],
    });
    expect(unmet(ended)).toEqual(['no-manual-recovery unmet']);
  });

  it.each([
    ['truncated', 'the log was cut during the run', () => truncate(log, 0)],
    [
      'replaced by another',
      'the log was replaced during the run',
      async () => {
        await rotate(`${log}.1`);
        await rm(`${log}.1`);
      },
    ],
  ])('proves nothing where the log is %s', async (_how, why, act) => {
    const ended = await run([inSettle(act)]);
    await rotate(`${log}.1`);

    expect(ended.exitCode, ended.stderr).toBe(3);
    expect(ledgerOf(ended)).toEqual({...nobody, state: 'unproven'});
    expect(unmet(ended)).toEqual(['no-manual-recovery unproven']);
    expect(unproven(ended)).toContain(why);
  });

  it('holds what one of two devices lost', async () => {
    const {data} = await root('GET', 'sys/policies/acl/operator');
    const before = String(Object(data).policy);
    undo.push(() => root('PUT', 'sys/policies/acl/operator', {policy: before}));
    const hashing = 'path "sys/audit-hash/raw" { capabilities = ["update"] }';
    await root('PUT', 'sys/policies/acl/operator', {policy: `${before}\n${hashing}`});
    const file = await writeDrill('two-devices', (text) =>
      text.replace(
        'with: {path: .lab/openbao/audit.log}',
        'with: {path: .lab/openbao/audit.log, also: [{path: .lab/openbao/raw-audit.log, device: raw}]}',
      ),
    );

    const ended = await run(
      [
        inSettle(async () => {
          await touchPolicy();
          const lines = (await readFile(log, 'utf8')).split('\n');
          const kept = lines.filter((line) => !line.includes(`"path":"${policy}"`) || !line.includes('"update"'));
          expect(kept.length).toBeLessThan(lines.length);
          await writeFile(log, kept.join('\n'));
        }),
      ],
      {file},
    );

    expect(ledgerOf(ended)).toEqual({
      ...nobody,
      state: 'detected',
      events: [`settle: update vault ${policy}`],
    });
  });

  it('puts what happened in its place where the server’s clock is off, and begins nothing where it is 90 s off', async () => {
    const slow = await run([inSettle(() => touchPolicy())], {env: shiftedClock(50_000)});
    const tooFar = await run([], {env: shiftedClock(90_000)});

    expect(ledgerOf(slow)).toEqual({
      ...nobody,
      state: 'detected',
      events: [`settle: update vault ${policy}`],
    });
    const [settled, rolledBack] = ['settle', 'rollback'].map((phase) => phaseAt(slow, phase));
    const moment = Date.parse(slow.result.manualRecovery.timeline.find(({kind}) => kind === 'somebody')?.at ?? '');
    expect(moment).toBeGreaterThan((settled ?? 0) - 1000);
    expect(moment).toBeLessThan((rolledBack ?? 0) + 1000);
    expect(Date.parse(slow.result.manualRecovery.events[0]?.time ?? '')).toBeLessThan((settled ?? 0) - 40_000);
    expect(tooFar.exitCode).toBe(3);
    expect(ledgerOf(tooFar)).toEqual({...nobody, state: 'unproven'});
    expect(tooFar.stderr).toMatch(/clock/);
    expect(entriesOf(tooFar).some(({type}) => type === 'step.started')).toBe(false);
  });

  it('holds a server that somebody starts by hand before rollback', async () => {
    const file = await writeDrill('patient', (text) =>
      text.replace('settle: 2s', 'settle: 8s').replaceAll(/denied-within: \d+s/g, 'denied-within: 5s'),
    );

    const ended = await run(
      [
        inSettle(async () => {
          const secretId = await issue(root);
          await writeFile(path.join(drillLab.lab.data, 'orders-mcp', 'secret-id'), secretId);
          await drillLab.lab.start('orders-mcp');
        }),
      ],
      {file},
    );

    expect(ended.exitCode, ended.stderr).toBe(1);
    expect(ledgerOf(ended)).toEqual({
      ...nobody,
      state: 'detected',
      events: [`settle: update vault ${secretIds}`, 'settle: restart tool result._meta.startedAt'],
    });
    expect(ended.result.criteria['access-removed'].state).toBe('unmet');
  });

  it('holds a server that somebody starts anew by hand after rollback', async () => {
    const file = await writeDrill('brief', (text) => text.replace('settle: 2s', 'settle: 2s\nrestored-within: 10s'));

    const ended = await run(
      [
        {
          once: 'phase restored',
          act: async () => {
            await drillLab.lab.stop('orders-mcp');
            await drillLab.lab.start('orders-mcp');
          },
        },
      ],
      {file},
    );

    expect(ended.exitCode, ended.stderr).toBe(1);
    expect(ledgerOf(ended)).toEqual({
      ...nobody,
      state: 'detected',
      events: ['restored: restart tool result._meta.startedAt'],
    });
    // Sessions of the process before, where they were captured already, end with it: then `restored` is unmet too.
    expect(unmet(ended)).toContain('no-manual-recovery unmet');
  });

  it('holds a user that is made by SQL, and a password that is reset', async () => {
    await asSuperuser((client) => client.query('create role fallback login in role orders_mcp_users'));
    undo.push(() => asSuperuser((client) => client.query('drop role if exists helper; drop role fallback')));

    const ended = await run([
      inSettle(() =>
        asSuperuser(async (client) => {
          await client.query(`create role helper login password 'a-literal' in role orders_mcp_users`);
          await client.query(`alter role fallback password 'another-literal'`);
        }),
      ),
    ]);

    expect(ended.exitCode, ended.stderr).toBe(1);
    expect(ledgerOf(ended)).toEqual({
      ...nobody,
      state: 'detected',
      events: [
        'settle: create role shop role/helper',
        'settle: grant shop role/orders_mcp_users',
        'settle: alter role password shop role/fallback',
      ],
    });
    expect(ended.result.manualRecovery.events.map(({accessor}) => accessor)).toEqual(Array(3).fill('postgres'));
    expect(JSON.stringify(ended.result)).not.toContain('literal');
  });

  it('holds what a person declares while it goes on', async () => {
    const said: CliRun[] = [];
    const file = path.join(import.meta.dirname, '../../drills/orders-mcp-human.yaml');

    const ended = await run(
      [
        inSettle(async (name) => {
          const declare = (args: string) => drillLab.offdrill(`intervene ${name} --by 'Ana Lima' ${args}`);
          said.push(await declare("--reason 'Restarted the server by hand'"));
          said.push(await declare("--reason 'Long ago' --at 2020-01-01T00:00:00Z"));
        }),
      ],
      {file},
    );
    const late = await drillLab.offdrill(`intervene ${ended.result.run} --by Ana --reason late`);

    expect(said.map(({exitCode}) => exitCode)).toEqual([0, 2]);
    expect(said[0]?.stderr).toContain(`On record in ${ended.result.run}`);
    expect(said[1]?.stderr).toContain('Expected a time between');
    expect(late).toMatchObject({exitCode: 2, stderr: expect.stringContaining('to go on, and it does not')});
    expect(ended.exitCode).toBe(1);
    expect(ledgerOf(ended)).toEqual({
      ...nobody,
      state: 'declared',
      declared: [expect.objectContaining({by: 'Ana Lima', reason: 'Restarted the server by hand'})],
    });
    expect(unmet(ended)).toEqual(['no-manual-recovery unmet']);
    expect(ended.stdout.replace(/\s+/g, ' ')).toContain('Ana Lima: Restarted the server by hand');
  });
});

type Person = {readonly api: BaoApi; readonly hash: string};

function entriesOf({folder}: Ended): readonly Entry[] {
  const journal = readJournal(path.join(folder ?? '', 'journal.ndjson'));
  if (!journal.ok) throw new Error(journal.error.reason);
  return journal.value.entries;
}

function phaseAt(ended: Ended, phase: string): number | undefined {
  const begun = entriesOf(ended).find((entry) => entry.type === 'phase.started' && entry.data.phase === phase);
  return begun === undefined ? undefined : Date.parse(begun.time);
}
