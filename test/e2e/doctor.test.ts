import {once} from 'node:events';
import {chmod, copyFile, lstat, readdir, readFile, symlink, writeFile} from 'node:fs/promises';
import {createServer, type Server, type Socket} from 'node:net';
import path from 'node:path';
import {parseEnv} from 'node:util';
import pg from 'pg';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createBaoApi} from '../../lab/openbao.ts';
import {stopProcess} from '../../lab/processes.ts';
import {readState} from '../../lab/state.ts';
import {examineDrill} from '../../src/api/doctor/examine-drill.ts';
import {planDrill} from '../../src/api/read-drill.ts';
import {effectOf, parseLine} from '../../src/drivers/vault/audit-line.ts';
import type {Examination, Finding} from '../../src/report/finding.ts';
import {createSystemClock} from '../../src/util/system-clock.ts';
import {type DrillLab, startDrillLab} from '../helpers/drill-lab.ts';
import {projectFolder} from '../helpers/run-cli.ts';
import {policyFor, useOperator, useToken} from './operator.ts';

const flagship = path.join(projectFolder, 'drills', 'orders-mcp.yaml');

describe('offdrill doctor', () => {
  let drillLab: DrillLab;

  beforeAll(async () => {
    drillLab = await startDrillLab();
  });
  afterAll(() => drillLab?.down());

  /** The flagship with one thing changed. */
  const changed = async (from: string, to: string): Promise<string> => {
    const file = path.join(drillLab.lab.home, 'changed.yaml');
    await writeFile(file, (await readFile(flagship, 'utf8')).replace(from, to));
    return file;
  };
  const auditAt = (file: string): Promise<string> => changed('.lab/openbao/audit.log', file);

  it('finds everything that the lab has', async () => {
    const {exitCode, stdout, stderr} = await drillLab.offdrill(`doctor '${flagship}'`);

    expect(exitCode, stdout + stderr).toBe(0);
    expect(stdout).toContain('Nothing stands in the way of a run');
    expect(stdout).not.toContain('fail');
  });

  it('teaches what it looks at and what its exit codes mean', async () => {
    const {exitCode, stdout} = await drillLab.offdrill('doctor --help');

    expect(exitCode).toBe(0);
    expect(stdout).toContain('Mints no token and writes nothing.');
    expect(stdout).toContain('2 the drill file, or a server that is not the one in guard.allow');
  });

  it('prints one document for scripts', async () => {
    const {examination} = await doctor(drillLab);

    expect(examination).toMatchObject({version: 1, exitCode: 0, drill: {name: 'orders-mcp', file: flagship}});
    const checks = examination.findings.map(({check, subject}) => `${check} ${subject}`);
    expect(new Set(checks)).toEqual(
      new Set([
        ...['vault-token', 'db-admin', 'secret-id'].map((name) => `secret ${name}`),
        ...['vault', 'shop', 'orders-mcp'].map((name) => `connection ${name}`),
        ...['vault', 'shop'].flatMap((name) => [`identity ${name}`, `permission ${name}`, `clock ${name}`]),
        ...['vault', 'shop', 'command'].map((name) => `audit ${name}`),
        'command node',
        'delivery .lab/orders-mcp/secret-id',
      ]),
    );
    expect(fails(examination)).toEqual([]);
    expect(of(examination, 'audit', 'vault')).toEqual([
      {state: 'ok', check: 'audit', subject: 'vault', message: 'readable, and grows with calls to it'},
    ]);
  });

  it('touches nothing', async () => {
    const before = await traces(drillLab);

    await doctor(drillLab);

    const {audit, ...after} = await traces(drillLab);
    expect(after).toEqual({files: before.files, database: before.database});
    const lines = audit.slice(before.audit.length).map(parseLine);
    const effects = lines.flatMap((line) => (line?.type === 'response' ? [effectOf(line, false)] : []));
    expect([...new Set(effects)]).toEqual(['use']);
    const paths = lines.map((line) => line?.request.path.replace(/-[0-9a-f]{12}$/, '-nonce'));
    expect(new Set(paths)).toEqual(
      new Set([
        'sys/capabilities-self',
        'cubbyhole/offdrill-doctor-nonce',
        'auth/token/lookup-self',
        'sys/audit-hash/main',
      ]),
    );
  });

  it('refuses a server that is another cluster', async () => {
    const file = await changed('cluster: offdrill-lab', 'cluster: staging-eu');

    const {exitCode, examination} = await doctor(drillLab, file);

    expect(exitCode).toBe(2);
    expect(examination.exitCode).toBe(2);
    expect(of(examination, 'identity', 'vault')).toMatchObject([
      {state: 'fail', message: expect.stringMatching(/to be `staging-eu`, and it says it is `offdrill-lab`/)},
    ]);
    expect(of(examination, 'permission', 'vault')).toEqual([]);
    expect(of(examination, 'permission', 'shop')).toMatchObject([{state: 'ok'}]);
  });

  it('refuses a drill file with a mistake', async () => {
    const {exitCode, stdout, stderr} = await drillLab.offdrill(`doctor '${await changed('settle: 5s', 'settle: 5')}'`);

    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('settle');
  });

  it('warns of a secret that others may read', async () => {
    const file = path.join(drillLab.lab.data, 'orders-mcp', 'secret-id');
    const mode = (wanted: number) => chmod(file, wanted);
    await mode(0o644);

    const {exitCode, examination} = await doctor(drillLab);
    await mode(0o600);

    expect(exitCode).toBe(0);
    expect(of(examination, 'secret', 'secret-id')).toMatchObject([
      {
        state: 'warn',
        message: expect.stringContaining('its mode is 0644'),
        mend: expect.stringContaining('chmod 0600'),
      },
    ]);
  });

  it.each([
    ['is not there', 'no-such.log', 'and there is none'],
    ['is a folder', '.lab/openbao', 'and it is no file'],
    ['can not be read', 'loop.log', "and it can't be read (ELOOP)"],
    ['does not grow', 'old.log', 'and it does not hold it'],
  ])('says that an audit log %s', async (_what, log, message) => {
    const {home, data} = drillLab.lab;
    await symlink('loop.log', path.join(home, 'loop.log')).catch(() => undefined);
    await copyFile(path.join(data, 'openbao', 'audit.log'), path.join(home, 'old.log'));

    const {exitCode, examination} = await doctor(drillLab, await auditAt(log));

    expect(exitCode).toBe(3);
    expect(of(examination, 'audit', 'vault')).toMatchObject([
      {state: 'fail', message: expect.stringContaining(message)},
    ]);
    expect(fails(examination)).toHaveLength(1);
  });

  it('says where no such audit device is', async () => {
    const file = await changed('path: .lab/openbao/audit.log', 'path: .lab/openbao/audit.log, device: other');

    const {examination} = await doctor(drillLab, file);

    expect(of(examination, 'audit', 'vault')).toMatchObject([
      {state: 'warn', message: expect.stringContaining("whether device `other` writes it can't be told")},
    ]);
  });

  it('does not log in for the operator, and says what that leaves open', async () => {
    const login = `login: {approle: {role: checkout, role-id: none, secret-id: "\${{ secrets.vault-token }}"}}`;
    const file = await changed(`token: "\${{ secrets.vault-token }}"}`, `${login}}`);
    const before = await traces(drillLab);

    const {exitCode, examination} = await doctor(drillLab, file);

    expect(exitCode).toBe(0);
    expect((await traces(drillLab)).audit).toEqual(before.audit);
    for (const check of ['permission', 'audit'] as const)
      expect(of(examination, check, 'vault')).toMatchObject([
        {state: 'warn', message: expect.stringContaining('the operator would have to log in for it')},
      ]);
  });

  it('names the one path that a token lacks, and the rule that mends it', async () => {
    const rules = rulesOf(await policyFor(drillLab, 'orders-mcp.yaml'));
    const plan = await planFlagship(drillLab);
    const env = await environment(drillLab);
    expect(rules.length).toBeGreaterThan(15);

    for (const {path: lacking, text} of rules) {
      const others = rules.filter((rule) => rule.path !== lacking).map((rule) => rule.text);
      await useOperator(drillLab.lab, {name: 'lacking', rules: others.join('\n'), withoutDefault: true});
      const examination = await examineDrill({
        plan,
        env: {...env, ...(await environment(drillLab))},
        clock: createSystemClock(),
        signal: AbortSignal.timeout(20_000),
      });

      const named = examination.findings.filter(({check, state}) => check === 'permission' && state !== 'ok');
      const isNeeded = lacking !== 'sys/locked-users/+/unlock/+';
      expect(examination.exitCode, lacking).toBe(isNeeded ? 3 : 0);
      if (lacking === 'sys/capabilities-self') expect(named.map(({message}) => message).join()).toContain(lacking);
      else {
        const [finding] = named.filter(({subject}) => subject === 'vault');
        expect(finding?.message, lacking).toContain(`on \`${lacking}\``);
        expect(text).toContain(finding?.mend ?? 'no rule that mends it');
        expect(named).toHaveLength(1);
      }
    }
  });
});

