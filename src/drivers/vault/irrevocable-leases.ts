import * as z from 'zod';
import type {Context, Probe} from '../../contract/operation.ts';
import {readBody} from './answers.ts';
import {observeTrouble, refusedBy} from './failure.ts';
import {pathField} from './fields.ts';
import {leaseListNeeds, listLeases, lookUpLease} from './leases.ts';
import type {VaultSession} from './session.ts';

const input = z.strictObject({
  prefix: pathField.meta({description: 'The path below which leases are looked for'}),
});

/**
 * A lease whose revocation was given up stands for something that lives and that nobody will end. OpenBao says so when the
 * lease is looked up, Vault in a list of its own: both are asked, and only an answer to both says that there is none.
 */
export const irrevocableLeases: Probe<z.infer<typeof input>, VaultSession> = {
  description: 'Whether any lease below a path can’t be revoked, so that what it stands for lives on.',
  input,
  needs: ({prefix}) => [
    ...leaseListNeeds(prefix),
    {path: 'sys/leases/lookup', capabilities: ['update']},
    {path: 'sys/leases', capabilities: ['read', 'sudo']},
  ],
  carriesCredential: () => true,
  observe: async ({prefix}, ctx) => {
    try {
      const listed = await listIrrevocable(prefix, ctx);
      const below = await listLeases(prefix, ctx);
      const found = await Promise.all(
        below.map(async (lease) => ((await lookUpLease(lease, ctx)) === 'stuck' ? [lease] : [])),
      );
      const irrevocable = new Set([...listed, ...found.flat()]).size;
      const facts = {irrevocable, leases: below.length};
      return irrevocable > 0 ? {state: 'allowed', code: 'irrevocable', facts} : {state: 'denied', code: 'none', facts};
    } catch (error) {
      return observeTrouble(error);
    }
  },
};

async function listIrrevocable(prefix: string, ctx: Context<VaultSession>): Promise<readonly string[]> {
  const query = {type: 'irrevocable', limit: 'none'};
  const request = {method: 'GET', path: 'sys/leases', query, signal: ctx.signal} as const;
  const answer = await ctx.connection.ask(request);
  if (answer.status === 404) return [];
  if (answer.status !== 200) throw refusedBy(request, answer, ctx.connection.address);
  const leases = readBody(listAnswer, answer, 'the irrevocable leases').data.leases ?? [];
  return leases.map(({lease_id: lease}) => lease).filter((lease) => lease.startsWith(`${prefix}/`));
}

const listAnswer = z.object({data: z.object({leases: z.array(z.object({lease_id: z.string()})).nullish()})});
