import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {roleChangesIn} from '../../../src/drivers/postgres/role-changes.ts';

const told = (text: string): readonly string[] =>
  roleChangesIn(text).map(({operation, role}) => `${operation} ${role}`);

describe('drivers/postgres/role-changes', () => {
  it.each([
    ["/* a /* b */ c */ alter role eve password 'x'", ['unreadable statement *']],
    ["alter role eve password 'x", ['unreadable statement *']],
    ['(select 1)', []],
    ['create role Eve', ['create role eve']],
    [
      'CREATE USER "Eve Ng" WITH LOGIN PASSWORD \'x; drop role y\' IN ROLE a, "B"',
      ['create role Eve Ng', 'grant a', 'grant B'],
    ],
    ["alter role eve password 'x'", ['alter role password eve']],
    ["ALTER USER eve VALID UNTIL '2030-01-01'", ['alter role eve']],
    ['alter role eve rename to adam', ['alter role rename eve', 'alter role rename adam']],
    ['alter role all set work_mem = 1', ['alter role *']],
    ['alter group staff add user eve, adam', ['alter role staff', 'grant eve', 'grant adam']],
    ['drop role if exists "v-1", eve', ['drop role v-1', 'drop role eve']],
    ['grant orders_mcp_users to eve, adam with admin option', ['grant eve', 'grant adam']],
    ['GRANT SELECT ON TABLE "to" TO eve', ['grant eve']],
    ['revoke all on orders from public', ['revoke public']],
    ['reassign owned by eve to adam', ['reassign owned eve', 'reassign owned adam']],
    ['drop owned by eve', ['drop owned eve']],
    ['alter table orders owner to "Eve"', ['alter owner Eve']],
    ['alter default privileges in schema public grant select on tables to eve', ['alter default privileges eve']],
    ['do $$ begin create role eve; end $$', ['do block *']],
    ['alter system set log_statement = none', ['alter settings *']],
    ['create user mapping for eve server s', []],
    ['create table roles (role text)', []],
    ["select 'create role eve'", []],
    ['-- create role eve\nselect 1', []],
    ['/* create role a; */ drop role b', ['drop role b']],
    ['begin; create role a; grant b to a; commit', ['create role a', 'grant a']],
  ])('finds in %s what it does', (text, expected) => {
    expect(told(text)).toEqual(expected);
  });

  it('never tells a literal', () => {
    const secret = fc.stringMatching(/^[a-z0-9;$' -]{8,30}$/);

    fc.assert(
      fc.property(secret, fc.constantFrom('alter role eve password', 'create role eve password'), (text, statement) => {
        const quoted = `'${text.replaceAll("'", "''")}'`;

        expect(roleChangesIn(`${statement} ${quoted}`).map(({role}) => role)).toEqual(['eve']);
      }),
      {seed: 20261129},
    );
  });
});
