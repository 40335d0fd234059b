import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Action, Context} from '../../contract/operation.ts';
import {secretString} from '../../contract/secret.ts';
import {shellWord, unknownIn} from '../shell-quote.ts';
import {vaultByHand} from './by-hand.ts';
import {refusedBy} from './failure.ts';
import {kvFields, kvNeed, kvPath, kvScope, readMetadata} from './kv.ts';
import type {VaultSession} from './session.ts';

const input = z.strictObject({
  ...kvFields,
  field: z.string().min(1).meta({description: 'The field that the integration reads'}),
  value: secretString('value of a KV secret').meta({description: 'The new value, from `secrets`'}),
});
type Input = z.infer<typeof input>;
type State = {readonly current: number};

/** Only after the version that was seen before: what somebody else wrote meanwhile is not buried. */
export const writeKvVersion: Action<Input, State, VaultSession> = {
  description: 'Writes a new version of a KV secret; the older ones stay as they are.',
  input,
  effect: 'issues',
  needs: (given) => [kvNeed(given, 'metadata', 'read'), kvNeed(given, 'data', 'create', 'update')],
  scope: kvScope,
  // A secret whose versions are deleted keeps its count, so that the first version number would be refused.
  prepare: async (given, ctx) => ({current: (await ctx.call('metadata', () => readMetadata(given, ctx))).current}),
  execute: async (given, {current}, ctx) => {
    if (await isWritten(given, current, ctx)) return;
    const body = {options: {cas: current}, data: {[given.field]: given.value}};
    const request = {method: 'POST', path: kvPath(given, 'data'), body, signal: ctx.signal} as const;
    const answer = await ctx.call('write', () => ctx.connection.ask(request));
    if (answer.status === 400) throw writtenMeanwhile(given);
    if (answer.status !== 200 && answer.status !== 204) throw refusedBy(request, answer, ctx.connection.address);
    ctx.own('kv-version', `${kvPath(given, 'data')}#${current + 1}`);
  },
  inspect: async (given, {current}, ctx) => ((await isWritten(given, current, ctx)) ? 'applied' : 'not-applied'),
  byHand: ({mount, path, field, value}, at) => {
    // Only its name is told, where it has one; what it is, never.
    const asked = unknownIn(value).length === 0 ? unknownValue : value;
    const current = `$(vault read -field=current_version ${shellWord(`${mount}/metadata/${path}`)})`;
    const put = `vault kv put -mount=${shellWord(mount)} -cas="$before" ${shellWord(path)} ${shellWord(`${field}=-`)}`;
    return vaultByHand(
      [
        `before=${current}`,
        `printf %s ${shellWord(asked)} | ${put}`,
        `after=${current}`,
        '[ "$after" = "$((before + 1))" ]',
        'echo "Done: version $after holds it."',
      ],
      at,
      [mount, path, field, asked],
    );
  },
};

const unknownValue = `\${{ secrets.new-value }}`;

async function isWritten(given: Input, current: number, ctx: Context<VaultSession>): Promise<boolean> {
  const now = await readMetadata(given, ctx);
  const isReadable = now.versions.some(({version, is}) => version === now.current && is === 'readable');
  return now.current === current + 1 && isReadable && ctx.owns('kv-version', `${kvPath(given, 'data')}#${now.current}`);
}

function writtenMeanwhile({path}: Input): DriverError {
  return new DriverError(
    `Expected to write a new version of \`${path}\` after the one that was seen, and Vault refuses it: somebody wrote meanwhile, or the engine's rules forbid it. Nothing was written.`,
    {code: 'conflict', detail: 'cas'},
  );
}
