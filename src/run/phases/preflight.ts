import {largestSkewMs} from '../../contract/clock.ts';
import type {Session} from '../../contract/driver.ts';
import type {Lack, Need} from '../../contract/operation.ts';
import type {Failure} from '../../journal/entries.ts';
import {knownInput} from '../../plan/known-input.ts';
import type {Plan} from '../../plan/plan.ts';
import {rightsNeeded} from '../../plan/rights-needed.ts';
import {renderDuration} from '../../util/duration.ts';
import {endByHand} from '../by-hand.ts';
import {createContext, failureOf} from '../context.ts';
import {PhaseFailure} from '../phase-failure.ts';
import type {Runtime} from '../runtime.ts';

/** Permissions, clocks, the run's own credential, and audit sources that grow: all that can be known before a change. */
export async function preflight(runtime: Runtime): Promise<void> {
  const problems: Failure[] = [];
  const unknown = new Map<string, readonly Need[]>();
  for (const [name, session] of runtime.sessions) {
    const checked = await checkConnection(runtime, name, session);
    problems.push(...checked.problems);
    unknown.set(name, checked.unknown);
  }
  if (problems.length > 0) throw new PhaseFailure(problems);
  for (const [name, session] of runtime.sessions) {
    await beginOn(runtime, name, session);
    problems.push(...(await askAgain(runtime, name, session, unknown.get(name) ?? [])));
  }
  if (problems.length > 0) throw new PhaseFailure(problems);
  for (const {system, call} of runtime.plan.audits) {
    const input = runtime.values.input(call, 1);
    try {
      await call.operation.check(input, createContext(runtime, call, runtime.interruption.forward));
    } catch (error) {
      const {code, message} = failureOf(error);
      problems.push({code, message: `Audit source of \`${system}\`: ${message}`});
    }
  }
  if (problems.length > 0) throw new PhaseFailure(problems);
}

type Checked = {readonly problems: readonly Failure[]; readonly unknown: readonly Need[]};

async function checkConnection(runtime: Runtime, name: string, session: Session): Promise<Checked> {
  const {forward} = runtime.interruption;
  const needs = needsOn(runtime.plan, name);
  try {
    const lacks = (await session.missing?.(needs, forward)) ?? [];
    const serverTime = await session.serverTime?.(forward);
    const skewMs = serverTime === undefined ? undefined : Math.round(serverTime - runtime.clock.now());
    runtime.journal({
      type: 'preflight.checked',
      data: {connection: name, needs: needs.length, ...(skewMs === undefined ? {} : {skewMs})},
    });
    const problems = [
      ...lacks.filter(isMissing).map((lack) => describeMissing(name, lack)),
      ...(skewMs !== undefined && Math.abs(skewMs) > largestSkewMs
        ? [
            {
              code: 'clock-skew',
              message: `Connection \`${name}\`: its clock differs from this machine's by ${renderDuration(Math.abs(skewMs))}; expected at most ${renderDuration(largestSkewMs)}. Synchronise them.`,
            },
          ]
        : []),
    ];
    return {problems, unknown: lacks.filter((lack) => !isMissing(lack))};
  } catch (error) {
    const {code, message} = failureOf(error);
    return {problems: [{code, message: `Connection \`${name}\`: ${message}`}], unknown: []};
  }
}

/** The run's own credential may be told what the operator's was not. What nobody can tell ends no run, and is said. */
async function askAgain(
  runtime: Runtime,
  name: string,
  session: Session,
  unknown: readonly Need[],
): Promise<readonly Failure[]> {
  if (unknown.length === 0) return [];
  try {
    const lacks = (await session.missing?.(unknown, runtime.interruption.forward)) ?? [];
    const why = [...new Set(lacks.flatMap((lack) => lack.unknown ?? []))];
    const needs = lacks.filter((lack) => !isMissing(lack)).length;
    if (needs > 0) runtime.journal({type: 'rights.unknown', data: {connection: name, needs, why}});
    return lacks.filter(isMissing).map((lack) => describeMissing(name, lack));
  } catch (error) {
    const {code, message} = failureOf(error);
    return [{code, message: `Connection \`${name}\`: ${message}`}];
  }
}

function isMissing({unknown}: Lack): boolean {
  return unknown === undefined;
}

function describeMissing(name: string, {path, capabilities}: Need): Failure {
  return {
    code: 'permission',
    message: `Connection \`${name}\`: expected its credential to have ${capabilities.join(', ')} on \`${path}\`, and it has not. Grant it, and run again.`,
  };
}

/** The run's own credential on one connection; what earlier processes of the run left of theirs ends with that. */
export async function beginOn(runtime: Runtime, name: string, session: Session): Promise<void> {
  if (session.begin === undefined) return;
  const {maxDurationMs, past, takesOver} = runtime;
  const earlier = past === undefined ? {} : {earlier: past.begun.get(name) ?? []};
  runtime.begun.add(name);
  try {
    const facts = await session.begin({maxDurationMs, takesOver, ...earlier}, runtime.interruption.forward);
    const left = endByHand(runtime.plan, name, facts);
    runtime.journal({
      type: 'connection.began',
      data: {connection: name, facts, ...(left === undefined ? {} : {left})},
    });
    await session.mark?.(runtime.phase, runtime.interruption.forward);
  } catch (error) {
    const {code, message} = failureOf(error);
    const refused = code === 'conflict:locked';
    const problem = {code: refused ? 'unfinished-run' : code, message: `Connection \`${name}\`: ${message}`};
    throw new PhaseFailure([problem], {refused});
  }
}

/** What all operations together and the connection itself need, but for what a run can do without. */
function needsOn(plan: Plan, name: string): readonly Need[] {
  const asked = rightsNeeded(plan, name);
  const connection = plan.connections.find((planned) => planned.name === name);
  const policy = connection?.driver.policy;
  if (connection === undefined || policy === undefined) return asked;
  const all = policy.complete(asked, knownInput(connection.connection.input, connection.template));
  return all.filter(({without}) => without === undefined);
}
