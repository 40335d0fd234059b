import {chmod, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {gzipSync} from 'node:zlib';
import pg from 'pg';
import {beforeAll, beforeEach, describe, expect, it} from 'vitest';
import type {AuditReading, DeclaredIdentity} from '../../../src/contract/operation.ts';
import {log} from '../../../src/drivers/postgres/log.ts';
import {timeOfLine} from '../../../src/drivers/postgres/log-record.ts';
import {lookAtLog, lookAtRoles} from '../../../src/drivers/postgres/look-at-log.ts';
import type {PostgresSession} from '../../../src/drivers/postgres/session.ts';
import {snapshot} from '../../../src/drivers/postgres/snapshot.ts';
import {contextOf, windowOf} from '../../helpers/context.ts';
import {eventually} from '../../helpers/eventually.ts';
import type {PostgresServer} from '../../helpers/postgres-server.ts';
import {createChangeable, createMember, openConnection, startShop} from './shop.ts';

const signal = AbortSignal.timeout(120_000);
const identities: readonly DeclaredIdentity[] = [{role: 'workload', spec: {user: 'vault'}}];

function clientOf({host, port}: PostgresServer, as: {readonly user: string; readonly password: string}): pg.Client {
  return new pg.Client({host, port, database: 'postgres', ...as, ssl: false});
}

async function startLogging(filename: string): Promise<{server: PostgresServer; logs: string; stop(): Promise<void>}> {
  const logs = await mkdtemp(path.join(tmpdir(), 'offdrill-log-'));
  // The server runs as another user.
  await chmod(logs, 0o777);
  const server = await startShop({
    logs,
    settings: [
      'logging_collector=on',
      'log_destination=jsonlog,csvlog',
      `log_directory=${logs}`,
      `log_filename=${filename}`,
      'log_file_mode=0644',
      'log_statement=ddl',
      'log_timezone=UTC',
    ],
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(logs, {recursive: true, force: true});
  };
  return {server, logs, stop};
}

/** What the source tells of a run's window, in which this is done to the server. */
async function readWindow(
  session: PostgresSession,
  file: string,
  {inside, afterwards}: {readonly inside: () => Promise<unknown>; readonly afterwards: () => Promise<unknown>},
): Promise<AuditReading> {
  const ctx = contextOf(session);
  const input = log.input.parse({path: file});
  await log.check(input, ctx);
  await session.mark('shutdown', signal);
  await inside();
  await session.mark('rollback', signal);
  const notes = await log.note(input, identities, ctx);
  await afterwards();
  return log.read(input, windowOf(notes), ctx);
}

const told = ({events}: AuditReading) =>
  events.map(
    ({operation, path: changed, effect, actor, phase}) => `${phase} ${effect} ${operation} ${changed} ${actor.kind}`,
  );

/** A run's window in the server's own log: what is done to roles inside is what the source must tell of. */
describe('drivers/postgres/log', () => {
  let server: PostgresServer;
  let logs: string;
  let session: PostgresSession;
  beforeAll(async () => {
    const started = await startLogging('postgres.log');
    ({server, logs} = started);
    return started.stop;
  });
  beforeEach(async () => {
    session = await openConnection(server);
    return () => session.close();
  });

  const fileOf = (format: 'jsonlog' | 'csvlog'): string =>
    path.join(logs, format === 'jsonlog' ? 'postgres.json' : 'postgres.csv');
  const window = (
    inside: () => Promise<unknown> = async () => undefined,
    {
      format = 'jsonlog',
      afterwards = async () => undefined,
    }: {format?: 'jsonlog' | 'csvlog'; afterwards?: () => Promise<unknown>} = {},
  ): Promise<AuditReading> => readWindow(session, fileOf(format), {inside, afterwards});

  it.each(['jsonlog', 'csvlog'] as const)(
    'is complete, and finds nothing where nobody did anything (%s)',
    async (format) => {
      const reading = await window(undefined, {format});

      expect(reading.gaps).toEqual([]);
      expect(reading.completeTo).toMatch(/^\d{4}-.*Z$/);
      expect(reading.entries).toBeGreaterThanOrEqual(3);
      expect(told(reading)).toEqual([]);
      expect(reading.blind).toContain(
        'a password that a DO block or a function sets is not logged (log_statement = ddl)',
      );
    },
  );

  it.each(['jsonlog', 'csvlog'] as const)('tells who did what to which role, and no literal (%s)', async (format) => {
    const {username} = await createChangeable(server);

    const reading = await window(() => server.sql(`alter role "${username}" password 'a "quoted",\n secret-literal'`), {
      format,
    });

    expect(reading.events).toEqual([
      {
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        operation: 'alter role password',
        path: `role/${username}`,
        accessor: 'root_of_test',
        remoteAddress: expect.stringMatching(/\d/),
        actor: {kind: 'somebody'},
        effect: 'change',
        phase: 'shutdown',
      },
    ]);
    expect(JSON.stringify(reading)).not.toContain('secret-literal');
    expect(reading.gaps).toEqual([]);
  });

  it('knows the run by its sessions, and a workload by its user', async () => {
    const {username} = await createChangeable(server);
    const vault = clientOf(server, {user: 'vault', password: 'vault-password'});
    await vault.connect();

    const reading = await window(async () => {
      await session.change(`alter role "${username}" nologin`, signal);
      await session.change(`alter role "${username}" login`, signal);
      await vault.query(`create role "v-new" login password 'x'; grant orders_mcp_users to "v-new"`);
      await vault.query('drop role "v-new"');
    });
    await vault.end();

    expect(told(reading)).toEqual([
      'shutdown change create role role/v-new workload',
      'shutdown change grant role/v-new workload',
      'shutdown change drop role role/v-new workload',
    ]);
  });

  it('takes the operator for a person, since the run has sessions of its own', async () => {
    const {username} = await createChangeable(server);
    const person = await openConnection(server);

    const reading = await window(() => person.change(`alter role "${username}" nologin`, signal));
    await person.close();

    expect(told(reading)).toEqual([`shutdown change alter role role/${username} somebody`]);
  });

  it('counts what failed as refused', async () => {
    const reading = await window(() => server.sql('drop role no_such_role').catch(() => undefined));

    expect(told(reading)).toEqual(['shutdown refused drop role role/no_such_role somebody']);
  });

  it('keeps a change whose session fails in something else later, or had committed it', async () => {
    const {username} = await createChangeable(server);
    const alter = `alter role "${username}" password 'x'`;

    const reading = await window(async () => {
      const client = clientOf(server, server.superuser);
      await client.connect();
      await client.query(alter);
      await client.query('select 1/0').catch(() => undefined);
      await client.query(`${alter}; commit; select 1/0`).catch(() => undefined);
      await client.end();
    });

    expect(told(reading)).toEqual(Array(2).fill(`shutdown change alter role password role/${username} somebody`));
  });

  it('finds by comparison what a DO block did, which is not logged', async () => {
    const {username} = await createChangeable(server);

    const reading = await window(() =>
      server.sql(
        `do $$ begin execute 'alter role "${username}" createdb'; create role hidden in role orders_mcp_users; end $$`,
      ),
    );
    await server.sql('drop role hidden');

    expect(told(reading)).toEqual([
      'audit change create role role/hidden somebody',
      `audit change alter role role/${username} somebody`,
    ]);
    expect(reading.gaps).toEqual([]);
  });

  it('counts nothing that was done before the first step', async () => {
    const ctx = contextOf(session);
    const input = log.input.parse({path: fileOf('jsonlog')});
    await log.check(input, ctx);
    await session.mark('baseline', signal);
    await createMember(server);
    await session.mark('shutdown', signal);
    const reading = await log.read(input, windowOf(await log.note(input, identities, ctx)), ctx);

    expect(reading.events.map(({phase}) => phase)).toEqual(['baseline', 'baseline', 'baseline']);
  });

  it('is not complete where the log is cut, or replaced', async () => {
    const file = fileOf('jsonlog');
    const kept = await readFile(file);
    const cut = await window(undefined, {afterwards: () => truncate(file, 10)});
    await writeFile(file, kept);
    const replaced = await window(undefined, {
      afterwards: async () => {
        await rename(file, `${file}.gone`);
        await rename(`${file}.gone`, path.join(logs, 'elsewhere'));
        await writeFile(file, '');
      },
    });
    await rename(path.join(logs, 'elsewhere'), file);

    expect(cut.gaps).toContain('the log was cut during the run');
    expect(replaced.gaps).toContain('the log was replaced during the run');
    for (const {completeTo} of [cut, replaced]) expect(completeTo).toBeUndefined();
  });

  it('is not complete where a mark is missing', async () => {
    const reading = await window(undefined, {
      afterwards: async () => {
        const file = fileOf('jsonlog');
        const lines = (await readFile(file, 'utf8')).split('\n');
        const at = lines.findLastIndex((line) => line.includes('mark rollback'));
        await writeFile(file, lines.toSpliced(at, 1).join('\n'));
      },
    });

    expect(reading.gaps).toEqual(["the run's mark of rollback was not seen"]);
  });

  it('takes the mark of somebody else for nothing', async () => {
    const reading = await window(async () => {
      const mark = session.recording?.textOf('restored');
      await server.sql(`do $$ begin raise log '${mark}'; end $$`);
      await server.sql('create role late');
      await server.sql('drop role late');
    });

    expect(reading.events.map(({phase}) => phase)).toEqual(['shutdown', 'shutdown']);
  });

  it('says of whom less is logged', async () => {
    await server.sql('create role quiet; alter role quiet set log_statement = none');

    const reading = await window();
    await server.sql('drop role quiet');

    expect(reading.gaps).toEqual(['less is logged of quiet']);
  });

  it('is looked at without a run', async () => {
    const look = (file: string) => lookAtLog(log.input.parse({path: file}), contextOf(session));
    const other = path.join(logs, 'other.json');
    await writeFile(other, '');

    expect(await look(fileOf('jsonlog'))).toEqual({state: 'ok', message: 'readable, and grows with calls to it'});
    expect(await look(other)).toMatchObject({state: 'fail', message: expect.stringContaining(other)});
    expect(await lookAtRoles({}, contextOf(session))).toMatchObject({state: 'warn'});
  });

  it('refuses a log that is not of this server, or holds no such statements', async () => {
    const other = path.join(logs, 'other.json');
    await writeFile(other, '');
    const check = (file: string) => log.check(log.input.parse({path: file}), contextOf(session));

    await expect(check(other)).rejects.toMatchObject({
      detail: 'audit-not-growing',
      message: expect.stringContaining(other),
    });
    await server.sql('alter role offdrill set log_statement = none');
    await session.close();
    session = await openConnection(server);
    await expect(check(fileOf('jsonlog'))).rejects.toMatchObject({
      detail: 'log_statement',
      message: expect.stringContaining('Expected `log_statement` to be ddl, mod or all, got none'),
    });
    await server.sql("alter role offdrill set log_statement = 'all'");
    await session.close();
    session = await openConnection(server);
    await expect(check(fileOf('jsonlog'))).rejects.toMatchObject({
      detail: 'log_statement',
      message: expect.stringContaining('to be set for the whole server, got all for this user alone'),
    });
    await server.sql('alter role offdrill reset log_statement');
  });
});

describe('drivers/postgres/log, where each file has a name of its own', () => {
  let server: PostgresServer;
  let logs: string;
  let session: PostgresSession;
  beforeAll(async () => {
    const started = await startLogging('dated-%Y%m%d%H%M%S.log');
    ({server, logs} = started);
    session = await openConnection(server);
    return async () => {
      await session.close();
      await started.stop();
    };
  });

  const files = async () => (await readdir(logs)).filter((name) => /^dated-.*\.json/.test(name)).toSorted();
  /** The name tells the second, so that the next one begins another file. */
  async function rotate(): Promise<void> {
    const before = await files();
    await eventually(async () => {
      await server.sql('select pg_rotate_logfile()');
      expect((await files()).length).toBeGreaterThan(before.length);
    });
  }

  it('goes on in the next file, compressed or not', async () => {
    const reading = await readWindow(session, path.join(logs, 'dated-*.json'), {
      inside: async () => {
        const [first = ''] = await files();
        await server.sql('create role in_the_first');
        await rotate();
        await server.sql('create role in_the_second');
        await writeFile(path.join(logs, `${first}.gz`), gzipSync(await readFile(path.join(logs, first))));
        await rm(path.join(logs, first));
        await rotate();
      },
      afterwards: () => server.sql('create role in_the_third'),
    });

    expect(reading.gaps).toEqual([]);
    expect(told(reading)).toEqual([
      'shutdown change create role role/in_the_first somebody',
      'shutdown change create role role/in_the_second somebody',
    ]);
  });

  it('is not complete where one of them was cut, or is gone', async () => {
    const newest = async () => path.join(logs, (await files()).at(-1) ?? '');
    const rest = {afterwards: async () => undefined};
    const pattern = path.join(logs, 'dated-*.json');

    const cut = await readWindow(session, pattern, {...rest, inside: async () => truncate(await newest(), 0)});
    await rotate();
    const gone = await readWindow(session, pattern, {
      ...rest,
      inside: async () => {
        const first = await newest();
        await rotate();
        await rm(first);
      },
    });

    expect(cut.gaps).toContain('the log was cut during the run');
    expect(gone.gaps).toContain('the log was replaced during the run');
  });

  it('is not complete where one in between can not be read, or the first was cut once the next was begun', async () => {
    const pattern = path.join(logs, 'dated-*.json');
    const newest = async () => path.join(logs, (await files()).at(-1) ?? '');
    const rest = {afterwards: async () => undefined};

    await rotate();
    const packed = await readWindow(session, pattern, {
      ...rest,
      inside: async () => {
        await rotate();
        const second = await newest();
        await server.sql('create role in_between');
        await rotate();
        await writeFile(`${second}.zst`, 'packed by something else');
        await rm(second);
      },
    });
    await rotate();
    const cut = await readWindow(session, pattern, {
      ...rest,
      inside: async () => {
        const first = await newest();
        await rotate();
        await truncate(first, 0);
      },
    });

    expect(packed.gaps).toContainEqual(
      expect.stringMatching(/^a part of the log can't be read \(dated-\d+\.json\.zst\)$/),
    );
    expect(cut.gaps).toContain('the log was cut during the run');
  });

  it('knows the order of lines by whatever zone their times are told in', () => {
    const [json, csv] = [timeOfLine('jsonlog'), timeOfLine('csvlog')];
    const record = (timestamp: string): string => JSON.stringify({timestamp, error_severity: 'LOG', message: 'm'});

    expect(json(record('2026-11-29 08:00:00.000 UTC'))).toBe(Date.parse('2026-11-29T08:00:00Z'));
    expect(json(record('2026-11-29 08:00:00.000 CET'))).toBe(Date.parse('2026-11-29T08:00:00Z'));
    expect(csv('2026-11-29 08:00:00.000 CEST,"u","d"')).toBe(Date.parse('2026-11-29T08:00:00Z'));
    expect(csv('no line')).toBeNaN();
  });
});

describe('drivers/postgres/snapshot', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startShop();
    return () => server?.stop();
  });

  async function compare(inside: (session: PostgresSession) => Promise<unknown>, as = {}): Promise<AuditReading> {
    const session = await openConnection(server, as);
    const ctx = contextOf(session);
    await snapshot.check({}, ctx);
    await session.mark('shutdown', signal);
    await inside(session);
    const reading = await snapshot.read({}, windowOf(await snapshot.note({}, identities, ctx)), ctx);
    await session.close();
    return reading;
  }
  const told = ({events}: AuditReading) => events.map(({operation, path: changed}) => `${operation} ${changed}`);
  const asSuperuser = () => ({user: server.superuser.user, password: server.superuser.password});

  it('finds nothing where nobody did anything', async () => {
    const reading = await compare(async () => undefined, asSuperuser());

    expect(reading).toMatchObject({events: [], gaps: [], completeTo: expect.stringMatching(/Z$/)});
    expect(reading.entries).toBeGreaterThan(3);
  });

  it('finds what was done to roles, memberships, grants, owners and passwords', async () => {
    const [kept, gone] = [await createChangeable(server), await createChangeable(server)];

    const reading = await compare(
      () =>
        server.sql(`
          alter role "${kept.username}" password 'another' createdb;
          grant orders_mcp_users to "${kept.username}";
          grant select on own_grant to "${kept.username}";
          alter table of_everybody owner to "${kept.username}";
          create role newcomer; drop role "${gone.username}"`),
      asSuperuser(),
    );
    await server.sql(`alter table of_everybody owner to root_of_test; drop role newcomer`);

    expect(told(reading).toSorted()).toEqual(
      [
        `alter owner role/${kept.username}`,
        `alter role password role/${kept.username}`,
        `alter role role/${kept.username}`,
        `grant role/${kept.username}`,
        'create role role/newcomer',
        `drop role role/${gone.username}`,
      ].toSorted(),
    );
    expect(reading.events.every(({actor}) => actor.kind === 'somebody')).toBe(true);
    expect(reading.knownBy).toContain('not who did it');
  });

  it('says that it can not see passwords where it can not', async () => {
    const {username} = await createChangeable(server);

    const reading = await compare(() => server.sql(`alter role "${username}" password 'unseen'`));

    expect(reading.events).toEqual([]);
    expect(reading.gaps).toEqual(["this user can't see whether a password changed (superusers can)"]);
  });

  it('takes what a workload made for its own', async () => {
    const vault = clientOf(server, {user: 'vault', password: 'vault-password'});
    await vault.connect();

    const reading = await compare(
      () => vault.query(`create role "v-made" login password 'x'; grant orders_mcp_users to "v-made"`),
      asSuperuser(),
    );
    const dropped = await compare(() => vault.query('drop role "v-made"'), asSuperuser());
    await vault.end();

    expect([told(reading), told(dropped)]).toEqual([[], []]);
  });

  it('leaves no difference where a thing was made or dropped meanwhile', async () => {
    const reading = await compare(
      () => server.sql('create table fresh (id int); grant select on fresh to vault'),
      asSuperuser(),
    );

    expect(reading.events).toEqual([]);
  });
});
