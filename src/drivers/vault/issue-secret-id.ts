import {readFile} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type {Action} from '../../contract/operation.ts';
import {deliver} from '../deliver.ts';
import {approleMount, deliverToField, roleField} from './fields.ts';
import {approleScope} from './scope.ts';
import {
  destroySecretId,
  isOwnSecretId,
  isSecretIdValueAlive,
  issueSecretId,
  listSecretIds,
  rolePath,
} from './secret-ids.ts';
import type {VaultSession} from './session.ts';
import {unlock} from './unlock.ts';

const input = z.strictObject({role: roleField, mount: approleMount, 'deliver-to': deliverToField});

/** What the run issued earlier and could not deliver is destroyed first, so that running it twice leaves one. */
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
      if (!(await isOwnSecretId(given, accessor, ctx))) continue;
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
};
