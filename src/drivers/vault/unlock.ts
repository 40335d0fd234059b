import {pathOf} from './client.ts';
import {listLockedUsers} from './locked-users.ts';
import type {RoleOf} from './secret-ids.ts';
import type {VaultSession} from './session.ts';

/** Ends a lock of one AppRole that began during the run, whose own login probes may have caused it. An older one is not ours to end. */
export async function unlock({role, mount}: RoleOf, session: VaultSession, signal: AbortSignal): Promise<void> {
  const before = session.lockedBefore;
  if (before === undefined) return;
  const alias = await session.roleId(role, mount, signal);
  if (before.has(alias)) return;
  const locked = (await listLockedUsers(session, signal)).filter((user) => user.alias === alias);
  for (const user of locked) {
    await session.call({method: 'POST', path: pathOf('sys/locked-users', user.mount, 'unlock', alias), signal});
  }
}
