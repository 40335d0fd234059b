import path from 'node:path';
import {region, secrets} from './aws-account.ts';
import {isHealthyAt, runApp} from './run-app.ts';
import {type AwsState, awsAddressesOf} from './state.ts';

export const awsAppNames = ['billing-api', 'billing-mcp', 'reporting'] as const;
export type AwsAppName = (typeof awsAppNames)[number];

/** Starts one app, and returns when it is healthy. Nothing happens when it runs already. */
export async function startAwsApp(state: AwsState, name: AwsAppName): Promise<void> {
  const addresses = awsAddressesOf(state);
  await runApp(state, {
    name,
    port: state.ports[name],
    env:
      name === 'billing-api'
        ? {LAB_KEYS: path.join(state.data, name)}
        : {
            LAB_AWS: addresses.aws,
            LAB_REGION: region,
            LAB_CREDENTIALS: path.join(state.data, name),
            LAB_SECRET: secrets[name],
            LAB_BILLING_API: addresses['billing-api'],
          },
  });
}

export async function isAwsAppHealthy({ports}: AwsState, name: AwsAppName): Promise<boolean> {
  return isHealthyAt(ports[name]);
}
