import {DriverError} from '../../contract/driver-error.ts';
import type {Action, ByHandPlace, Context} from '../../contract/operation.ts';
import {shellWord} from '../shell-quote.ts';
import {vaultByHand} from './by-hand.ts';
import {pathOf} from './client.ts';
import {type EntityInput, entityInput, entityNeeds, findEntity, readEntityById, setDisabled} from './entity.ts';
import {everywhere} from './scope.ts';
import type {VaultSession} from './session.ts';

type State = {readonly id: string};

/** A disabled entity's tokens are refused and not revoked: its surfaces are disarmed, and enabling it brings back each that still lives. */
export const disableEntity: Action<EntityInput, State, VaultSession> = {
  description: 'Disables an identity entity: all its tokens are refused, batch tokens too, and none is revoked.',
  input: entityInput,
  effect: 'disables',
  needs: changeNeeds,
  scope: () => everywhere,
  prepare: async (given, ctx) => {
    const {id, isDisabled} = await ctx.call('entity', () => findEntity(given, ctx));
    if (isDisabled) throw alreadyDisabled(id);
    return {id};
  },
  execute: async (_given, {id}, ctx) => {
    await ctx.call('disable', () => setDisabled(id, true, ctx));
  },
  inspect: async (_given, {id}, ctx) => ((await isDisabled(id, ctx)) ? 'applied' : 'not-applied'),
  rollback: {
    uses: 'vault/enable-entity',
    with: ({id, name, approle, mount}) => (id === undefined ? (name === undefined ? {approle, mount} : {name}) : {id}),
  },
};

export const enableEntity: Action<EntityInput, State, VaultSession> = {
  description: 'Enables an identity entity again: what of its tokens was not revoked and has not ended works again.',
  input: entityInput,
  effect: 'issues',
  needs: changeNeeds,
  scope: () => everywhere,
  prepare: async (given, ctx) => ({id: (await ctx.call('entity', () => findEntity(given, ctx))).id}),
  execute: async (_given, {id}, ctx) => {
    await ctx.call('enable', () => setDisabled(id, false, ctx));
  },
  inspect: async (_given, {id}, ctx) => ((await isDisabled(id, ctx)) ? 'not-applied' : 'applied'),
  byHand: enableByHand,
};

/** By its id: writing to the name of an entity that is gone would make one. */
function enableByHand({id, name, approle, mount}: EntityInput, at: ByHandPlace): readonly string[] {
  const alias = `$(vault read -field=role_id ${shellWord(`auth/${mount}/role/${approle}/role-id`)})`;
  const accessor = `$(vault read -field=accessor ${shellWord(`sys/internal/ui/mounts/auth/${mount}`)})`;
  const find =
    approle === undefined
      ? [`id=$(vault read -field=id ${shellWord(`identity/entity/name/${name}`)})`]
      : [
          `alias=${alias}`,
          `mount=${accessor}`,
          'id=$(vault write -field=id identity/lookup/entity alias_name="$alias" alias_mount_accessor="$mount")',
        ];
  return vaultByHand(
    [
      ...(id === undefined ? find : [`id=${shellWord(id)}`]),
      'vault write "identity/entity/id/$id" disabled=false',
      '[ "$(vault read -field=disabled "identity/entity/id/$id")" = false ]',
      'echo "Done: entity $id is enabled."',
    ],
    at,
    [id, name, approle, mount],
  );
}

function changeNeeds(given: EntityInput) {
  const path = given.id === undefined ? 'identity/entity/id/*' : pathOf('identity/entity/id', given.id);
  return [...entityNeeds(given), {path, capabilities: ['update']}];
}

/** One that was deleted is as good as enabled: the next login makes a new one. */
async function isDisabled(id: string, ctx: Context<VaultSession>): Promise<boolean> {
  return (await readEntityById(id, ctx))?.isDisabled ?? false;
}

/** The rollback would enable what somebody else disabled. */
function alreadyDisabled(id: string): DriverError {
  return new DriverError(
    `Expected entity \`${id}\` to be enabled, and it is disabled already. Enable it first, or leave this step out.`,
    {code: 'conflict', detail: 'already-disabled'},
  );
}
