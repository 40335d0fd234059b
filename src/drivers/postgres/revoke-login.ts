import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Action, Context} from '../../contract/operation.ts';
import {shellWord} from '../shell-quote.ts';
import {rolesScope} from './audit-actors.ts';
import {postgresByHand, psql, quoteLiteral} from './by-hand.ts';
import {quoteIdentifier} from './quote.ts';
import {alterRole, prepareRole, type RoleState, readRoles, roleField} from './role.ts';
import type {PostgresSession} from './session.ts';

const input = z.strictObject({role: roleField});
type Input = z.infer<typeof input>;

/** Stops new logins only: what was opened before goes on, so end the sessions too. */
export const revokeLogin: Action<Input, RoleState, PostgresSession> = {
  description: 'Sets a role to NOLOGIN: nobody can log in as it, and its open sessions go on.',
  input,
  effect: 'disables',
  scope: rolesScope,
  prepare: async ({role}, ctx) => {
    const {oid, canLogIn} = await prepareRole(role, ctx);
    if (!canLogIn) throw revokedAlready(role);
    return {oid};
  },
  execute: ({role}, state, ctx) => alterRole(role, state, 'nologin', ctx),
  inspect: async (given, state, ctx) => ((await mayLogIn(given, state, ctx)) ? 'not-applied' : 'applied'),
  rollback: {uses: 'postgres/grant-login', with: ({role}) => ({role})},
};

export const grantLogin: Action<Input, RoleState, PostgresSession> = {
  description: 'Sets a role to LOGIN: its password, unless it was changed meanwhile, works again.',
  input,
  effect: 'issues',
  scope: rolesScope,
  prepare: async ({role}, ctx) => ({oid: (await prepareRole(role, ctx)).oid}),
  execute: ({role}, state, ctx) => alterRole(role, state, 'login', ctx),
  inspect: async (given, state, ctx) => ((await mayLogIn(given, state, ctx)) ? 'applied' : 'not-applied'),
  byHand: ({role}, at) => {
    const alter = shellWord(`alter role ${quoteIdentifier(role)} login`);
    const look = shellWord(`select rolcanlogin from pg_catalog.pg_roles where rolname = ${quoteLiteral(role)}`);
    return postgresByHand([`[ "$(${psql} -c ${alter} -c ${look})" = t ]`, 'echo "Done: the role has LOGIN."'], at, [
      role,
    ]);
  },
};

/** Also where the role was renamed, or another has its name by now: either is a way in. */
async function mayLogIn({role}: Input, {oid}: RoleState, ctx: Context<PostgresSession>): Promise<boolean> {
  return (await readRoles({name: role, oid}, ctx)).some(({canLogIn}) => canLogIn);
}

/** The rollback would let in whom somebody else has locked out. */
function revokedAlready(role: string): DriverError {
  return new DriverError(
    `Expected role \`${role}\` to have LOGIN, and it has NOLOGIN already. Grant it first, or leave this step out.`,
    {code: 'conflict', detail: 'revoked-already'},
  );
}
