import {readFile} from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type {OpenContext} from '../../contract/driver.ts';
import {DriverError} from '../../contract/driver-error.ts';
import {exactlyOneOf} from '../../contract/fields.ts';
import {secretString} from '../../contract/secret.ts';
import {loginAnswer, readBody} from './answers.ts';
import {pathOf, type VaultClient} from './client.ts';
import type {VaultAnswer} from './exchange.ts';
import {refusedBy} from './failure.ts';
import {approleMount, pathField, roleField} from './fields.ts';

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const roleOf = (method: string) =>
  z
    .string()
    .min(1)
    .meta({description: `The role of the ${method} auth method`});

/** One way in, and no more: each is a login of the operator's own, whose token ends with the run. */
export const operatorLogin = z
  .strictObject({
    approle: z
      .strictObject({
        role: roleField,
        'role-id': z.string().min(1).meta({description: 'The role-id'}),
        'secret-id': secretString('secret-id of the operator').meta({description: 'The secret-id'}),
        mount: approleMount,
      })
      .optional()
      .meta({description: 'Logs in by AppRole'}),
    jwt: z
      .strictObject({
        role: roleOf('JWT'),
        file: z.string().min(1).meta({description: 'The file that holds the JWT, read at each login'}),
        mount: pathField.default('jwt').meta({description: 'Where the JWT auth method is mounted'}),
      })
      .optional()
      .meta({description: 'Logs in by a JWT from a file, as CI systems give one'}),
    kubernetes: z
      .strictObject({
        role: roleOf('Kubernetes'),
        file: z.string().min(1).default(serviceAccount).meta({description: 'The token of the service account'}),
        mount: pathField.default('kubernetes').meta({description: 'Where the Kubernetes auth method is mounted'}),
      })
      .optional()
      .meta({description: 'Logs in as a Kubernetes service account'}),
  })
  .check(exactlyOneOf('approle', 'jwt', 'kubernetes'));
export type OperatorLogin = z.infer<typeof operatorLogin>;

/** Logs in, and declares the token as the run's own. Nothing of the answer but the token and its accessor is kept. */
export async function logInOperator(
  login: OperatorLogin,
  client: VaultClient,
  ctx: OpenContext & {readonly address: string},
): Promise<string> {
  const {mount, body} = await readLogin(login, ctx);
  const request = {method: 'POST', path: pathOf('auth', mount, 'login'), body, signal: ctx.signal} as const;
  const answer = await client.ask(request);
  if (answer.status !== 200) throw notLetIn(login, mount, answer, ctx.address);
  const {auth} = readBody(loginAnswer, answer, 'a login');
  ctx.redactor.add(auth.client_token, 'token of the operator');
  if (auth.accessor === '') throw batchToken(mount);
  ctx.own('token', auth.accessor);
  return auth.client_token;
}

async function readLogin(
  {approle, jwt, kubernetes}: OperatorLogin,
  ctx: OpenContext,
): Promise<{mount: string; body: Readonly<Record<string, string>>}> {
  if (approle !== undefined) {
    const {mount, 'role-id': roleId, 'secret-id': secretId} = approle;
    return {mount, body: {role_id: roleId, secret_id: secretId}};
  }
  const given = jwt ?? kubernetes;
  if (given === undefined) throw new Error('Expected a way to log in, got none');
  const token = await readToken(path.resolve(ctx.base, given.file));
  ctx.redactor.add(token, 'JWT of the operator');
  return {mount: given.mount, body: {role: given.role, jwt: token}};
}

async function readToken(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    throw new DriverError(
      `Expected \`${file}\` to hold the JWT to log in with, got ${errno}. Is it there, and readable?`,
      {
        code: 'failed',
        detail: errno,
      },
    );
  });
  const token = text.trim();
  if (/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) return token;
  throw new DriverError(`Expected \`${file}\` to hold a JWT, got something else. Correct the path.`, {
    code: 'rejected',
  });
}

function notLetIn(login: OperatorLogin, mount: string, answer: VaultAnswer, address: string): DriverError {
  if (answer.status !== 400 && answer.status !== 403)
    return refusedBy({method: 'POST', path: pathOf('auth', mount, 'login')}, answer, address);
  const [method] = Object.keys(login);
  return new DriverError(
    `Expected Vault at ${address} to let the operator in by ${method} at \`auth/${mount}\`, and it refuses (${answer.status}). Is the credential new enough, and the role the right one?`,
    {code: answer.status === 400 ? 'unauthenticated' : 'forbidden', detail: String(answer.status)},
  );
}

/** The run's own token has to be its child. */
function batchToken(mount: string): DriverError {
  return new DriverError(
    `Expected \`auth/${mount}\` to give the operator a token that may have children, got a batch token. Set the role's token_type to \`service\`.`,
    {code: 'conflict', detail: 'batch-token'},
  );
}
