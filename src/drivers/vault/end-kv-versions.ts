import * as z from 'zod';
import type {Action, Context, Inspection} from '../../contract/operation.ts';
import {type KvMetadata, type KvVersion, kvFields, kvNeed, kvPath, kvScope, readMetadata} from './kv.ts';
import type {VaultSession} from './session.ts';

const input = z.strictObject(kvFields);
type Input = z.infer<typeof input>;
type State = {readonly versions: readonly number[]};

/** All versions: a deletion without numbers takes the latest alone. */
export const deleteKvVersions: Action<Input, State, VaultSession> = {
  description: 'Deletes every version of a KV secret; whoever may undelete brings them back.',
  effect: 'disables',
  ...ending('delete', ({is}) => is !== 'readable'),
};

export const destroyKvVersions: Action<Input, State, VaultSession> = {
  description: 'Destroys every version of a KV secret, for good: the values are gone.',
  effect: 'revokes',
  ...ending('destroy', ({is}) => is === 'destroyed'),
};

function ending(part: 'delete' | 'destroy', isEnded: (version: KvVersion) => boolean) {
  const left = ({versions}: KvMetadata): readonly number[] =>
    versions.filter((version) => !isEnded(version)).map(({version}) => version);
  return {
    input,
    needs: (given: Input) => [kvNeed(given, 'metadata', 'read'), kvNeed(given, part, 'update')],
    scope: kvScope,
    takes: (given: Input) => [kvPath(given, 'data')],
    prepare: async (given: Input, ctx: Context<VaultSession>): Promise<State> => ({
      versions: left(await ctx.call('metadata', () => readMetadata(given, ctx))),
    }),
    execute: async (given: Input, _state: State, ctx: Context<VaultSession>): Promise<void> => {
      const versions = left(await ctx.call('metadata', () => readMetadata(given, ctx)));
      if (versions.length === 0) return;
      const request = {method: 'POST', path: kvPath(given, part), body: {versions}, signal: ctx.signal} as const;
      await ctx.call(part, () => ctx.connection.call(request));
    },
    /** One that was written since counts: it may hold the same value. */
    inspect: async (given: Input, {versions}: State, ctx: Context<VaultSession>): Promise<Inspection> => {
      const now = left(await readMetadata(given, ctx));
      if (now.length === 0) return 'applied';
      return now.length < versions.length || now.some((version) => !versions.includes(version))
        ? 'partly'
        : 'not-applied';
    },
  };
}
