import {DriverError} from '../../contract/driver-error.ts';
import type {Observation} from '../../contract/observation.ts';
import type {Context, Need} from '../../contract/operation.ts';
import {statusOf} from './access-keys.ts';
import {backedOff} from './backed-off.ts';
import type {AwsClient} from './client.ts';
import {isFailure, observeRefusal} from './failure.ts';
import type {AwsSession} from './session.ts';

/** Whose key it is, only its own answer tells. */
export const keyNeed: Need = {path: 'iam/user/*', capabilities: ['iam:ListAccessKeys']};

/** Asks with a credential of the integration's. A key that is refused and not gone is disarmed: AWS refuses both in one way. */
export async function observeAs(
  credentials: string,
  ctx: Context<AwsSession>,
  ask: (client: AwsClient) => Promise<unknown>,
  read: (error: unknown) => Promise<Observation> | Observation = observeRefusal,
): Promise<Observation> {
  try {
    await backedOff(async () => ask(await ctx.connection.as(credentials, ctx.signal)), ctx);
    return {state: 'allowed', code: '200'};
  } catch (error) {
    const observation = await read(error);
    return observation.code === 'InvalidClientTokenId'
      ? {...observation, ...(await whatIsLeft(credentials, ctx))}
      : observation;
  }
}

/** Nothing, where the key is gone, or was a session's. One that is inactive can be made active again, and so may one of which nobody can tell. */
async function whatIsLeft(credentials: string, ctx: Context<AwsSession>): Promise<Pick<Observation, 'surface'>> {
  const holder = ctx.connection.holderOf(credentials);
  if (holder === undefined) return {surface: 'disarmed'};
  const user = /:user\/(?:.*\/)?([^/]+)$/.exec(holder.arn)?.[1];
  if (user === undefined) return {};
  try {
    return (await statusOf({user, id: holder.key}, ctx)) === undefined ? {} : {surface: 'disarmed'};
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    return isFailure(error, 'NoSuchEntity') ? {} : {surface: 'disarmed'};
  }
}
