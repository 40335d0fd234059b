import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Capture, Context, Probe} from '../../contract/operation.ts';
import {secretString} from '../../contract/secret.ts';
import {loginAnswer, readBody} from './answers.ts';
import {pathOf} from './client.ts';
import type {VaultAnswer} from './exchange.ts';
import {observeTrouble, refusedBy, saidIn} from './failure.ts';
import {approleMount, roleField} from './fields.ts';
import {approleScope} from './scope.ts';
import type {VaultSession} from './session.ts';

const input = z.strictObject({
  role: roleField,
  'secret-id': secretString('secret-id').meta({description: 'The secret-id to log in with'}),
  mount: approleMount,
});
type Input = z.infer<typeof input>;

const output = z.object({
  token: secretString('token of the integration'),
  accessor: z.string(),
  policies: z.array(z.string()),
  ttlSeconds: z.number(),
  /** A batch token has no accessor: nobody can list or revoke it, and it lives as long as it was given. */
  type: z.enum(['service', 'batch']),
});

const needs = ({role, mount}: Input) => [
  {path: pathOf('auth', mount, 'role', role, 'role-id'), capabilities: ['read']},
];

export const approleLogin: Capture<Input, z.infer<typeof output>, VaultSession> = {
  description: 'Logs in as the integration does, and keeps the token.',
  kind: 'minted',
  input,
  output,
  needs,
  scope: approleScope,
  take: async (given, ctx) => {
    const answer = await ctx.call('login', () => logIn(given, ctx));
    if (answer.status !== 200) throw notLoggedIn(given, answer, ctx.connection.address);
    const {client_token: token, accessor, token_policies: policies, lease_duration: ttlSeconds} = keep(answer, ctx);
    return {token, accessor, policies, ttlSeconds, type: accessor === '' ? 'batch' : 'service'};
  },
  count: () => 1,
  release: async ({token, type}, ctx) => {
    if (type === 'service') await ctx.call('revoke-self', () => revokeSelf(token, ctx));
    else leaveToItsEnd(token, ctx);
  },
};

export const approleLoginProbe: Probe<Input, VaultSession> = {
  description:
    'Whether a secret-id still logs in; the token of a login that worked is revoked at once, unless it is a batch token.',
  input,
  needs,
  carriesCredential: () => true,
  budget: 'login',
  observe: async (given, ctx) => {
    try {
      const answer = await logIn(given, ctx);
      if (answer.status === 200) {
        const {client_token: token, accessor} = keep(answer, ctx);
        if (accessor !== '') await revokeSelf(token, ctx);
        return {state: 'allowed', code: '200'};
      }
      // A locked role refuses good secret-ids too, with 403: that says nothing of this one.
      if (answer.status === 403) return {state: 'indeterminate', code: 'locked-or-forbidden'};
      const refused = answer.status === 400 && saidIn(answer) === 'invalid role or secret ID';
      return {state: refused ? 'denied' : 'indeterminate', code: String(answer.status)};
    } catch (error) {
      return observeTrouble(error);
    }
  },
};

/** A login carries no token: one that was sent would be ignored, and seen. */
async function logIn({role, mount, 'secret-id': secretId}: Input, ctx: Context<VaultSession>): Promise<VaultAnswer> {
  const {connection, signal} = ctx;
  const body = {role_id: await connection.roleId(role, mount, signal), secret_id: secretId};
  const request = {method: 'POST', path: pathOf('auth', mount, 'login'), body, signal} as const;
  try {
    return await connection.askAs(undefined, request);
  } catch (error) {
    throw isUnsettled(error) ? mayHaveLoggedIn(role, error) : error;
  }
}

/** It was sent, as far as one knows, and not answered. */
function isUnsettled(error: unknown): error is DriverError {
  return error instanceof DriverError && !['ECONNREFUSED', 'ENOTFOUND', 'TLS'].includes(error.detail ?? '');
}

/** Nobody was told of the token, so that the run can't give it back: it says so. */
function mayHaveLoggedIn(role: string, {message, code, retryable, detail, cause}: DriverError): DriverError {
  return new DriverError(
    `${message} The login may have been made all the same: a token of \`${role}\` that nobody holds then lives as long as the role gives it, or until it is revoked.`,
    {code, retryable, ...(detail === undefined ? {} : {detail}), cause},
  );
}

/** The run's own from now on, and known to the redactor before anybody can show it. */
function keep(answer: VaultAnswer, ctx: Context<VaultSession>): z.infer<typeof loginAnswer>['auth'] {
  const {auth} = readBody(loginAnswer, answer, 'a login');
  ctx.redactor.add(auth.client_token, 'token of the integration');
  if (auth.accessor !== '') ctx.own('token', auth.accessor);
  ctx.connection.knownTokens.learn(auth.client_token, {
    accessor: auth.accessor,
    isBatch: auth.accessor === '',
    ttlSeconds: auth.lease_duration,
    isEndless: auth.lease_duration === 0,
  });
  return auth;
}

async function revokeSelf(token: string, ctx: Context<VaultSession>): Promise<void> {
  const request = {method: 'POST', path: 'auth/token/revoke-self', signal: ctx.signal} as const;
  const answer = await ctx.connection.askAs(token, request);
  if (answer.status !== 204 && answer.status !== 200 && answer.status !== 403)
    throw refusedBy(request, answer, ctx.connection.address);
}

/** Nobody can give a batch token back. */
function leaveToItsEnd(token: string, {connection, clock, draining}: Context<VaultSession>): void {
  const endsAt = connection.knownTokens.of(token)?.endsAt ?? 0;
  if (endsAt > clock.now()) draining('the batch token that the run logged in with', Math.round(endsAt));
}

function notLoggedIn({role, mount}: Input, answer: VaultAnswer, address: string): DriverError {
  if (answer.status === 400) {
    return new DriverError(
      `Expected AppRole \`${role}\` to log in with its secret-id, and Vault refuses it (400). Is the delivered secret-id the newest?`,
      {code: 'unauthenticated', detail: '400'},
    );
  }
  if (answer.status === 403) {
    return new DriverError(
      `Expected AppRole \`${role}\` to log in, and Vault forbids it (403). After five bad logins a role is locked for 15 minutes: see sys/locked-users.`,
      {code: 'forbidden', detail: '403'},
    );
  }
  return refusedBy({method: 'POST', path: pathOf('auth', mount, 'login')}, answer, address);
}
