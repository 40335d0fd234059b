import {readFile} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type {Lab} from '../../lab/lab.ts';

/** What the integration holds, as OpenBao tells its root. */
export type Holdings = {
  readonly secretId: string;
  readonly secretIds: readonly string[];
  readonly tokens: readonly string[];
  readonly leases: readonly string[];
  /** Run tokens that live. */
  readonly runTokens: readonly string[];
};

const role = 'auth/approle/role/orders-mcp';

export async function readHoldings(lab: Lab): Promise<Holdings> {
  const accessors = await list(lab, 'auth/token/accessors');
  const tokens = await Promise.all(accessors.map((accessor) => ask(lab, 'auth/token/lookup-accessor', {accessor})));
  const living = tokens.flatMap(({status, body}) => (status === 200 ? [tokenSchema.parse(body).data] : []));
  return {
    secretId: (await readFile(path.join(lab.data, 'orders-mcp', 'secret-id'), 'utf8')).trim(),
    secretIds: await list(lab, `${role}/secret-id`),
    tokens: living.filter(({meta}) => meta?.role_name === 'orders-mcp').map(({accessor}) => accessor),
    leases: (await list(lab, 'sys/leases/lookup/database/creds/orders-mcp')).map(
      (key) => `database/creds/orders-mcp/${key}`,
    ),
    runTokens: living
      .filter(({display_name: name, meta}) => name === 'token-offdrill' || meta?.offdrill_run !== undefined)
      .map(({accessor}) => accessor),
  };
}

/** By value, as whoever holds it would find out. */
export async function isSecretIdAlive(lab: Lab, secretId: string): Promise<boolean> {
  const {status, body} = await ask(lab, `${role}/secret-id/lookup`, {secret_id: secretId});
  return status === 200 && body !== undefined;
}

const tokenSchema = z.object({
  data: z.object({
    accessor: z.string(),
    display_name: z.string(),
    meta: z.record(z.string(), z.string()).nullish(),
  }),
});
const keysSchema = z.object({data: z.object({keys: z.array(z.string())})});

async function list(lab: Lab, where: string): Promise<readonly string[]> {
  const {status, body} = await ask(lab, `${where}?list=true`);
  return status === 404 ? [] : keysSchema.parse(body).data.keys;
}

async function ask(lab: Lab, where: string, body?: unknown): Promise<{status: number; body: unknown}> {
  const response = await fetch(`${lab.addresses.vault}/v1/${where}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {'x-vault-token': lab.rootToken()},
    ...(body === undefined ? {} : {body: JSON.stringify(body)}),
  });
  const text = await response.text();
  return {status: response.status, body: text === '' ? undefined : JSON.parse(text)};
}
