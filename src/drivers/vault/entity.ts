import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import {exactlyOneOf} from '../../contract/fields.ts';
import type {Context, Need} from '../../contract/operation.ts';
import {readBody} from './answers.ts';
import {pathOf} from './client.ts';
import {refusedBy} from './failure.ts';
import {approleMount, roleField} from './fields.ts';
import type {VaultSession} from './session.ts';

const idField = z.string().regex(/^[A-Za-z0-9-]+$/, 'Expected the id of an entity.');
const nameField = z.string().regex(/^[\w .@+-]+$/, 'Expected the name of an entity.');

/** Which entity is meant: by its id, by its name, or by an AppRole that logs in as it. */
const entityFields = {
  id: idField.optional().meta({description: 'The id of the entity'}),
  name: nameField.optional().meta({description: 'The name of the entity'}),
  approle: roleField.optional().meta({description: 'An AppRole that logs in as the entity'}),
  mount: approleMount,
};

export const entityInput = z.strictObject(entityFields).check(exactlyOneOf('id', 'name', 'approle'));
export type EntityInput = z.infer<typeof entityInput>;

export type Entity = {readonly id: string; readonly isDisabled: boolean};

export function entityNeeds({id, name, approle, mount}: EntityInput): readonly Need[] {
  const byId = {
    path: id === undefined ? 'identity/entity/id/*' : pathOf('identity/entity/id', id),
    capabilities: ['read'],
  };
  if (approle !== undefined)
    return [
      {path: pathOf('auth', mount, 'role', approle, 'role-id'), capabilities: ['read']},
      {path: 'identity/lookup/entity', capabilities: ['update']},
      byId,
    ];
  return name === undefined ? [byId] : [{path: pathOf('identity/entity/name', name), capabilities: ['read']}, byId];
}

/** Throws where there is none: disabling what does not exist succeeds on nothing. */
export async function findEntity(given: EntityInput, ctx: Context<VaultSession>): Promise<Entity> {
  const found =
    given.approle === undefined
      ? await readEntity(given.id ?? '', given.name, ctx)
      : await lookUpByApprole(given.approle, given.mount, ctx);
  if (found !== undefined) return found;
  throw new DriverError(
    `Expected ${describe(given)} to exist, found none. Correct it; an AppRole has one after its first login.`,
    {
      code: 'not-found',
    },
  );
}

export async function readEntityById(id: string, ctx: Context<VaultSession>): Promise<Entity | undefined> {
  return readEntity(id, undefined, ctx);
}

/** Only what is named changes; its name, policies and metadata stay. */
export async function setDisabled(id: string, disabled: boolean, ctx: Context<VaultSession>): Promise<void> {
  const path = pathOf('identity/entity/id', id);
  await ctx.connection.call({method: 'POST', path, body: {disabled}, signal: ctx.signal});
}

async function readEntity(
  id: string,
  name: string | undefined,
  ctx: Context<VaultSession>,
): Promise<Entity | undefined> {
  const path = name === undefined ? pathOf('identity/entity/id', id) : pathOf('identity/entity/name', name);
  return readAnswer({method: 'GET', path, signal: ctx.signal}, ctx);
}

/** An AppRole's alias is its role-id, at the accessor of its mount. */
async function lookUpByApprole(role: string, mount: string, ctx: Context<VaultSession>): Promise<Entity | undefined> {
  const alias = await ctx.connection.roleId(role, mount, ctx.signal);
  const body = {alias_name: alias, alias_mount_accessor: await mountAccessor(mount, ctx)};
  return readAnswer({method: 'POST', path: 'identity/lookup/entity', body, signal: ctx.signal}, ctx);
}

async function readAnswer(
  request: Parameters<VaultSession['ask']>[0],
  ctx: Context<VaultSession>,
): Promise<Entity | undefined> {
  const answer = await ctx.connection.ask(request);
  if (answer.status === 404 || answer.status === 204) return undefined;
  if (answer.status !== 200) throw refusedBy(request, answer, ctx.connection.address);
  const {id, disabled} = readBody(entityAnswer, answer, 'an entity').data;
  return {id, isDisabled: disabled};
}

/** Tells whoever may do anything at the mount what its accessor is; no policy line of its own. */
async function mountAccessor(mount: string, ctx: Context<VaultSession>): Promise<string> {
  const path = pathOf('sys/internal/ui/mounts/auth', mount);
  const answer = await ctx.connection.call({method: 'GET', path, signal: ctx.signal});
  return readBody(mountAnswer, answer, 'a mount').data.accessor;
}

function describe({id, name, approle}: EntityInput): string {
  if (id !== undefined) return `the entity of id \`${id}\``;
  return name === undefined ? `an entity of AppRole \`${approle}\`` : `the entity \`${name}\``;
}

const entityAnswer = z.object({data: z.object({id: z.string(), disabled: z.boolean().default(false)})});
const mountAnswer = z.object({data: z.object({accessor: z.string()})});
