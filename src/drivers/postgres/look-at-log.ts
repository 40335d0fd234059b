import {randomBytes} from 'node:crypto';
import path from 'node:path';
import type {Look} from '../../contract/driver.ts';
import {DriverError} from '../../contract/driver-error.ts';
import type {Context} from '../../contract/operation.ts';
import {findMark, growsWithinMs, type LogInput, settingOf, whyTooLittle} from './log.ts';
import {takeSnapshot} from './role-snapshot.ts';
import type {PostgresSession} from './session.ts';

/** A line that changes nothing is left in the log and looked for in the file. */
export async function lookAtLog(given: LogInput, ctx: Context<PostgresSession>): Promise<Look> {
  const tooLittle = whyTooLittle(await settingOf(ctx));
  if (tooLittle !== undefined) return {state: 'fail', message: tooLittle};
  const mark = `offdrill doctor ${randomBytes(6).toString('hex')}`;
  await ctx.connection.writeToLog(mark, ctx.signal);
  const place = await findMark(given, mark, ctx);
  if (place !== undefined) return {state: 'ok', message: 'readable, and grows with calls to it'};
  const file = path.resolve(ctx.base, given.path);
  return {
    state: 'fail',
    message: `Expected the log \`${file}\` to grow with a line of this server within ${growsWithinMs / 1000} s, and it does not hold it. Is it readable from here, and that of this server?`,
  };
}

export async function lookAtRoles(_given: unknown, {connection, signal}: Context<PostgresSession>): Promise<Look> {
  try {
    const {seesPasswords} = await takeSnapshot(connection, signal);
    return seesPasswords
      ? {state: 'ok', message: 'roles can be compared, passwords too'}
      : {state: 'warn', message: "roles can be compared, but this user can't see whether a password changed"};
  } catch (error) {
    if (error instanceof DriverError) return {state: 'fail', message: error.message};
    throw error;
  }
}
