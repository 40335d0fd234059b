import {DriverError} from '../../contract/driver-error.ts';
import type {Lack, Need} from '../../contract/operation.ts';
import {findResource, hasNoPolicy, type Resource} from './find-resource.ts';
import {simulation} from './own-rights.ts';
import {isEmulated} from './place.ts';
import {type Decision, type Simulator, simulatePolicy} from './simulate-policy.ts';

/** Who asks, in which account, and whose rights are looked at: the ARN of a user, a role, or a session of one. */
export type Asker = Simulator & {readonly account: string; readonly holder: string};

/**
 * What a user or role lacks by what its policies say, simulated by IAM. That sees no policies of resources and no policy of a
 * session, and not all of a request: what these could turn is not known.
 */
export async function findLacks(needs: readonly Need[], asker: Asker): Promise<readonly Lack[]> {
  if (needs.length === 0) return [];
  const source = sourceOf(asker.holder);
  if (source === undefined) return unknown(needs, `IAM simulates no policies of \`${asker.holder}\``);
  try {
    await simulatePolicy({source, actions: [simulation], resource: source}, asker);
  } catch (error) {
    return unknown(needs, whyNot(error, source, asker));
  }
  const lacks: Lack[] = [];
  for (const need of needs) lacks.push(...(await lacksOf(need, source, asker)));
  return lacks;
}

function unknown(needs: readonly Need[], why: string): readonly Lack[] {
  return needs.map((need) => ({...need, unknown: why}));
}

/** Root has no policies, and a federated user those of its session alone. */
function sourceOf(holder: string): string | undefined {
  const [, partition, account, role] = /^arn:([\w-]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(holder) ?? [];
  if (role !== undefined) return `arn:${partition}:iam::${account}:role/${role}`;
  return /^arn:[\w-]+:iam::\d+:(?:user|role)\//.test(holder) ? holder : undefined;
}

async function lacksOf(need: Need, source: string, asker: Asker): Promise<readonly Lack[]> {
  const resource = await findResource(need.path, source, asker);
  let decisions: ReadonlyMap<string, Decision>;
  try {
    decisions = await simulatePolicy({source, actions: need.capabilities, resource: resource.arn}, asker);
  } catch (error) {
    return unknown([need], whyNot(error, source, asker));
  }
  const denied = need.capabilities.filter((action) => decisions.get(action)?.is !== 'allowed');
  const isPolicyLess = denied.length > 0 && (await hasNoPolicy(resource, asker));
  const byDoubt = Map.groupBy(denied, (action) => doubtOf(decisions.get(action), resource, isPolicyLess));
  return [...byDoubt].map(([doubt, capabilities]) => ({
    path: need.path,
    capabilities,
    ...(doubt === undefined ? {} : {unknown: doubt}),
  }));
}

/** What could allow it all the same; undefined where nothing could. */
function doubtOf(decision: Decision | undefined, resource: Resource, isPolicyLess: boolean): string | undefined {
  if (decision === undefined || decision.is === 'not-told') return 'the simulation does not tell';
  const {is, dependsOn, isDeniedByOrganization} = decision;
  if (dependsOn.length > 0) return `it depends on what the request says of ${dependsOn.join(', ')}`;
  if (isDeniedByOrganization)
    return 'a policy of the organization denies it, whose conditions the simulation may not know';
  if (resource.doubt !== undefined) return resource.doubt;
  if (is === 'implicitDeny' && resource.secret !== undefined && !isPolicyLess)
    return "the secret's own policy may allow it";
  return undefined;
}

function whyNot(error: unknown, source: string, {place, signal}: Asker): string {
  if (!(error instanceof DriverError) || signal.aborted) throw error;
  if (error.code === 'forbidden') return `whoever asks may not ${simulation} on \`${source}\``;
  if (isEmulated(place)) return 'an emulator simulates no policies';
  if (error.detail === 'NoSuchEntity') return `IAM knows no \`${source}\`, and a role may stand under a path`;
  return `IAM did not tell (${error.detail ?? error.code})`;
}
