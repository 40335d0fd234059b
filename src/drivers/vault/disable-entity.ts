import {DriverError} from '../../contract/driver-error.ts';
import type {Action, Context} from '../../contract/operation.ts';
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
};

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
