import {createHash} from 'node:crypto';
import {isDeepStrictEqual} from 'node:util';
import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Action, Context} from '../../contract/operation.ts';
import {shellWord} from '../shell-quote.ts';
import {awsByHand} from './by-hand.ts';
import {secretField} from './fields.ts';
import {refuseOwn} from './refuse-own.ts';
import {scopeOfSecret, secretNeed} from './scope.ts';
import {requireLiveSecret} from './secrets.ts';
import type {AwsSession} from './session.ts';
import {spreadMs} from './spread.ts';

const principalField = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:(?:iam|sts)::\d{12}:(?:user|role|assumed-role)\/[\w+=,.@/-]+$/,
    'Expected the ARN of a user or a role.',
  )
  .meta({description: 'Who is denied: the ARN of the integration’s user or role'});

const input = z.strictObject({secret: secretField, principal: principalField});
type Input = z.infer<typeof input>;
type State = {readonly policy: string | null};

const restoreInput = z.strictObject({secret: secretField, principal: principalField});

/** A denial in the secret's own policy outweighs every right. It is undone by whoever may change the policy: what it denies is disarmed, not dead. */
export const denySecret: Action<Input, State, AwsSession> = {
  description: 'Denies one user or role everything on a secret, by a statement in the secret’s own policy.',
  input,
  effect: 'disables',
  within: spreadMs,
  unenforced: () => 'keeps the policy of a secret and does not hold anybody to it',
  needs: (of) => [secretNeed(of, 'DescribeSecret', 'GetResourcePolicy', 'PutResourcePolicy')],
  scope: scopeOfSecret,
  prepare: async ({secret, principal}, ctx) => {
    refuseOwn({principal}, ctx);
    await requireLiveSecret(secret, ctx);
    const policy = await readPolicy(secret, ctx);
    parsePolicy(policy, secret);
    return {policy: policy ?? null};
  },
  execute: async (of, _state, ctx) => {
    const policy = parsePolicy(await readPolicy(of.secret, ctx), of.secret);
    if (policy.Statement.some(isDenialOf(of))) return;
    await writePolicy(of.secret, {...policy, Statement: [...policy.Statement, denialOf(of)]}, ctx);
  },
  inspect: async ({secret, principal}, _state, ctx) => {
    const denial = parsePolicy(await readPolicy(secret, ctx), secret).Statement.find(isDenialOf({principal}));
    return isDeepStrictEqual(denial, denialOf({principal})) ? 'applied' : 'not-applied';
  },
  rollback: {uses: 'aws/allow-secret', with: ({secret, principal}) => ({secret, principal})},
};

/** Only the statement that a drill put there: what somebody else changed meanwhile stays. */
export const allowSecret: Action<z.infer<typeof restoreInput>, undefined, AwsSession> = {
  description: 'Takes the statement of `aws/deny-secret` out of a secret’s policy, and leaves the rest.',
  input: restoreInput,
  effect: 'issues',
  within: spreadMs,
  needs: (of) => [secretNeed(of, 'GetResourcePolicy', 'PutResourcePolicy', 'DeleteResourcePolicy')],
  scope: scopeOfSecret,
  execute: async ({secret, principal}, _state, ctx) => {
    const policy = parsePolicy(await readPolicy(secret, ctx), secret);
    const isDenial = isDenialOf({principal});
    const left = policy.Statement.filter((statement) => !isDenial(statement));
    if (left.length === policy.Statement.length) return;
    if (left.length > 0) return writePolicy(secret, {...policy, Statement: left}, ctx);
    await ctx.call('delete-policy', () =>
      ctx.connection.client.secrets(
        'DeleteResourcePolicy',
        (api, options) => api.deleteResourcePolicy({SecretId: secret}, options),
        ctx.signal,
      ),
    );
  },
  inspect: async ({secret, principal}, _state, ctx) =>
    parsePolicy(await readPolicy(secret, ctx), secret).Statement.some(isDenialOf({principal}))
      ? 'not-applied'
      : 'applied',
  byHand: ({secret, principal}, at) =>
    awsByHand(
      [
        `aws secretsmanager get-resource-policy --secret-id ${shellWord(secret)} --output text --query ResourcePolicy >&2`,
        'echo "Take the statement out of it whose Sid begins with OffdrillDeny and whose principal is this one:" >&2',
        `echo ${shellWord(principal)} >&2`,
        'echo "Put the rest back with put-resource-policy, or use delete-resource-policy where nothing is left." >&2',
      ],
      at,
      [secret, principal],
    ),
};

/** Its own for each principal: labels of statements are unique in a policy. */
function sidOf(principal: string): string {
  return `OffdrillDeny${createHash('sha256').update(principal).digest('hex').slice(0, 12)}`;
}

type Policy = {readonly Version: string; readonly Statement: readonly Readonly<Record<string, unknown>>[]};

const policySchema = z.looseObject({
  Version: z.string().default('2012-10-17'),
  Statement: z.preprocess(
    (given) => (Array.isArray(given) ? given : [given]),
    z.array(z.record(z.string(), z.unknown())),
  ),
});

function denialOf({principal}: Pick<Input, 'principal'>): Readonly<Record<string, unknown>> {
  return {
    Sid: sidOf(principal),
    Effect: 'Deny',
    Principal: {AWS: principal},
    Action: 'secretsmanager:*',
    Resource: '*',
  };
}

function isDenialOf({principal}: Pick<Input, 'principal'>) {
  return (statement: Readonly<Record<string, unknown>>): boolean => statement.Sid === sidOf(principal);
}

async function readPolicy(secret: string, {connection, signal}: Context<AwsSession>): Promise<string | undefined> {
  const {ResourcePolicy} = await connection.client.secrets(
    'GetResourcePolicy',
    (api, options) => api.getResourcePolicy({SecretId: secret}, options),
    signal,
  );
  return ResourcePolicy;
}

async function writePolicy(secret: string, policy: Policy, ctx: Context<AwsSession>): Promise<void> {
  const request = {SecretId: secret, ResourcePolicy: JSON.stringify(policy), BlockPublicPolicy: true};
  await ctx.call('put-policy', () =>
    ctx.connection.client.secrets(
      'PutResourcePolicy',
      (api, options) => api.putResourcePolicy(request, options),
      ctx.signal,
    ),
  );
}

function parsePolicy(text: string | undefined, secret: string): Policy {
  if (text === undefined) return {Version: '2012-10-17', Statement: []};
  try {
    return policySchema.parse(JSON.parse(text));
  } catch (error) {
    throw new DriverError(
      `Expected the policy of \`${secret}\` to be one that can be read, and it is not. Look at it before anything is added.`,
      {
        code: 'protocol',
        detail: 'policy',
        cause: error,
      },
    );
  }
}
