import type {Session} from '../contract/driver.ts';
import type {Failure} from '../journal/entries.ts';
import {endOf} from '../journal/open-credentials.ts';
import type {PlannedAccess, PlannedConnection} from '../plan/plan.ts';
import {createContext, failureOf} from './context.ts';
import {findMoved, hostsOf} from './hosts.ts';
import {needsBringingBack} from './past.ts';
import {PhaseFailure} from './phase-failure.ts';
import {identifyServers} from './phases/guard.ts';
import {beginOn} from './phases/preflight.ts';
import type {Runtime} from './runtime.ts';

const pauseMs = 200;

/**
 * Opens every connection for what brings things back: only a server that is another one than the guard expects stops it,
 * or a host name that leads elsewhere than it did, where nobody says who they are.
 * One that does not answer yet, such as a server that a rollback is to start, is asked again and again until `stop`; what
 * needs it meanwhile waits, or fails by itself. Undefined where it was stopped: then nothing was changed.
 */
export async function reconnect(runtime: Runtime): Promise<{stop(): Promise<void>} | undefined> {
  const {journal, interruption, plan} = runtime;
  const {refused, unable} = await identifyServers(runtime);
  const others = [...refused, ...(await movedMeanwhile(runtime))];
  if (others.length > 0 || interruption.forward.aborted) {
    const interrupted = {code: 'interrupted', message: 'Interrupted before anything was changed.'};
    journal({
      type: 'resume.failed',
      data: {refused: others.length > 0, problems: others.length > 0 ? others : [interrupted]},
    });
    return undefined;
  }
  for (const failure of unable) {
    journal({type: 'trouble', data: {where: 'guard', ...failure}});
  }
  for (const [name, session] of runtime.sessions) {
    const locked = await workOn(runtime, name, session);
    if (locked === undefined) continue;
    journal({type: 'resume.failed', data: {refused: true, problems: locked}});
    return undefined;
  }
  if (runtime.past === undefined || needsBringingBack(runtime.past)) await startProbes(runtime);

  const stopped = new AbortController();
  const late = plan.connections.filter(({name}) => !runtime.sessions.has(name));
  const connecting = Promise.all(late.map((connection) => connectLate(runtime, connection, stopped.signal)));
  return {
    stop: async () => {
      stopped.abort(new Error('no longer needed'));
      await connecting;
    },
  };
}

/** Of systems that no identity is asked of: where a server says who it is, that is what counts. */
async function movedMeanwhile(runtime: Runtime): Promise<readonly Failure[]> {
  const {plan} = runtime;
  const hosts = hostsOf(plan, ({kind}) => plan.drivers.get(kind)?.guard.identity === 'none');
  return (await findMoved(runtime, hosts)).moved;
}

/** What waits for the connection sees it only once it is known that no other run works there. */
async function connectLate(runtime: Runtime, connection: PlannedConnection, signal: AbortSignal): Promise<void> {
  const {name} = connection;
  for (;;) {
    await runtime.clock.sleep(pauseMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    const aside: Runtime = {...runtime, sessions: new Map()};
    const {refused} = await identifyServers(aside, [connection]);
    for (const failure of refused) runtime.journal({type: 'trouble', data: {where: 'guard', ...failure}});
    if (refused.length > 0) return;
    const session = aside.sessions.get(name);
    if (session === undefined) continue;
    const locked = await workOn(aside, name, session);
    for (const failure of locked ?? []) runtime.journal({type: 'trouble', data: {where: 'preflight', ...failure}});
    if (locked !== undefined) return leave(runtime, name, session);
    runtime.sessions.set(name, session);
    await endEarlier(runtime, name, session);
    return;
  }
}

/**
 * Ends what earlier processes of the run left alive. Not before what was in doubt is settled: their own tokens are among
 * those that a step was to revoke.
 */
export async function endEarlier(
  {past, interruption, journal}: Runtime,
  name: string,
  session: Session,
): Promise<void> {
  if (session.endEarlier === undefined || past === undefined) return;
  try {
    await session.endEarlier(interruption.giveUp);
    journal({type: 'connection.cleared', data: {connection: name}});
  } catch (error) {
    journal({type: 'trouble', data: {where: `end of what was left on ${name}`, ...failureOf(error)}});
  }
}

/** Nothing is done there: another run does. */
async function leave({interruption, journal}: Runtime, name: string, session: Session): Promise<void> {
  try {
    await session.end?.(interruption.giveUp);
  } catch (error) {
    journal({type: 'trouble', data: {where: endOf(name), ...failureOf(error)}});
  }
  try {
    await session.close();
  } catch (error) {
    journal({type: 'trouble', data: {where: 'clean-up', ...failureOf(error)}});
  }
}

/**
 * The run's own credential there, and its record. What does not work is said, and the rest goes on; but where another run
 * works on the integration, that is returned, and nothing may be done there.
 */
async function workOn(runtime: Runtime, name: string, session: Session): Promise<readonly Failure[] | undefined> {
  const {journal, interruption, plan} = runtime;
  try {
    await beginOn(runtime, name, session);
  } catch (error) {
    if (error instanceof PhaseFailure && error.refused) return error.problems;
    for (const problem of problemsOf(error)) journal({type: 'trouble', data: {where: 'preflight', ...problem}});
  }
  for (const {system, call} of plan.audits.filter(({call: {on}}) => on === name)) {
    try {
      const input = runtime.values.input(call, 1);
      await call.operation.check(input, createContext(runtime, call, interruption.giveUp));
    } catch (error) {
      journal({type: 'trouble', data: {where: `audit source of ${system}`, ...failureOf(error)}});
    }
  }
  return undefined;
}

function problemsOf(error: unknown) {
  return error instanceof PhaseFailure ? error.problems : [failureOf(error)];
}

/** What can be asked without a secret of generation 1: dependents, and what has no credential of a capture or a file. */
async function startProbes(runtime: Runtime): Promise<void> {
  const once = runtime.plan.access.filter(({judged}) => judged === 'once');
  const alone = (access: readonly PlannedAccess[], dependents: Runtime['plan']['dependents']) =>
    runtime.probes.start(runtime, 1, {access, dependents});
  const starts = [
    ...runtime.plan.dependents.map((dependent) => [dependent.name, () => alone([], [dependent])] as const),
    ...once.map((access) => [access.name, () => alone([access], [])] as const),
  ];
  for (const [name, start] of starts) {
    try {
      await start();
    } catch (error) {
      runtime.journal({type: 'trouble', data: {where: `probe ${name}`, ...failureOf(error)}});
    }
  }
}
