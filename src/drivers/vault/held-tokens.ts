import type {z} from 'zod';
import type {tokenAnswer} from './answers.ts';

/** A token as its accessor tells it. */
export type HeldToken = {
  readonly accessor: string;
  readonly path: string;
  readonly policies: readonly string[];
  /** The AppRole that it was logged in by, where there is one. */
  readonly role: string | undefined;
  readonly entity: string;
  /** The run that it says it was minted for: a label, which anybody may forge. */
  readonly run: string | undefined;
};

/** Whose tokens are meant. */
export type Owner =
  | {readonly approle: string; readonly mount: string}
  | {readonly tokenRole: string}
  | {readonly entity: string};

export function readHeldToken({data}: z.infer<typeof tokenAnswer>): HeldToken {
  const {accessor, path, policies, meta, entity_id: entity} = data;
  return {accessor, path, policies: policies ?? [], role: meta?.role_name, entity, run: meta?.offdrill_run};
}

/** By where a token was created: that can't be forged, unlike metadata alone. */
export function isOf(owner: Owner): (token: HeldToken) => boolean {
  if ('approle' in owner) return ({role, path}) => role === owner.approle && path === `auth/${owner.mount}/login`;
  if ('entity' in owner) return ({entity}) => entity !== '' && entity === owner.entity;
  const path = `auth/token/create/${owner.tokenRole}`;
  return (token) => token.path === path || token.path.startsWith(`${path}/`);
}

/** A run token of that name: minted by a token, never by a login. */
export function isRunToken(run: string): (token: HeldToken) => boolean {
  return (token) => token.run === run && token.path === 'auth/token/create';
}
