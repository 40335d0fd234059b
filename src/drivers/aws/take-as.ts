import {DriverError} from '../../contract/driver-error.ts';
import type {Context} from '../../contract/operation.ts';
import type {AwsClient} from './client.ts';
import {isFailure} from './failure.ts';
import type {AwsSession} from './session.ts';

/**
 * What a capture asks with the integration's credential. A refusal may pass: a key or a right that was given just now is not
 * known to all of AWS at once. Nobody is locked out for asking again.
 */
export async function takeAs<Answer>(
  credentials: string,
  ctx: Context<AwsSession>,
  ask: (client: AwsClient) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await ask(await ctx.call('whose', () => ctx.connection.as(credentials, ctx.signal)));
  } catch (error) {
    if (!isFailure(error, 'InvalidClientTokenId') && !isFailure(error, 'AccessDenied')) throw error;
    const {message, code, detail} = error;
    throw new DriverError(message, {code, retryable: true, cause: error, ...(detail === undefined ? {} : {detail})});
  }
}
