import * as z from 'zod';
import {readBody} from './answers.ts';
import type {VaultAnswer, VaultRequest} from './exchange.ts';
import {refusedBy} from './failure.ts';

type Asker = {readonly address: string; ask(request: Omit<VaultRequest, 'token'>): Promise<VaultAnswer>};
type LockedUser = {readonly mount: string; readonly alias: string};

/** Who is locked out after bad logins: for an AppRole, the alias is its role-id. */
export async function listLockedUsers(asker: Asker, signal: AbortSignal): Promise<readonly LockedUser[]> {
  const request = {method: 'GET', path: 'sys/locked-users', signal} as const;
  const answer = await asker.ask(request);
  if (answer.status === 404 || answer.status === 204) return [];
  if (answer.status !== 200) throw refusedBy(request, answer, asker.address);
  return readBody(lockedAnswer, answer, 'the locked users').data.by_namespace.flatMap(({mount_accessors: mounts}) =>
    mounts.flatMap(({mount_accessor: mount, alias_identifiers: aliases}) => aliases.map((alias) => ({mount, alias}))),
  );
}

const lockedAnswer = z.object({
  data: z.object({
    by_namespace: z
      .array(
        z.object({
          mount_accessors: z
            .array(
              z.object({mount_accessor: z.string(), alias_identifiers: z.array(z.string()).nullable().default([])}),
            )
            .nullable()
            .transform((mounts) =>
              (mounts ?? []).map((mount) => ({...mount, alias_identifiers: mount.alias_identifiers ?? []})),
            ),
        }),
      )
      .nullable()
      .transform((namespaces) => namespaces ?? []),
  }),
});
