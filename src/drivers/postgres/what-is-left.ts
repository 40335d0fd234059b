import type {Observation} from '../../contract/observation.ts';
import type {Context} from '../../contract/operation.ts';
import {readRoles} from './role.ts';
import type {PostgresSession} from './session.ts';

/**
 * What a user that is refused still is. Its password is as good as before where only NOLOGIN, an end of its validity or a
 * missing right stands in its way: whoever undoes that brings it back.
 */
export async function whatIsLeft(
  username: string,
  code: string,
  ctx: Context<PostgresSession>,
): Promise<Pick<Observation, 'surface'>> {
  const [role] = await readRoles({name: username}, ctx);
  if (role === undefined) return {};
  const isBarred = (code === '28000' && !role.canLogIn) || (code === '28P01' && role.isExpired) || code === '42501';
  return isBarred ? {surface: 'disarmed'} : {};
}
