import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Action} from '../../contract/operation.ts';
import {loginPath} from './audit-users.ts';
import {approleMount, deliverToField, roleField} from './fields.ts';
import {approleScope} from './scope.ts';
import {destroySecretId, isSecretIdAlive, listSecretIds, rolePath} from './secret-ids.ts';
import type {VaultSession} from './session.ts';

const input = z.strictObject({
  role: roleField,
  mount: approleMount,
  'deliver-to': deliverToField
    .optional()
    .meta({description: 'Where the rollback delivers a new secret-id; needed for its own rollback'}),
  'at-most': z
    .int()
    .min(1)
    .default(1)
    .meta({description: 'How many secret-ids the role may have: all are destroyed, and the rollback issues one'}),
});
type Input = z.infer<typeof input>;
type State = {readonly secretIds: readonly string[]};

export const destroySecretIds: Action<Input, State, VaultSession> = {
  description: 'Destroys every secret-id of an AppRole.',
  input,
  effect: 'revokes',
  takes: (of) => [loginPath(of)],
  needs: (of) => [
    {path: `${rolePath(of, 'secret-id')}/`, capabilities: ['list']},
    {path: rolePath(of, 'secret-id-accessor', 'lookup'), capabilities: ['update']},
    {path: rolePath(of, 'secret-id-accessor', 'destroy'), capabilities: ['update']},
  ],
  scope: approleScope,
  prepare: async (of, ctx) => {
    const secretIds = await ctx.call('secret-ids', () => listSecretIds(of, ctx));
    if (secretIds.length > of['at-most']) throw tooMany(of, secretIds.length);
    return {secretIds};
  },
  execute: async (of, state, ctx) => {
    const now = await ctx.call('secret-ids', () => listSecretIds(of, ctx));
    for (const accessor of new Set([...state.secretIds, ...now])) {
      await ctx.call('destroy', () => destroySecretId(of, accessor, ctx));
    }
  },
  inspect: async (of, state, ctx) => {
    const noted = await Promise.all(state.secretIds.map((accessor) => isSecretIdAlive(of, accessor, ctx)));
    const others = (await listSecretIds(of, ctx)).filter((accessor) => !ctx.owns('secret-id', accessor));
    if (noted.every((alive) => !alive) && others.length === 0) return 'applied';
    return noted.length > 0 && noted.every(Boolean) ? 'not-applied' : 'partly';
  },
  rollback: {
    uses: 'vault/issue-secret-id',
    with: ({role, mount, 'deliver-to': deliverTo}) => ({role, mount, 'deliver-to': deliverTo}),
  },
};

/** The others would be destroyed too, and issued to nobody. */
function tooMany({role, 'at-most': atMost}: Input, found: number): DriverError {
  return new DriverError(
    `Expected AppRole \`${role}\` to have at most ${atMost} secret-id${atMost === 1 ? '' : 's'}, found ${found}: the rollback issues one, and whoever uses another is left without. Destroy those that nobody uses, or say \`at-most: ${found}\` if that is meant.`,
    {code: 'conflict', detail: 'several-secret-ids'},
  );
}
