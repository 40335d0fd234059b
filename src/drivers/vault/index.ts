import * as z from 'zod';
import type {Driver} from '../../contract/driver.ts';
import {guard} from './address.ts';
import {approleLogin, approleLoginProbe} from './approle-login.ts';
import {auditCommand} from './audit-command.ts';
import {auditFile} from './audit-file.ts';
import {usersInAuditCommand, usersInAuditFile} from './audit-users.ts';
import {connection} from './connection.ts';
import {databaseCredential} from './database-credential.ts';
import {destroySecretIds} from './destroy-secret-ids.ts';
import {disableEntity, enableEntity} from './disable-entity.ts';
import {deleteKvVersions, destroyKvVersions} from './end-kv-versions.ts';
import {approleMount, roleField} from './fields.ts';
import {holdings, holdingsAlive} from './holdings.ts';
import {irrevocableLeases} from './irrevocable-leases.ts';
import {issueSecretIdAction} from './issue-secret-id.ts';
import {kvSecret} from './kv-secret.ts';
import {kvVersions} from './kv-versions.ts';
import {lookAtAuditCommand, lookAtAuditFile} from './look-at-audit-file.ts';
import {policyLanguage} from './policy-language.ts';
import {read} from './read.ts';
import {revokeLeases} from './revoke-leases.ts';
import {revokeToken} from './revoke-token.ts';
import {revokeTokens} from './revoke-tokens.ts';
import {rotateStaticRole} from './rotate-static-role.ts';
import {staticCredential} from './static-credential.ts';
import {strayVariables} from './stray-variables.ts';
import {restorePolicy, tightenPolicy} from './tighten-policy.ts';
import {token} from './token.ts';
import {waitForExpiry} from './wait-for-expiry.ts';
import {writeKvVersion} from './write-kv-version.ts';

export const vault = {
  name: 'vault',
  description: 'HashiCorp Vault and OpenBao: AppRoles, tokens, leases, and who did what by the audit log.',
  guard,
  identity: z.strictObject({approle: roleField, mount: approleMount}),
  connection,
  actions: {
    'destroy-secret-ids': destroySecretIds,
    'delete-kv-versions': deleteKvVersions,
    'destroy-kv-versions': destroyKvVersions,
    'disable-entity': disableEntity,
    'enable-entity': enableEntity,
    'issue-secret-id': issueSecretIdAction,
    'restore-policy': restorePolicy,
    'revoke-leases': revokeLeases,
    'revoke-token': revokeToken,
    'revoke-tokens': revokeTokens,
    'rotate-static-role': rotateStaticRole,
    'tighten-policy': tightenPolicy,
    'wait-for-expiry': waitForExpiry,
    'write-kv-version': writeKvVersion,
  },
  probes: {
    'approle-login': approleLoginProbe,
    'holdings-alive': holdingsAlive,
    'irrevocable-leases': irrevocableLeases,
    'kv-versions': kvVersions,
    read,
    token,
  },
  captures: {
    'approle-login': approleLogin,
    'database-credential': databaseCredential,
    holdings,
    'kv-secret': kvSecret,
    'static-credential': staticCredential,
  },
  audits: {'audit-command': auditCommand, 'audit-file': auditFile},
  policy: policyLanguage,
  environment: strayVariables,
  logsIn: (input) => z.looseObject({login: z.unknown().optional()}).parse(input).login !== undefined,
  auditUsers: {'audit-command': usersInAuditCommand, 'audit-file': usersInAuditFile},
  auditLooks: {'audit-command': lookAtAuditCommand, 'audit-file': lookAtAuditFile},
} satisfies Driver as Driver;
