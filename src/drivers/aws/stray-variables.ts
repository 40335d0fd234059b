import type {PlannedPlaces, StrayVariable} from '../../contract/driver.ts';
import type {Target} from '../../contract/target.ts';
import {strayProxies} from '../stray-proxies.ts';
import {endpointOf} from './place.ts';

const asWhom =
  /^AWS_(?:(?:DEFAULT_)?PROFILE|CONFIG_FILE|SHARED_CREDENTIALS_FILE|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|ROLE_ARN|WEB_IDENTITY_TOKEN_FILE)$/;

/** What the SDK and the programs of AWS read, where it is not what the drill works on, or as whom. */
export function strayVariables(
  variables: Readonly<Record<string, string>>,
  {targets, connections}: PlannedPlaces,
): readonly StrayVariable[] {
  const set = Object.entries(variables).filter(([, value]) => value !== '');
  const endpoints = textsIn(connections, 'endpoint');
  const regions = textsIn(connections, 'region');
  const strays = set.flatMap(([name, value]): readonly StrayVariable[] => {
    if (/^AWS_ENDPOINT_URL(?:_\w+)?$/.test(name)) {
      const expected =
        endpoints.length === 0 ? 'be unset: the drill works on AWS itself' : `be ${endpoints.join(' or ')}`;
      return endpoints.includes(value.replace(/\/$/, '')) ? [] : [{name, expected, found: 'another place'}];
    }
    if (/^AWS_(?:DEFAULT_)?REGION$/.test(name)) {
      return regions.includes(value) ? [] : [{name, expected: `be ${regions.join(' or ')}`, found: `\`${value}\``}];
    }
    return asWhom.test(name) ? [{name, expected: 'be a credential that the drill names', found: 'another one'}] : [];
  });
  return [...strays, ...strayProxies(variables, targets.flatMap(urlsOf))];
}

/** All that the driver would ask there. */
function urlsOf({kind, address}: Target): readonly Target[] {
  if (typeof address !== 'string' || URL.canParse(address)) return [{kind, address}];
  const services = ['secretsmanager', 'iam', 'sts', 'cloudtrail'] as const;
  return services.map((service) => ({kind, address: endpointOf({region: address}, service).url}));
}

function textsIn(connections: readonly unknown[], key: string): readonly string[] {
  return connections.flatMap((input) => {
    const value: unknown = Object(input)[key];
    return typeof value === 'string' ? [value] : [];
  });
}
