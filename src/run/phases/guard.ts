import type {Session} from '../../contract/driver.ts';
import type {GuardEntry, Target} from '../../contract/target.ts';
import type {Failure} from '../../journal/entries.ts';
import type {PlannedConnection} from '../../plan/plan.ts';
import {failureOf} from '../context.ts';
import {PhaseFailure} from '../phase-failure.ts';
import type {Runtime} from '../runtime.ts';

/** Opens every connection and asks each server who it is. Nothing else is called before all have answered as the guard expects. */
export async function guardTargets(runtime: Runtime): Promise<void> {
  const {refused, unable} = await identifyServers(runtime);
  if (refused.length > 0) throw new PhaseFailure(refused, {refused: true});
  if (unable.length > 0) throw new PhaseFailure(unable);
}

/** Only servers that said who they are, as the guard expects, are among the runtime's sessions afterwards. */
export async function identifyServers(
  runtime: Runtime,
  connections: readonly PlannedConnection[] = runtime.plan.connections,
): Promise<{readonly refused: readonly Failure[]; readonly unable: readonly Failure[]}> {
  const unable: Failure[] = [];
  const refused: Failure[] = [];
  for (const planned of connections) {
    let session: Session | undefined;
    try {
      session = await openConnection(runtime, planned);
      const problem = await compareIdentity(runtime, planned, session);
      if (problem === undefined) runtime.sessions.set(planned.name, session);
      else refused.push(problem);
    } catch (error) {
      const {code, message} = failureOf(error);
      unable.push({code, message: `Connection \`${planned.name}\`: ${message}`});
    }
    if (!runtime.sessions.has(planned.name)) await session?.close().catch(() => undefined);
  }
  return {refused, unable};
}

async function openConnection(runtime: Runtime, planned: PlannedConnection): Promise<Session> {
  const {clock, redactor, run, owned, plan, interruption} = runtime;
  const call = {uses: `connection ${planned.name}`, operation: planned.connection, template: planned.template};
  const input = runtime.values.input(
    {...call, driver: planned.driver.name, on: undefined, targets: planned.targets},
    1,
  );
  return planned.connection.open(input, {
    signal: interruption.giveUp,
    clock,
    redactor,
    run,
    base: plan.base,
    own: (kind, id) => owned.add(kind, id),
    owns: (kind, id) => owned.has(kind, id),
    owned: (kind) => owned.all(kind),
  });
}

async function compareIdentity(
  runtime: Runtime,
  planned: PlannedConnection,
  session: Session,
): Promise<Failure | undefined> {
  const identity = await session.identify(runtime.interruption.forward);
  const expected = planned.targets.flatMap((target) => expectedClusters(runtime.plan.guard, planned, target));
  if (expected.length === 0) return undefined;
  const found = identity.cluster;
  if (found === undefined) {
    throw new Error(
      `expected the server to say that it is \`${expected.join('` or `')}\`, and it says nothing. Is it sealed, or has it no cluster name?`,
    );
  }
  runtime.journal({
    type: 'guard.identified',
    data: {
      connection: planned.name,
      expected: expected.join(' or '),
      found,
      product: identity.product ?? '',
      version: identity.version ?? '',
    },
  });
  if (expected.includes(found)) return undefined;
  return {
    code: 'guard-identity',
    message: `Connection \`${planned.name}\`: expected the server at ${addressOf(planned)} to be \`${expected.join('` or `')}\`, and it says it is \`${found}\`. Nothing was touched. Check the address, and what stands in \`guard.allow\`.`,
  };
}

function expectedClusters(guard: readonly GuardEntry[], planned: PlannedConnection, target: Target): readonly string[] {
  return guard
    .filter((entry) => entry.kind === target.kind && planned.driver.guard.covers(entry, target))
    .flatMap(({cluster}) => (cluster === undefined ? [] : [cluster]));
}

function addressOf({targets}: PlannedConnection): string {
  return targets.map(({address}) => (typeof address === 'string' ? address : address.join(' '))).join(', ');
}
