import type {PlannedAccess} from '../plan/plan.ts';
import {createContext, failureOf} from './context.ts';
import {PhaseFailure} from './phase-failure.ts';
import {identifyServers} from './phases/guard.ts';
import {beginOn} from './phases/preflight.ts';
import type {Runtime} from './runtime.ts';

/**
 * Opens every connection for what brings things back: only a server that is another one than the guard expects stops it.
 * One that does not answer is left out, and what needs it fails by itself. False where it was stopped.
 */
export async function reconnect(runtime: Runtime): Promise<boolean> {
  const {journal, interruption} = runtime;
  const {refused, unable} = await identifyServers(runtime);
  if (refused.length > 0 || interruption.forward.aborted) {
    const interrupted = {code: 'interrupted', message: 'Interrupted before anything was changed.'};
    journal({
      type: 'resume.failed',
      data: {refused: refused.length > 0, problems: refused.length > 0 ? refused : [interrupted]},
    });
    return false;
  }
  for (const failure of unable) journal({type: 'trouble', data: {where: 'guard', ...failure}});
  for (const [name, session] of runtime.sessions) {
    try {
      await beginOn(runtime, name, session);
    } catch (error) {
      for (const problem of problemsOf(error)) journal({type: 'trouble', data: {where: 'preflight', ...problem}});
    }
    try {
      await session.endEarlier?.(interruption.giveUp);
      journal({type: 'connection.cleared', data: {connection: name}});
    } catch (error) {
      journal({type: 'trouble', data: {where: `end of what was left on ${name}`, ...failureOf(error)}});
    }
  }
  if (runtime.past?.changed === false) return true;
  await checkAudits(runtime);
  await startProbes(runtime);
  return true;
}

function problemsOf(error: unknown) {
  return error instanceof PhaseFailure ? error.problems : [failureOf(error)];
}

async function checkAudits(runtime: Runtime): Promise<void> {
  for (const {system, call} of runtime.plan.audits) {
    try {
      const input = runtime.values.input(call, 1);
      await call.operation.check(input, createContext(runtime, call, runtime.interruption.giveUp));
    } catch (error) {
      runtime.journal({type: 'trouble', data: {where: `audit source of ${system}`, ...failureOf(error)}});
    }
  }
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
