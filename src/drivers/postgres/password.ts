import {randomBytes} from 'node:crypto';
import {DriverError} from '../../contract/driver-error.ts';
import type {Context, Inspection} from '../../contract/operation.ts';
import {alterRole, type RoleState, readRoles} from './role.ts';
import {createScramVerifier} from './scram-verifier.ts';
import type {PostgresSession} from './session.ts';

/** A password that nobody can guess, known to the redactor before anything else. */
export function createPassword(ctx: Context<PostgresSession>): string {
  const password = randomBytes(32).toString('base64url');
  ctx.redactor.add(password, 'password of a database role');
  return password;
}

export async function setPassword(
  name: string,
  state: RoleState,
  password: string,
  ctx: Context<PostgresSession>,
): Promise<void> {
  const verifier = createScramVerifier(password);
  ctx.connection.givenVerifiers.set(name, verifier);
  await alterRole(name, state, `password '${verifier}'`, ctx);
}

/**
 * Whether this is the role's password: proven by logging in, since only superusers may read `rolpassword`. A role has one
 * password, so that every other is refused then. A server that lets in whoever comes from here proves nothing: a wrong
 * password must be refused.
 */
export async function inspectPassword(
  {oid}: RoleState,
  password: string,
  ctx: Context<PostgresSession>,
): Promise<Inspection> {
  const [role] = await readRoles({oid}, ctx);
  if (role === undefined) return 'not-applied';
  if (await isPasswordRefused(role.name, password, ctx)) return role.isExpired ? 'unknown' : 'not-applied';
  const wrong = randomBytes(32).toString('base64url');
  return (await isPasswordRefused(role.name, wrong, ctx)) ? 'applied' : 'unknown';
}

/** The server looks at the password before the right to log in (28000), to the database (42501) and to one more connection (53300). */
async function isPasswordRefused(username: string, password: string, ctx: Context<PostgresSession>): Promise<boolean> {
  try {
    const backend = await ctx.call('log-in', () => ctx.connection.logIn({username, password}, ctx.signal));
    await backend.close();
    return false;
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    if (error.detail === '28P01') return true;
    if (error.detail === '28000' || error.detail === '42501' || error.detail === '53300') return false;
    throw error;
  }
}
