import type {Driver} from '../../contract/driver.ts';
import {databaseAddressField, serverOf} from './address.ts';
import {identity} from './audit-actors.ts';
import {connection} from './connection.ts';
import {endSessions} from './end-sessions.ts';
import {log} from './log.ts';
import {lookAtLog, lookAtRoles} from './look-at-log.ts';
import {ownedObjects} from './owned-objects.ts';
import {policyLanguage} from './policy-language.ts';
import {query} from './query.ts';
import {grantLogin, revokeLogin} from './revoke-login.ts';
import {roleExists} from './role-exists.ts';
import {issuePassword, rotatePassword} from './rotate-password.ts';
import {sessions} from './sessions.ts';
import {sessionsAlive} from './sessions-alive.ts';
import {snapshot} from './snapshot.ts';
import {strayVariables} from './stray-variables.ts';

export const postgres: Driver = {
  name: 'postgres',
  description: 'PostgreSQL: logins, and the sessions that outlive them.',
  guard: {
    address: databaseAddressField,
    identity: 'required',
    host: (address) => (typeof address === 'string' ? serverOf(address)?.host : undefined),
    covers: (entry, target) =>
      entry.kind === 'postgres' && target.kind === 'postgres' && entry.address === target.address,
  },
  identity,
  connection,
  actions: {
    'end-sessions': endSessions,
    'revoke-login': revokeLogin,
    'grant-login': grantLogin,
    'rotate-password': rotatePassword,
    'issue-password': issuePassword,
  },
  probes: {query, 'sessions-alive': sessionsAlive, 'role-exists': roleExists, 'owned-objects': ownedObjects},
  captures: {sessions},
  audits: {log, snapshot},
  policy: policyLanguage,
  environment: strayVariables,
  auditLooks: {log: lookAtLog, snapshot: lookAtRoles},
};
