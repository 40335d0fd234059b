import * as z from 'zod';
import type {Capture} from '../../contract/operation.ts';
import {rolesScope} from './audit-actors.ts';
import {type Holdings, holdings, readHoldings, readsSessions} from './holdings.ts';
import type {PostgresSession} from './session.ts';

const input = z.strictObject({
  'member-of': z.string().min(1).meta({description: 'The role whose members the integration logs in as'}),
});

export const sessions: Capture<z.infer<typeof input>, Holdings, PostgresSession> = {
  description: 'The open sessions of the members of a group, but the run’s own.',
  kind: 'taken',
  input,
  output: holdings,
  scope: rolesScope,
  needs: () => [readsSessions],
  take: async ({'member-of': group}, ctx) => {
    const {applicationName} = ctx.connection;
    return ctx.call('pg_stat_activity', () =>
      readHoldings(
        ctx.connection,
        group,
        ({application, pid}) => application === applicationName || ctx.owns('session', String(pid)),
        ctx.signal,
      ),
    );
  },
  count: (output) => output.sessions.length,
};
