import * as z from 'zod';
import type {Probe} from '../../contract/operation.ts';
import {observeTrouble} from './observe-failure.ts';
import {readRoles, roleField} from './role.ts';
import type {PostgresSession} from './session.ts';

const input = z.strictObject({role: roleField});

/** Asked with the connection's own user: it says nothing of sessions that are open, nor of any password. */
export const roleExists: Probe<z.infer<typeof input>, PostgresSession> = {
  description: 'Whether a role exists and may log in.',
  input,
  carriesCredential: () => false,
  observe: async ({role}, ctx) => {
    try {
      const [found] = await readRoles({name: role}, ctx);
      if (found === undefined) return {state: 'denied', code: 'no-such-role'};
      const facts = {oid: found.oid, expired: found.isExpired};
      return found.canLogIn
        ? {state: 'allowed', code: 'login', facts}
        : {state: 'denied', code: 'nologin', facts, surface: 'disarmed'};
    } catch (error) {
      return observeTrouble(error);
    }
  },
};
