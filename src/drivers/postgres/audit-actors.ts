import * as z from 'zod';
import type {AuditEvent, DeclaredIdentity} from '../../contract/operation.ts';

export const identity = z.strictObject({
  user: z.string().min(1).meta({description: 'The database user, exactly as it stands in `pg_roles`'}),
});

export type DeclaredUser = {readonly role: DeclaredIdentity['role']; readonly user: string};

export function readUsers(identities: readonly DeclaredIdentity[]): readonly DeclaredUser[] {
  return identities.map(({role, spec}) => ({role, user: identity.parse(spec).user}));
}

/** By the user's name, which the server has checked; the run's own are known by their sessions before. */
export function actorOf(user: string, declared: readonly DeclaredUser[]): AuditEvent['actor'] {
  const found = declared.find((one) => one.user === user);
  return found === undefined ? {kind: 'somebody'} : {kind: found.role, name: user};
}

/** Whatever happens to roles while others are taken away may stand in for them. */
export const rolesScope = (): readonly string[] => ['role/*'];
