import type {Context} from '../../contract/operation.ts';
import {readBody, tokenAnswer} from './answers.ts';
import {refusedBy} from './failure.ts';
import type {VaultSession} from './session.ts';

export async function isTokenAlive(accessor: string, ctx: Context<VaultSession>): Promise<boolean> {
  return (await lookUpAccessor(accessor, ctx)) !== undefined;
}

export type TokenLeft = {readonly ttlSeconds: number; readonly isEndless: boolean};

/** What a token has left; undefined where it is gone. */
export async function lookUpAccessor(accessor: string, ctx: Context<VaultSession>): Promise<TokenLeft | undefined> {
  const answer = await ctx.connection.inventory.lookUp(accessor, ctx.signal);
  if (answer === undefined) return undefined;
  const {ttl, expire_time: expires} = readBody(tokenAnswer, answer, 'a token').data;
  return {ttlSeconds: ttl, isEndless: expires === null || expires === undefined};
}

/** An accessor that is gone, or on its way out, is no error: the read-back tells. */
export async function revokeByAccessor(accessor: string, ctx: Context<VaultSession>): Promise<void> {
  const request = {method: 'POST', path: 'auth/token/revoke-accessor', body: {accessor}, signal: ctx.signal} as const;
  const answer = await ctx.connection.ask(request);
  if (![200, 202, 204, 400, 404].includes(answer.status)) throw refusedBy(request, answer, ctx.connection.address);
}
