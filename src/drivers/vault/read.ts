import * as z from 'zod';
import type {Observation} from '../../contract/observation.ts';
import type {Probe} from '../../contract/operation.ts';
import {secretString} from '../../contract/secret.ts';
import {pathOf} from './client.ts';
import type {VaultAnswer} from './exchange.ts';
import {observeTrouble} from './failure.ts';
import {pathField} from './fields.ts';
import type {VaultSession} from './session.ts';
import {lookUpSelf, whatIsLeft} from './token.ts';

const input = z.strictObject({
  token: secretString('token').meta({description: 'The token to read with, such as one that was captured'}),
  path: pathField.meta({description: 'What to read, as the API has it: `secret/data/orders`'}),
  version: z.int().min(1).optional().meta({description: 'Of a KV secret; the latest'}),
});

/** A path that hands out leases must not be read this way: nobody would give them back. */
export const read: Probe<z.infer<typeof input>, VaultSession> = {
  description: 'Whether a token may still read a path; what is gone is told from what is forbidden.',
  input,
  needs: () => [{path: 'auth/token/lookup-accessor', capabilities: ['update']}],
  carriesCredential: () => true,
  observe: async ({token, path, version}, ctx) => {
    const {connection, signal} = ctx;
    try {
      // While it works it tells what it is; refused, it tells nothing.
      if (connection.knownTokens.of(token) === undefined) await lookUpSelf(token, ctx);
      const query = version === undefined ? {} : {query: {version: String(version)}};
      const answer = await connection.askAs(token, {method: 'GET', path: pathOf(path), ...query, signal});
      if (answer.status === 200) return {state: 'allowed', code: '200'};
      if (answer.status === 404) return observeGone(answer);
      if (answer.status !== 403 && answer.status !== 401) return {state: 'indeterminate', code: String(answer.status)};
      return {state: 'denied', code: String(answer.status), ...(await whatIsLeft(token, ctx))};
    } catch (error) {
      return observeTrouble(error);
    }
  },
};

/** A version that is gone answers 404 with what it was; a path that never was, 404 with nothing, as a typo does. */
function observeGone({body}: VaultAnswer): Observation {
  const gone = goneAnswer.safeParse(body).data?.data.metadata;
  if (gone === undefined) return {state: 'indeterminate', code: 'no-such-path'};
  return gone.destroyed
    ? {state: 'denied', code: 'destroyed'}
    : {state: 'denied', code: 'deleted', surface: 'disarmed'};
}

const goneAnswer = z.object({data: z.object({metadata: z.object({destroyed: z.boolean()})})});
