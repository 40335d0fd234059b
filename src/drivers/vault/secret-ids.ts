import * as z from 'zod';
import type {Context} from '../../contract/operation.ts';
import {readBody} from './answers.ts';
import {pathOf} from './client.ts';
import {refusedBy} from './failure.ts';
import type {VaultSession} from './session.ts';

export type RoleOf = {readonly role: string; readonly mount: string};

const issuedAnswer = z.object({data: z.object({secret_id: z.string().min(1), secret_id_accessor: z.string().min(1)})});

/** In the metadata of a secret-id, and so on tokens that it logs in for: another word than the run token's. */
const issuedBy = 'issued_by_offdrill_run';

const metadataAnswer = z.object({data: z.object({metadata: z.record(z.string(), z.string()).nullish()})});

export function rolePath({role, mount}: RoleOf, ...rest: readonly string[]): string {
  return pathOf('auth', mount, 'role', role, ...rest);
}

/** Accessors of all secret-ids of a role. */
export async function listSecretIds(of: RoleOf, ctx: Context<VaultSession>): Promise<readonly string[]> {
  return ctx.connection.list(`${rolePath(of, 'secret-id')}/`, ctx.signal);
}

/** By accessor. A role's list may be behind; this asks about the one. */
export async function isSecretIdAlive(of: RoleOf, accessor: string, ctx: Context<VaultSession>): Promise<boolean> {
  return (await lookUpSecretId(of, accessor, ctx)) !== undefined;
}

/** Issued by this run, or by one whose rollback it does again without its journal. */
export async function isIssuedByRun(of: RoleOf, accessor: string, ctx: Context<VaultSession>): Promise<boolean> {
  if (ctx.owns('secret-id', accessor)) return true;
  const found = await lookUpSecretId(of, accessor, ctx);
  return found !== undefined && metadataAnswer.safeParse(found).data?.data.metadata?.[issuedBy] !== undefined;
}

/** What is told of a secret-id; undefined where it is gone. */
async function lookUpSecretId(
  of: RoleOf,
  accessor: string,
  ctx: Context<VaultSession>,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const path = rolePath(of, 'secret-id-accessor', 'lookup');
  const request = {method: 'POST', path, body: {secret_id_accessor: accessor}, signal: ctx.signal} as const;
  const answer = await ctx.connection.ask(request);
  if (answer.status === 200) return answer.body ?? {};
  // Depending on version, one that is gone is 404, 204 without a body, or an error of its own.
  if (answer.status === 404 || answer.status === 204 || answer.status === 400) return undefined;
  throw refusedBy(request, answer, ctx.connection.address);
}

/** By value. One that is destroyed answers 204 without a body, which is a success to nobody. */
export async function isSecretIdValueAlive(of: RoleOf, secretId: string, ctx: Context<VaultSession>): Promise<boolean> {
  const path = rolePath(of, 'secret-id', 'lookup');
  const request = {method: 'POST', path, body: {secret_id: secretId}, signal: ctx.signal} as const;
  const answer = await ctx.connection.ask(request);
  if (answer.status === 200) return answer.body !== undefined;
  if (answer.status === 204 || answer.status === 404 || answer.status === 400) return false;
  throw refusedBy(request, answer, ctx.connection.address);
}

/** The second destruction answers 500, so it is never repeated blindly: whether it is gone is asked first, and again after a failure. */
export async function destroySecretId(of: RoleOf, accessor: string, ctx: Context<VaultSession>): Promise<void> {
  if (!(await isSecretIdAlive(of, accessor, ctx))) return;
  const path = rolePath(of, 'secret-id-accessor', 'destroy');
  const request = {method: 'POST', path, body: {secret_id_accessor: accessor}, signal: ctx.signal} as const;
  const answer = await ctx.connection.ask(request);
  if (answer.status === 204 || answer.status === 200) return;
  if (await isSecretIdAlive(of, accessor, ctx)) throw refusedBy(request, answer, ctx.connection.address);
}

export async function issueSecretId(
  of: RoleOf,
  ctx: Context<VaultSession>,
): Promise<{secretId: string; accessor: string}> {
  const answer = await ctx.connection.call({
    method: 'POST',
    path: rolePath(of, 'secret-id'),
    body: {metadata: JSON.stringify({[issuedBy]: ctx.run})},
    signal: ctx.signal,
  });
  const {secret_id: secretId, secret_id_accessor: accessor} = readBody(issuedAnswer, answer, 'a secret-id').data;
  ctx.redactor.add(secretId, 'secret-id');
  ctx.own('secret-id', accessor);
  return {secretId, accessor};
}
