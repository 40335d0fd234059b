import type {Clock} from '../../contract/clock.ts';
import {DriverError} from '../../contract/driver-error.ts';
import type {AwsClient} from './client.ts';
import {endpointOf, type Place} from './place.ts';

export type Simulator = {
  readonly client: AwsClient;
  readonly place: Place;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/** What policies say of one action. `dependsOn`: keys of a request that they ask for, and that the simulation was not given. */
export type Decision = {
  readonly is: 'allowed' | 'implicitDeny' | 'explicitDeny' | 'not-told';
  readonly dependsOn: readonly string[];
  /** Of the service control policies; their conditions are not among `dependsOn`. */
  readonly isDeniedByOrganization: boolean;
};

type Asked = {readonly source: string; readonly actions: readonly string[]; readonly resource: string};

const attempts = 4;
const firstPauseMs = 500;

/** By action. One resource at a time: what is told of several together is the worst of them. */
export async function simulatePolicy(asked: Asked, simulator: Simulator): Promise<ReadonlyMap<string, Decision>> {
  const decisions = new Map<string, Decision>();
  let marker: string | undefined;
  do {
    const page = await askPage(asked, marker, simulator);
    for (const result of page.EvaluationResults ?? []) decisions.set(result.EvalActionName ?? '', readDecision(result));
    marker = page.IsTruncated === true ? page.Marker : undefined;
  } while (marker !== undefined);
  return decisions;
}

async function askPage({source, actions, resource}: Asked, marker: string | undefined, simulator: Simulator) {
  const {client, place, clock, signal} = simulator;
  const service = actions.every((action) => action.startsWith('iam:')) ? 'iam' : 'sts';
  const request = {
    PolicySourceArn: source,
    ActionNames: [...actions],
    ResourceArns: [resource],
    // Organizations often bind what may be done to regions, and do not say that they do.
    ContextEntries: [
      contextOf('aws:RequestedRegion', endpointOf({region: place.region}, service).signedFor, 'string'),
      contextOf('aws:SecureTransport', 'true', 'boolean'),
    ],
    ...(marker === undefined ? {} : {Marker: marker}),
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await client.iam(
        'SimulatePrincipalPolicy',
        (api, options) => api.simulatePrincipalPolicy(request, options),
        signal,
      );
    } catch (error) {
      const isTooOften = error instanceof DriverError && error.code === 'rate-limited';
      if (!isTooOften || attempt === attempts) throw error;
      await clock.sleep(firstPauseMs * 2 ** (attempt - 1), signal);
    }
  }
}

function contextOf(name: string, value: string, type: 'string' | 'boolean') {
  return {ContextKeyName: name, ContextKeyValues: [value], ContextKeyType: type};
}

type Result = {
  readonly EvalDecision?: string | undefined;
  readonly MissingContextValues?: readonly string[] | undefined;
  readonly OrganizationsDecisionDetail?: {readonly AllowedByOrganizations?: boolean | undefined} | undefined;
  readonly ResourceSpecificResults?:
    | readonly {
        readonly MissingContextValues?: readonly string[] | undefined;
      }[]
    | undefined;
};

/** Keys that are missing stand with the resource, or where all were asked for with the action. */
function readDecision(result: Result): Decision {
  const said = result.EvalDecision;
  const missing = [result, ...(result.ResourceSpecificResults ?? [])].flatMap(
    ({MissingContextValues = []}) => MissingContextValues,
  );
  return {
    is: said === 'allowed' || said === 'implicitDeny' || said === 'explicitDeny' ? said : 'not-told',
    dependsOn: [...new Set(missing)].sort(),
    isDeniedByOrganization: result.OrganizationsDecisionDetail?.AllowedByOrganizations === false,
  };
}
