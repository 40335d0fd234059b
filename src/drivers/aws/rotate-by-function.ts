import {createHash} from 'node:crypto';
import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Action, Context} from '../../contract/operation.ts';
import {shellWord} from '../shell-quote.ts';
import {secretField} from './fields.ts';
import {functionNeed, scopeOfSecret, secretNeed} from './scope.ts';
import {findSecret, pending, requireLiveSecret, requireSecret, type SecretState, versionWith} from './secrets.ts';
import type {AwsSession} from './session.ts';

const input = z.strictObject({
  secret: secretField,
  function: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'Expected the name of a Lambda function, not its ARN.')
    .optional()
    .meta({description: 'The Lambda function that rotates it; left out where AWS itself does (managed rotation)'}),
});
type Input = z.infer<typeof input>;

/** A function takes seconds, mostly, and is called again where it fails. */
const rotationMs = 300_000;

type State = {
  readonly current: string | null;
  /** The id of the version that the rotation makes: the same at every attempt, so that AWS begins it once. */
  readonly version: string;
};

/** RotateSecret is asynchronous: it marks a version as pending, and what it calls puts that in force later, or never. */
export const rotateByFunction: Action<Input, State, AwsSession> = {
  description: 'Has a secret rotated now by its own rotation function, or by AWS where it manages the rotation.',
  input,
  effect: 'rotates',
  within: rotationMs,
  unenforced: () => 'makes another version current, and runs no function that would change what the value opens',
  needs: (of) => [
    secretNeed(of, 'DescribeSecret', 'RotateSecret'),
    ...(of.function === undefined ? [] : [functionNeed(of.function)]),
  ],
  scope: scopeOfSecret,
  prepare: async (of, ctx) => {
    const found = await requireLiveSecret(of.secret, ctx);
    refuseOtherRotation(of, found);
    const current = versionWith('AWSCURRENT', found) ?? null;
    const version = versionOf(ctx.run, of.secret, current);
    refuseOtherPending(of.secret, found, version);
    return {current, version};
  },
  execute: async ({secret}, {version}, ctx) => {
    const found = await requireSecret(secret, ctx);
    if (isBegun(version, found, ctx)) return;
    refuseOtherPending(secret, found, version);
    const request = {SecretId: secret, ClientRequestToken: version, RotateImmediately: true};
    await ctx.call('rotate-secret', () =>
      ctx.connection.client.secrets('RotateSecret', (api, options) => api.rotateSecret(request, options), ctx.signal),
    );
    ctx.own('secret-version', version);
  },
  inspect: async ({secret}, {current, version}, ctx) => {
    const found = await findSecret(secret, ctx);
    if (found === undefined) return 'not-applied';
    const present = versionWith('AWSCURRENT', found) ?? null;
    if (present === version && pendingIn(found) === undefined) return 'applied';
    // One that was cancelled may have changed what the value opens.
    return present === current && !isBegun(version, found, ctx) ? 'not-applied' : 'partly';
  },
  explain: async ({secret}, _state, ctx) => {
    const found = await findSecret(secret, ctx);
    const waiting = found === undefined ? undefined : pendingIn(found);
    if (waiting === undefined) return undefined;
    return `${pending} is still on its version \`${waiting}\`, which is not current: the rotation needs longer than \`within\`, or is stuck. ${wayOut(secret, waiting)}`;
  },
};

/** Any value of a UUID is taken as the id of a version. Another version being current, it is another rotation. */
function versionOf(run: string, secret: string, current: string | null): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([run, secret, current]))
    .digest('hex');
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(12, 15)}`,
    `8${hash.slice(15, 18)}`,
    hash.slice(18, 30),
  ].join('-');
}

/** By an attempt whose answer was lost, it has a label; once it has none, AWS does not tell of it. */
function isBegun(version: string, {versions}: Pick<SecretState, 'versions'>, ctx: Context<AwsSession>): boolean {
  return ctx.owns('secret-version', version) || (versions[version] ?? []).length > 0;
}

/** AWS calls a rotation over where nothing is pending, or what is current is. */
function pendingIn({versions}: Pick<SecretState, 'versions'>): string | undefined {
  const isWaiting = ([, labels]: [string, readonly string[]]): boolean =>
    labels.includes(pending) && !labels.includes('AWSCURRENT');
  return Object.entries(versions).find(isWaiting)?.[0];
}

/** Rotation that is off is switched on by RotateSecret, and nobody would switch it off again. */
function refuseOtherRotation({secret, function: named}: Input, {rotates, rotatedBy}: SecretState): void {
  if (!rotates) {
    throw new DriverError(
      `Expected the automatic rotation of the secret \`${secret}\` to be on, and it is not: to rotate would switch it on. Set it up, or give the secret a value by \`aws/rotate-secret\`.`,
      {code: 'conflict', detail: 'no-rotation'},
    );
  }
  if (named === rotatedBy) return;
  const expected = named === undefined ? 'AWS itself, since no `function` is named' : `the function \`${named}\``;
  const found = rotatedBy === undefined ? 'no function' : `the function \`${rotatedBy}\``;
  throw new DriverError(
    `Expected the secret \`${secret}\` to be rotated by ${expected}, found ${found}. Correct \`function\`.`,
    {code: 'conflict', detail: 'other-function'},
  );
}

/** AWS begins no rotation while another is under way, and one that is stuck never ends by itself. */
function refuseOtherPending(secret: string, found: SecretState, version: string): void {
  const waiting = pendingIn(found);
  if (waiting === undefined || waiting === version) return;
  throw new DriverError(
    `Expected no rotation of the secret \`${secret}\` to be under way, found ${pending} on its version \`${waiting}\`, which is not current: AWS begins no other until that is over. ${wayOut(secret, waiting)}`,
    {code: 'conflict', detail: 'rotation-pending'},
  );
}

function wayOut(secret: string, version: string): string {
  return `Read the log of its function, and let it finish; or cancel the rotation by \`aws secretsmanager update-secret-version-stage --secret-id ${shellWord(secret)} --version-stage ${pending} --remove-from-version-id ${shellWord(version)}\`, once it is known which value the system behind takes.`;
}
