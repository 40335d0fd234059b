import type {Driver} from '../../contract/driver.ts';
import {hostOfUrl} from '../host-of-url.ts';
import {accessKey} from './access-key.ts';
import {call} from './call.ts';
import {cloudtrail} from './cloudtrail.ts';
import {connection} from './connection.ts';
import {deleteSecret, restoreSecret} from './delete-secret.ts';
import {allowSecret, denySecret} from './deny-secret.ts';
import {attachPolicy, detachPolicy} from './detach-policy.ts';
import {deactivateAccessKey, deleteAccessKey} from './end-access-key.ts';
import {describeSecret, getSecret} from './get-secret.ts';
import {holdings, holdingsAlive} from './holdings.ts';
import {issueAccessKey} from './issue-access-key.ts';
import {lookAtTrail} from './look-at-trail.ts';
import {coversPlace, placeField} from './place.ts';
import {policyLanguage} from './policy-language.ts';
import {removeReplicas, replicateSecret} from './remove-replicas.ts';
import {endRoleRevocation, revokeRoleSessions} from './revoke-role-sessions.ts';
import {roleSession} from './role-session.ts';
import {rotateByFunction} from './rotate-by-function.ts';
import {retireVersion, rotateSecret} from './rotate-secret.ts';
import {secretValue} from './secret-value.ts';
import {strayVariables} from './stray-variables.ts';
import {identity} from './trail-actors.ts';

export const aws: Driver = {
  name: 'aws',
  description: 'AWS: secrets in Secrets Manager, access keys and sessions of roles.',
  guard: {
    address: placeField,
    identity: 'required',
    identityKey: 'account',
    // AWS itself answers for a name from one address or another by design.
    host: hostOfUrl,
    covers: (entry, target) =>
      entry.kind === 'aws' && target.kind === 'aws' && coversPlace(String(entry.address), String(target.address)),
  },
  identity,
  connection,
  emulates: (input) => typeof Object(input).endpoint === 'string',
  actions: {
    'delete-secret': deleteSecret,
    'restore-secret': restoreSecret,
    'deny-secret': denySecret,
    'allow-secret': allowSecret,
    'rotate-secret': rotateSecret,
    'rotate-by-function': rotateByFunction,
    'retire-version': retireVersion,
    'remove-replicas': removeReplicas,
    'replicate-secret': replicateSecret,
    'deactivate-access-key': deactivateAccessKey,
    'delete-access-key': deleteAccessKey,
    'issue-access-key': issueAccessKey,
    'revoke-role-sessions': revokeRoleSessions,
    'end-role-revocation': endRoleRevocation,
    'detach-policy': detachPolicy,
    'attach-policy': attachPolicy,
  },
  probes: {'get-secret': getSecret, 'describe-secret': describeSecret, call, 'holdings-alive': holdingsAlive},
  captures: {'access-key': accessKey, 'role-session': roleSession, 'secret-value': secretValue, holdings},
  audits: {cloudtrail},
  auditLooks: {cloudtrail: lookAtTrail},
  policy: policyLanguage,
  environment: strayVariables,
};
