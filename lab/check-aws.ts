import {awsAppNames, isAwsAppHealthy} from './aws-apps.ts';
import {answersToolCall} from './check-lab.ts';
import {type Check, problemsOf} from './checks.ts';
import {type AwsState, awsAddressesOf} from './state.ts';

/** What is not as it should be, a sentence each; nothing when everything is whole. */
export async function checkAws(state: AwsState): Promise<readonly string[]> {
  const addresses = awsAddressesOf(state);
  const answers = async (url: string): Promise<boolean> =>
    (await fetch(url, {signal: AbortSignal.timeout(3000)})).status === 200;
  const checks: readonly Check[] = [
    ['moto is up', () => answers(`${addresses.aws}/moto-api/data.json`)],
    ...awsAppNames.map((name) => [`${name} is healthy`, () => isAwsAppHealthy(state, name)] as const),
    [
      'billing-mcp answers a tool call on live credentials',
      () => answersToolCall(addresses['billing-mcp'], 'list_invoices'),
    ],
    ['reporting reads its secret', () => answers(`${addresses.reporting}/report`)],
  ];
  return problemsOf(checks);
}
