import type {Session} from '../../contract/driver.ts';
import type {Identity} from '../../contract/target.ts';
import type {Failure} from '../../journal/entries.ts';
import {expectedIdentities} from '../../plan/expected-identities.ts';
import type {PlannedConnection} from '../../plan/plan.ts';
import {failureOf} from '../context.ts';
import {resolveHosts} from '../hosts.ts';
import {PhaseFailure} from '../phase-failure.ts';
import type {Runtime} from '../runtime.ts';

/**
 * Notes where each host name leads, opens every connection and asks each server who it is. Nothing else is called before all
 * have answered as the guard expects.
 */
export async function guardTargets(runtime: Runtime): Promise<void> {
  const unresolved = await resolveHosts(runtime);
  if (unresolved.length > 0) throw new PhaseFailure(unresolved);
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
    ownedEarlier: (kind) => owned.ofEarlier(kind),
  });
}

async function compareIdentity(
  runtime: Runtime,
  planned: PlannedConnection,
  session: Session,
): Promise<Failure | undefined> {
  const asked = await askWho(runtime, planned, session);
  if (asked === undefined) return undefined;
  const {expected, found, identity} = asked;
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
  return asked.problem;
}

/** Who the server says it is, and what is wrong with that; undefined where the guard expects nobody. */
export async function askWho(
  {plan, interruption}: Pick<Runtime, 'plan' | 'interruption'>,
  planned: PlannedConnection,
  session: Session,
): Promise<
  | {
      readonly expected: readonly string[];
      readonly found: string;
      readonly identity: Identity;
      readonly problem?: Failure;
    }
  | undefined
> {
  const identity = await session.identify(interruption.forward);
  const expected = expectedIdentities(plan.guard, planned);
  if (expected.length === 0) return undefined;
  const found = identity.cluster;
  if (found === undefined) {
    throw new Error(
      `expected the server to say that it is \`${expected.join('` or `')}\`, and it says nothing. Is it sealed, or has it no cluster name?`,
    );
  }
  if (expected.includes(found)) return {expected, found, identity};
  const problem = {
    code: 'guard-identity',
    message: `Connection \`${planned.name}\`: expected the server at ${addressOf(planned)} to be \`${expected.join('` or `')}\`, and it says it is \`${found}\`. Nothing was touched. Check the address, and what stands in \`guard.allow\`.`,
  };
  return {expected, found, identity, problem};
}

function addressOf({targets}: PlannedConnection): string {
  return targets.map(({address}) => (typeof address === 'string' ? address : address.join(' '))).join(', ');
}
