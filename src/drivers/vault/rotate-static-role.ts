import * as z from 'zod';
import {identifierField} from '../../contract/fields.ts';
import type {Action, Context} from '../../contract/operation.ts';
import {shellWord} from '../shell-quote.ts';
import {readBody} from './answers.ts';
import {vaultByHand} from './by-hand.ts';
import {pathOf} from './client.ts';
import {databaseMount} from './fields.ts';
import {databaseScope} from './scope.ts';
import type {VaultSession} from './session.ts';

const input = z.strictObject({
  role: identifierField.meta({description: 'The static role of the database engine'}),
  mount: databaseMount,
});
type Input = z.infer<typeof input>;
type State = {readonly rotatedAt: string};

/** Ends logins with the old password, and no session that was opened with it. Whoever may read the role reads the new one. */
export const rotateStaticRole: Action<Input, State, VaultSession> = {
  description: 'Has Vault give the database user of a static role a new password; its open sessions go on.',
  input,
  effect: 'rotates',
  takes: ({role, mount}) => [pathOf(mount, 'static-creds', role)],
  needs: ({role, mount}) => [
    {path: pathOf(mount, 'static-roles', role), capabilities: ['read']},
    {path: pathOf(mount, 'rotate-role', role), capabilities: ['update']},
  ],
  scope: databaseScope,
  prepare: async (given, ctx) => ({rotatedAt: await ctx.call('static-role', () => lastRotation(given, ctx))}),
  execute: async ({role, mount}, _state, ctx) => {
    const path = pathOf(mount, 'rotate-role', role);
    await ctx.call('rotate', () => ctx.connection.call({method: 'POST', path, body: {}, signal: ctx.signal}));
  },
  inspect: async (given, {rotatedAt}, ctx) =>
    (await lastRotation(given, ctx)) === rotatedAt ? 'not-applied' : 'applied',
  byHand: ({role, mount}, at) => {
    const lastRotation = `$(vault read -field=last_vault_rotation ${shellWord(`${mount}/static-roles/${role}`)})`;
    return vaultByHand(
      [
        `before=${lastRotation}`,
        `vault write -f ${shellWord(`${mount}/rotate-role/${role}`)}`,
        `after=${lastRotation}`,
        '[ "$after" != "$before" ]',
        'echo "Done: the password was changed at $after. Whoever uses the role reads it anew."',
      ],
      at,
      [role, mount],
    );
  },
};

/** Told by the system itself, to the nanosecond; it changes with each password and with nothing else. */
async function lastRotation({role, mount}: Input, ctx: Context<VaultSession>): Promise<string> {
  const path = pathOf(mount, 'static-roles', role);
  const answer = await ctx.connection.call({method: 'GET', path, signal: ctx.signal});
  return readBody(roleAnswer, answer, `the static role ${role}`).data.last_vault_rotation;
}

const roleAnswer = z.object({data: z.object({last_vault_rotation: z.string()})});