describe('offdrill doctor, where nobody answers', () => {
  let drillLab: DrillLab;
  let silent: Server;
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    drillLab = await startDrillLab();
    silent = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    silent?.close();
    await drillLab?.down();
  });

  it('shows whom it waits for, and gives up', async () => {
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;

    const {exitCode, stdout, stderr} = await drillLab.offdrill(
      `doctor '${flagship}' --var vault=http://127.0.0.1:${port}`,
    );

    expect(exitCode).toBe(3);
    expect(stderr).toBe('Asking vault, shop, orders-mcp …\n');
    expect(stdout.replace(/\s+/g, ' ')).toMatch(/✘ fail connection vault .* to answer in time, got nothing/);
    expect(stdout).toMatch(/✔ ok {4}permission {2}shop/);
  });

  it('says that a token is not accepted', async () => {
    await useToken(drillLab.lab, 's.no-such-token');

    const {exitCode, examination} = await doctor(drillLab);

    expect(exitCode).toBe(3);
    expect(of(examination, 'permission', 'vault')).toMatchObject([
      {state: 'fail', message: expect.stringMatching(/sys\/capabilities-self, got 403.* Is the token alive/)},
    ]);
  });
});

describe('offdrill doctor, where things are broken', () => {
  let drillLab: DrillLab;

  beforeAll(async () => {
    drillLab = await startDrillLab();
  });
  afterAll(() => drillLab?.down());

  /** What is broken stays broken: each test breaks one thing more. */
  it('says that the database is stopped', async () => {
    await stop(drillLab, 'postgres');

    const {exitCode, examination} = await doctor(drillLab);

    expect(exitCode).toBe(3);
    expect(fails(examination)).toMatchObject([
      {check: 'connection', subject: 'shop', message: expect.stringContaining('ECONNREFUSED')},
    ]);
  });

  it('says that Vault is sealed', async () => {
    await createBaoApi(drillLab.lab.addresses.vault, drillLab.lab.rootToken())('PUT', 'sys/seal');

    const {exitCode, examination} = await doctor(drillLab);

    expect(exitCode).toBe(3);
    expect(of(examination, 'connection', 'vault')).toMatchObject([
      {state: 'fail', message: expect.stringContaining('it is sealed. Unseal it')},
    ]);
    expect(of(examination, 'audit', 'vault')).toMatchObject([{state: 'warn'}]);
  });

  it('says all at once that Vault is stopped too', async () => {
    await stop(drillLab, 'openbao');

    const {exitCode, stdout} = await drillLab.offdrill(`doctor '${flagship}'`);

    expect(exitCode).toBe(3);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(/✘ fail connection vault .* got ECONNREFUSED\. Start it/);
    expect(stdout).toMatch(/✘ fail {2}connection {2}shop/);
    expect(stdout).toMatch(/A run would not begin: 2 fail, 2 to look at/);
  });
});

