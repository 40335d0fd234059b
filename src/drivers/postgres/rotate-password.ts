import {access, constants, readFile} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Action} from '../../contract/operation.ts';
import {deliver} from '../deliver.ts';
import {deliveryLines} from '../shell-block.ts';
import {shellWord} from '../shell-quote.ts';
import {rolesScope} from './audit-actors.ts';
import {postgresByHand, psql} from './by-hand.ts';
import {createPassword, inspectPassword, setPassword} from './password.ts';
import {quoteIdentifier} from './quote.ts';
import {prepareRole, type RoleState, roleField} from './role.ts';
import type {PostgresSession} from './session.ts';

const deliverToField = z.string().min(1).meta({
  description: 'The file that the integration reads its password from; of a rotation, where its rollback delivers',
});
// Needed for every rotation: the old password is gone, and without a file there is no way back.
const input = z.strictObject({role: roleField, 'deliver-to': deliverToField});

/** The password is made once a run, so that a try whose answer was lost is told by the next one. */
export const rotatePassword: Action<z.infer<typeof input>, RoleState, PostgresSession> = {
  description: 'Gives a role a random password that nobody gets to know, so that the old one is refused.',
  input,
  effect: 'rotates',
  scope: rolesScope,
  prepare: async ({role, 'deliver-to': deliverTo}, ctx) => {
    await refuseWithoutFolder(path.dirname(path.resolve(ctx.base, deliverTo)));
    return {oid: (await prepareRole(role, ctx)).oid};
  },
  execute: async ({role}, state, ctx) => {
    const {givenPasswords} = ctx.connection;
    const password = givenPasswords.get(state.oid) ?? createPassword(ctx);
    givenPasswords.set(state.oid, password);
    await setPassword(role, state, password, ctx);
  },
  // After a crash nobody knows the password any more, and nothing else that this user may read tells.
  inspect: async (_input, state, ctx) => {
    const password = ctx.connection.givenPasswords.get(state.oid);
    return password === undefined ? 'unknown' : inspectPassword(state, password, ctx);
  },
  rollback: {
    uses: 'postgres/issue-password',
    with: ({role, 'deliver-to': deliverTo}) => ({role, 'deliver-to': deliverTo}),
  },
};

/**
 * Delivered first, then set: a file that can't be written is found while nothing is changed, and whatever is set stands in
 * the file already, also where the answer was lost. Cut off between the two, the file holds a password that is refused
 * until the next run of this makes both anew; the other way round the role would have one that nobody has.
 */
export const issuePassword: Action<z.infer<typeof input>, RoleState, PostgresSession> = {
  description: 'Gives a role a new random password and delivers it to the file that the integration reads.',
  input,
  effect: 'issues',
  scope: rolesScope,
  prepare: async ({role}, ctx) => ({oid: (await prepareRole(role, ctx)).oid}),
  execute: async ({role, 'deliver-to': deliverTo}, state, ctx) => {
    const password = createPassword(ctx);
    await ctx.call('deliver', () => deliver(path.resolve(ctx.base, deliverTo), password, 'the password'));
    await setPassword(role, state, password, ctx);
  },
  inspect: async ({'deliver-to': deliverTo}, state, ctx) => {
    const delivered = await readFile(path.resolve(ctx.base, deliverTo), 'utf8').catch(() => '');
    const password = delivered.trim();
    return password === '' ? 'not-applied' : inspectPassword(state, password, ctx);
  },
  // The password reaches the server in clear: what SCRAM makes of it is not to be had from the tools of every host.
  byHand: ({role, 'deliver-to': deliverTo}, at) => [
    '# A server that logs its statements logs this password: have it not log them meanwhile.',
    ...postgresByHand(
      [
        ...deliveryLines(deliverTo, at.base, [`od -An -N32 -tx1 /dev/urandom | tr -d ' \\n' > "$file.part"`]),
        `printf "%s password '%s';\\n" ${shellWord(`alter role ${quoteIdentifier(role)}`)} "$(cat "$file")" | ${psql}`,
        `PGUSER=${shellWord(role)} PGPASSWORD=$(cat "$file") ${psql} -c 'select current_user'`,
        'echo "Done: this role logs in with the password that is delivered."',
      ],
      at,
      [role, deliverTo],
    ),
  ],
};

/** Found while the old password still works, and not when the rollback is to deliver. */
async function refuseWithoutFolder(folder: string): Promise<void> {
  const error: unknown = await access(folder, constants.W_OK).catch((thrown: unknown) => thrown);
  if (error === undefined) return;
  const errno = error instanceof Error && 'code' in error ? String(error.code) : 'error';
  throw new DriverError(
    `Expected a folder \`${folder}\` to deliver the next password to, got ${errno}. Make it, or correct \`deliver-to\`.`,
    {code: 'failed', detail: errno},
  );
}
