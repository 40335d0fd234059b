import * as z from 'zod';
import {DriverError} from '../../contract/driver-error.ts';
import type {Action, Inspection} from '../../contract/operation.ts';
import {vaultByHand} from './by-hand.ts';
import {digestOf, policyField, policyNeeds, readPolicy, replacePolicy} from './policy.ts';
import {restorePolicyLines} from './restore-policy-lines.ts';
import {everywhere} from './scope.ts';
import type {VaultSession} from './session.ts';

/** Rules that give nothing. */
const noRights = 'path "sys/tightened-by-a-drill" { capabilities = ["deny"] }';

const rulesField = z.string().min(1).max(100_000);
const tightenInput = z.strictObject({
  policy: policyField,
  rules: rulesField
    .default(noRights)
    .meta({description: 'The rules that it has from then on; none that give anything'}),
});

/** The rules as they were are no secret, and are kept so that they can be put back exactly. */
type TightenState = {readonly sha256: string; readonly rules: string};

/** Every token that names the policy is disarmed at once, and armed again when it is restored: revoke the tokens first. */
export const tightenPolicy: Action<z.infer<typeof tightenInput>, TightenState, VaultSession> = {
  description: 'Replaces the rules of a policy by narrower ones: tokens that name it live on with less.',
  input: tightenInput,
  effect: 'disables',
  needs: ({policy}) => policyNeeds(policy),
  scope: () => everywhere,
  prepare: async ({policy, rules}, ctx) => {
    const before = await ctx.call('read-policy', () => readPolicy(policy, ctx));
    if (before === undefined) throw noSuchPolicy(policy);
    if (digestOf(before) === digestOf(rules)) throw tightAlready(policy);
    return {sha256: digestOf(before), rules: before};
  },
  execute: ({policy, rules}, {sha256}, ctx) => replacePolicy({policy, from: sha256, to: rules}, ctx),
  inspect: ({policy, rules}, {sha256}, ctx) => readBack(policy, {wanted: digestOf(rules), before: sha256}, ctx),
  rollback: {
    uses: 'vault/restore-policy',
    with: ({policy, rules}, state) => ({
      policy,
      'only-if': digestOf(String(rules)),
      ...(state === undefined ? {} : {sha256: state.sha256, rules: state.rules}),
    }),
  },
};

const sha256Field = z.string().regex(/^[0-9a-f]{64}$/, 'Expected a SHA-256 in hex.');
const restoreInput = z.strictObject({
  policy: policyField,
  rules: rulesField
    .optional()
    .meta({description: 'The rules to put back; of the step that it rolls back, those that it found'}),
  sha256: sha256Field
    .optional()
    .meta({description: 'What the rules must hash to, so that none are put back that were cut or redacted'}),
  'only-if': sha256Field.meta({
    description: 'What the rules that stand there hash to; others are somebody’s change, and stay',
  }),
});

export const restorePolicy: Action<z.infer<typeof restoreInput>, undefined, VaultSession> = {
  description: 'Puts the rules of a policy back as they were, unless somebody has changed them meanwhile.',
  input: restoreInput,
  effect: 'issues',
  needs: ({policy}) => policyNeeds(policy),
  scope: () => everywhere,
  execute: async ({policy, rules, sha256, 'only-if': onlyIf}, _state, ctx) => {
    if (rules === undefined || (sha256 !== undefined && digestOf(rules) !== sha256)) throw rulesUnknown(policy);
    await replacePolicy({policy, from: onlyIf, to: rules}, ctx);
  },
  inspect: async ({policy, rules, 'only-if': onlyIf}, _state, ctx) =>
    rules === undefined ? 'unknown' : readBack(policy, {wanted: digestOf(rules), before: onlyIf}, ctx),
  byHand: ({policy, rules, sha256, 'only-if': onlyIf}, at) =>
    vaultByHand(restorePolicyLines({policy, rules, sha256, onlyIf}), at, [policy, sha256, onlyIf]),
};

async function readBack(
  policy: string,
  digests: {readonly wanted: string; readonly before: string},
  ctx: Parameters<typeof readPolicy>[1],
): Promise<Inspection> {
  const now = await readPolicy(policy, ctx);
  const digest = now === undefined ? '' : digestOf(now);
  if (digest === digests.wanted) return 'applied';
  return digest === digests.before ? 'not-applied' : 'partly';
}

function noSuchPolicy(policy: string): DriverError {
  return new DriverError(`Expected policy \`${policy}\` to exist, found none. Correct its name.`, {code: 'not-found'});
}

function tightAlready(policy: string): DriverError {
  return new DriverError(
    `Expected policy \`${policy}\` to have other rules than those that it is tightened to, and it has them already. Was an earlier run not rolled back? Put its rules back first.`,
    {code: 'conflict', detail: 'tight-already'},
  );
}

function rulesUnknown(policy: string): DriverError {
  return new DriverError(
    `Expected to know the rules that policy \`${policy}\` had, and they were not kept whole. Put them back by hand from where they are kept.`,
    {code: 'conflict', detail: 'rules-unknown'},
  );
}