async function doctor(
  drillLab: DrillLab,
  file = flagship,
): Promise<{readonly exitCode: number | null; readonly examination: Examination}> {
  const {exitCode, stdout, stderr} = await drillLab.offdrill(`doctor '${file}' --json`);
  if (stdout === '') throw new Error(stderr);
  return {exitCode, examination: JSON.parse(stdout) as Examination};
}

function fails({findings}: Examination): readonly Finding[] {
  return findings.filter(({state}) => state === 'fail');
}

function of({findings}: Examination, check: Finding['check'], subject: string): readonly Finding[] {
  return findings.filter((finding) => finding.check === check && finding.subject === subject);
}

/** What a doctor could have changed: files with their times, objects of the database, the audit log. */
async function traces({lab}: DrillLab) {
  const {OFFDRILL_DB_ADMIN_PASSWORD: password} = await environment({lab});
  const [host = '', port = ''] = lab.addresses.postgres.split(':');
  const client = new pg.Client({host, port: Number(port), database: 'shop', user: 'offdrill', password, ssl: false});
  await client.connect();
  const {rows: database} = await client.query(
    `select (select count(*) from pg_class) as objects, (select count(*) from pg_roles) as roles,
      (select count(*) from pg_stat_activity where application_name like 'offdrill%') as sessions`,
  );
  await client.end();
  const folders = [lab.home, ...['orders-mcp', 'checkout', ''].map((name) => path.join(lab.data, name))];
  const files = await Promise.all(
    folders.map(async (folder) => {
      const names = (await readdir(folder)).sort();
      const times = await Promise.all(names.map(async (name) => (await lstat(path.join(folder, name))).mtimeMs));
      return names.map((name, index) => `${folder}/${name} ${times[index]}`);
    }),
  );
  const audit = (await readFile(path.join(lab.data, 'openbao', 'audit.log'), 'utf8')).trimEnd().split('\n');
  return {files, database, audit};
}

async function environment({lab}: Pick<DrillLab, 'lab'>): Promise<Readonly<Record<string, string | undefined>>> {
  return {
    PATH: process.env.PATH,
    ...parseEnv(await readFile(path.join(lab.data, 'offdrill.env'), 'utf8')),
  };
}

async function planFlagship({lab}: DrillLab) {
  const planned = await planDrill({file: flagship, vars: lab.addresses, env: {}, base: lab.home});
  if (!planned.ok) throw new Error(planned.error.render({color: false}));
  return planned.value.plan;
}

/** Each rule of a policy, and the path that it is for. */
function rulesOf(policy: string): readonly {readonly path: string; readonly text: string}[] {
  return policy.split('\n\n').flatMap((text) => {
    const found = /^path "(.*)" \{$/m.exec(text)?.[1];
    return found === undefined ? [] : [{path: found, text}];
  });
}

async function stop({lab}: DrillLab, name: string): Promise<void> {
  const running = (await readState(lab.home))?.processes[name];
  if (running === undefined) throw new Error(`${name} does not run`);
  await stopProcess(running, name === 'postgres' ? 'SIGINT' : 'SIGTERM');
}
