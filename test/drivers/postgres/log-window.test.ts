import {describe, expect, it} from 'vitest';
import type {LogRecord} from '../../../src/drivers/postgres/log-record.ts';
import {LogWindow} from '../../../src/drivers/postgres/log-window.ts';
import type {RoleSnapshot} from '../../../src/drivers/postgres/role-snapshot.ts';

const nonce = '0123';
const role = {oid: 1, attributes: 'plain', groups: [], grants: [], password: '', makers: []};
const snapshot = (attributes = 'plain'): RoleSnapshot => ({
  roles: {eve: {...role, attributes}},
  owners: {},
  seesPasswords: false,
});

/** A window in which `eve` is another one at its end, and these records stand between the marks of shutdown and end. */
function windowOf(
  records: readonly Partial<LogRecord>[],
  {before = [], changed = []}: {before?: readonly Partial<LogRecord>[]; changed?: readonly string[]} = {},
) {
  const window = new LogWindow({
    nonce,
    marked: ['shutdown', 'end'],
    ownSessions: ['own'],
    before: snapshot(),
    after: snapshot('another'),
    users: [{role: 'workload', user: 'vault'}],
    given: {},
    changed,
  });
  const usual = {
    time: '2026-11-29 00:00:00 UTC',
    database: 'shop',
    sqlState: '',
    statement: '',
    remote: '',
    severity: 'LOG',
  };
  const add = (record: Partial<LogRecord>): void =>
    window.add({...usual, user: 'ana', session: 'a', message: '', ...record});
  const mark = (phase: string): void => add({session: 'own', message: `offdrill mark ${phase} ${nonce}`});
  mark('begin');
  for (const record of before) add(record);
  mark('shutdown');
  for (const record of records) add(record);
  mark('end');
  const {events, gaps} = window.reading({gaps: [], blind: []});
  return {told: events.map(({operation, effect, actor}) => `${actor.kind} ${effect} ${operation}`), gaps};
}

const statement = (text: string, more: Partial<LogRecord> = {}): Partial<LogRecord> => ({
  message: `statement: ${text}`,
  ...more,
});
const unseen = 'somebody change alter role';

describe('drivers/postgres/log-window', () => {
  it('accounts for a difference by what was logged of it', () => {
    expect(windowOf([statement('alter role eve createdb', {user: 'vault'})]).told).toEqual([
      'workload change alter role',
    ]);
    expect(windowOf([]).told).toEqual([unseen]);
  });

  it.each([
    ['a DO block of a workload', [statement('do $$ begin end $$', {user: 'vault'})]],
    ['settings by a workload', [statement('alter database shop set x = 1', {user: 'vault'})]],
    ['another role', [statement('alter role adam createdb', {user: 'vault'})]],
    [
      'what failed',
      [
        statement('alter role eve createdb', {user: 'vault'}),
        {severity: 'ERROR', statement: 'alter role eve createdb'},
      ],
    ],
  ])('accounts for no difference by %s', (_what, records) => {
    expect(windowOf(records).told).toContain(unseen);
  });

  it('accounts for no difference by what was done before the first step', () => {
    expect(windowOf([], {before: [statement('alter role eve createdb', {user: 'vault'})]}).told).toContain(unseen);
  });

  it('blames nobody for a role that the run changed too, and is not sure of it', () => {
    expect(windowOf([statement('alter role eve login', {session: 'own'})], {changed: ['eve']})).toEqual({
      told: [],
      gaps: ['role `eve` is not as it was, and the run changed it too: whose doing that is can not be told'],
    });
  });

  it('takes a change back for the failure of that very statement alone', () => {
    const change = statement('grant a to eve');
    const failed = (text: string): Partial<LogRecord> => ({severity: 'ERROR', statement: text});

    expect(windowOf([change, failed('grant a to eve')]).told).toContain('somebody refused grant');
    expect(windowOf([change, failed('select 1/0')]).told).toContain('somebody change grant');
    expect(windowOf([change, {...failed('grant a to eve'), session: 'b'}]).told).toContain('somebody change grant');
  });

  it('takes nothing back that was committed before the failure', () => {
    const text = "alter role eve password 'x'; commit; select 1/0";

    expect(windowOf([statement(text), {severity: 'ERROR', statement: text}]).told).toContain(
      'somebody change alter role password',
    );
  });

  it('is not complete where the server is told to log otherwise', () => {
    const {gaps} = windowOf([{message: 'parameter "log_statement" changed to "none"'}]);

    expect(gaps).toEqual(['what the server logs was changed (log_statement)']);
  });
});
