import type {Clock} from '../../contract/clock.ts';
import {largestSkewMs} from '../../contract/clock.ts';
import type {OpenContext, Session} from '../../contract/driver.ts';
import {referencesIn} from '../../drill/references.ts';
import type {Plan, PlannedConnection} from '../../plan/plan.ts';
import type {Finding} from '../../report/finding.ts';
import {failureOf} from '../../run/context.ts';
import type {Values} from '../../run/values.ts';
import {renderDuration} from '../../util/duration.ts';
import {examineIdentity} from './examine-identity.ts';
import {examineRights} from './examine-rights.ts';

export type Examining = {
  readonly plan: Plan;
  readonly values: Values;
  /** Names of those that are not there. */
  readonly secretsMissing: readonly string[];
  readonly open: OpenContext;
};

export type ExaminedConnection = {
  /** Undefined where it was not reached, or is not whom the guard expects: then nothing more is asked of it. */
  readonly session: Session | undefined;
  /** Set where the server is another one than the guard expects. */
  readonly isRefused: boolean;
  readonly findings: readonly Finding[];
};

/** Opens a connection, asks who is there, and what its credential may do. The caller closes the session. */
export async function examineConnection(
  connection: PlannedConnection,
  examining: Examining,
): Promise<ExaminedConnection> {
  const {name} = connection;
  const {plan, open} = examining;
  const secret = secretMissing(connection, examining);
  if (secret !== undefined) return notAsked(name, `not asked, since secret \`${secret}\` is not there`);
  let session: Session | undefined;
  try {
    session = await openConnection(connection, examining);
    const identity = await session.identify(open.signal);
    const {isRefused, findings} = examineIdentity(connection, plan.guard, identity);
    if (findings.some(({state}) => state === 'fail')) {
      await session.close();
      return {session: undefined, isRefused, findings};
    }
    const rights = await examineRights(connection, plan, session, open.signal);
    return {session, isRefused, findings: [...findings, ...rights, ...(await examineClock(name, session, open))]};
  } catch (error) {
    await session?.close();
    return notAsked(name, failureOf(error).message);
  }
}

async function openConnection(
  {name, connection, driver, template, targets}: PlannedConnection,
  {values, open}: Examining,
): Promise<Session> {
  const uses = `connection ${name}`;
  const input = values.input({uses, operation: connection, template, driver: driver.name, on: undefined, targets}, 1);
  return connection.open(input, open);
}

function secretMissing({template}: PlannedConnection, {secretsMissing}: Examining): string | undefined {
  const names = referencesIn(template).flatMap(({context, path}) => (context === 'secrets' ? path.slice(0, 1) : []));
  return names.find((name) => secretsMissing.includes(name));
}

function notAsked(subject: string, message: string): ExaminedConnection {
  return {session: undefined, isRefused: false, findings: [{state: 'fail', check: 'connection', subject, message}]};
}

async function examineClock(
  name: string,
  session: Session,
  {clock, signal}: {readonly clock: Clock; readonly signal: AbortSignal},
): Promise<readonly Finding[]> {
  const askedAt = clock.now();
  const serverTime = await session.serverTime?.(signal);
  if (serverTime === undefined) return [];
  // Half of what the answer took is the best guess.
  const skewMs = Math.abs(serverTime - (askedAt + clock.now()) / 2);
  const differs = `its clock differs from this machine's by ${renderDuration(skewMs)}`;
  return skewMs > largestSkewMs
    ? [
        {
          state: 'fail',
          check: 'clock',
          subject: name,
          message: `${differs}; expected at most ${renderDuration(largestSkewMs)}. Synchronise them.`,
        },
      ]
    : [{state: 'ok', check: 'clock', subject: name, message: differs}];
}
