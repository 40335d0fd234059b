import * as z from 'zod';
import type {Probe} from '../../contract/operation.ts';
import {secretString} from '../../contract/secret.ts';
import {observeTrouble} from './failure.ts';
import type {VaultSession} from './session.ts';

const input = z.strictObject({
  token: secretString('token').meta({description: 'The token to ask with, such as one that was captured'}),
});

/** Used, and not looked up: an administrator's look-up may still find a token that no longer works. */
export const token: Probe<z.infer<typeof input>, VaultSession> = {
  description: 'Whether a token still works, by using it.',
  input,
  carriesCredential: () => true,
  observe: async ({token: held}, {connection, signal}) => {
    try {
      const {status} = await connection.askAs(held, {method: 'GET', path: 'auth/token/lookup-self', signal});
      if (status === 200) return {state: 'allowed', code: '200'};
      return {state: status === 403 || status === 401 ? 'denied' : 'indeterminate', code: String(status)};
    } catch (error) {
      return observeTrouble(error);
    }
  },
};
