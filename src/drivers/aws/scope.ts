import type {Need} from '../../contract/operation.ts';

/** Where a change by somebody else could stand in for one of a secret: the paths by which CloudTrail’s events are told. */
export function scopeOfSecret({secret}: {readonly secret: string}): readonly string[] {
  // Whoever may use the key of a secret may read it.
  return [`secretsmanager/${secret}`, 'kms'];
}

export function scopeOfUser({user}: {readonly user: string}): readonly string[] {
  return [`iam/user/${user}`, 'iam/group/*', 'iam/policy/*'];
}

export function scopeOfRole({role}: {readonly role: string}): readonly string[] {
  return [`iam/role/${role}`, `sts/role/${role}`, 'iam/policy/*'];
}

/** A right on one secret, as a policy of IAM names it. */
export function secretNeed({secret}: {readonly secret: string}, ...actions: readonly string[]): Need {
  return {path: `secretsmanager/${secret}`, capabilities: actions.map((action) => `secretsmanager:${action}`)};
}

/** Whoever has a secret rotated by a function needs to be allowed to call it. */
export function functionNeed(name: string): Need {
  return {path: `lambda/${name}`, capabilities: ['lambda:InvokeFunction']};
}

export function userNeed({user}: {readonly user: string}, ...actions: readonly string[]): Need {
  return {path: `iam/user/${user}`, capabilities: actions.map((action) => `iam:${action}`)};
}

export function roleNeed({role}: {readonly role: string}, ...actions: readonly string[]): Need {
  return {path: `iam/role/${role}`, capabilities: actions.map((action) => `iam:${action}`)};
}
