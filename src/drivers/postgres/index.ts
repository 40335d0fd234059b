import type {Driver} from '../../contract/driver.ts';
import {databaseAddressField} from './address.ts';
import {connection} from './connection.ts';
import {endSessions} from './end-sessions.ts';
import {query} from './query.ts';
import {sessions} from './sessions.ts';
import {sessionsAlive} from './sessions-alive.ts';

export const postgres: Driver = {
  name: 'postgres',
  description: 'PostgreSQL: logins, and the sessions that outlive them.',
  guard: {
    address: databaseAddressField,
    identity: 'required',
    covers: (entry, target) =>
      entry.kind === 'postgres' && target.kind === 'postgres' && entry.address === target.address,
  },
  connection,
  actions: {'end-sessions': endSessions},
  probes: {query, 'sessions-alive': sessionsAlive},
  captures: {sessions},
  audits: {},
};
