import {readFile} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type {Action} from '../../contract/operation.ts';
import {deliver} from '../deliver.ts';
import {deliveryLines} from '../shell-block.ts';
import {shellWord} from '../shell-quote.ts';
import {vaultByHand} from './by-hand.ts';
import {approleMount, deliverToField, roleField} from './fields.ts';
import {approleScope} from './scope.ts';
import {
  destroySecretId,
  isIssuedByRun,
  isSecretIdValueAlive,
  issueSecretId,
  listSecretIds,
  rolePath,
} from './secret-ids.ts';
import type {VaultSession} from './session.ts';
import {unlock} from './unlock.ts';

const input = z.strictObject({role: roleField, mount: approleMount, 'deliver-to': deliverToField});

/**
 * What a run issued earlier, this one or one that was cut off, and could not deliver is destroyed first, so that running it
 * twice leaves one.
 */
export const issueSecretIdAction: Action<z.infer<typeof input>, undefined, VaultSession> = {
  description: 'Issues a new secret-id and delivers it to the file that the integration reads.',
  input,
  effect: 'issues',
  needs: (of) => [
    {path: rolePath(of, 'secret-id'), capabilities: ['update']},
    {path: `${rolePath(of, 'secret-id')}/`, capabilities: ['list']},
    {path: rolePath(of, 'secret-id', 'lookup'), capabilities: ['update']},
    {path: rolePath(of, 'secret-id-accessor', 'lookup'), capabilities: ['update']},
    {path: rolePath(of, 'secret-id-accessor', 'destroy'), capabilities: ['update']},
    {path: rolePath(of, 'role-id'), capabilities: ['read']},
    {path: 'sys/locked-users', capabilities: ['read']},
  ],
  scope: approleScope,
  execute: async (given, _state, ctx) => {
    const now = await ctx.call('secret-ids', () => listSecretIds(given, ctx));
    for (const accessor of now) {
      if (!(await isIssuedByRun(given, accessor, ctx))) continue;
      await ctx.call('destroy', () => destroySecretId(given, accessor, ctx));
    }
    const {secretId, accessor} = await ctx.call('issue', () => issueSecretId(given, ctx));
    try {
      await ctx.call('deliver', () => deliver(path.resolve(ctx.base, given['deliver-to']), secretId, 'the secret-id'));
    } catch (error) {
      await ctx.call('destroy', () => destroySecretId(given, accessor, ctx));
      throw error;
    }
    await ctx.call('unlock', () => unlock(given, ctx.connection, ctx.signal));
  },
  inspect: async (given, _state, ctx) => {
    const delivered = await readFile(path.resolve(ctx.base, given['deliver-to']), 'utf8').catch(() => '');
    const secretId = delivered.trim();
    return secretId !== '' && (await isSecretIdValueAlive(given, secretId, ctx)) ? 'applied' : 'not-applied';
  },
  byHand: ({role, mount, 'deliver-to': deliverTo}, at) => {
    const secretIds = shellWord(`auth/${mount}/role/${role}/secret-id`);
    const lookUp = shellWord(`auth/${mount}/role/${role}/secret-id/lookup`);
    const lines = vaultByHand(
      [
        ...deliveryLines(deliverTo, at.base, [`vault write -f -field=secret_id ${secretIds} > "$file.part"`]),
        // Of a secret-id that is gone, Vault answers that all is well, and names no accessor.
        `accessor=$(vault write -field=secret_id_accessor ${lookUp} secret_id=@"$file")`,
        `vault list ${secretIds} | grep -xF -e "$accessor"`,
        'echo "Done: the secret-id of this accessor is delivered, and the server knows it."',
      ],
      at,
      [role, mount, deliverTo],
    );
    return [
      ...lines,
      '# Each other accessor of the role is of a secret-id that nobody uses, if it was issued by the drill: destroy it.',
      '# Where a good login is refused with 403, bad ones have locked the role: unlock it below sys/locked-users.',
    ];
  },
};
