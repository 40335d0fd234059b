import type {AwsClient} from './client.ts';

/** Whose credential it is, as AWS says. */
export type Caller = {readonly account: string; readonly arn: string; readonly requestId: string};

/** Answered even where everything is forbidden: it tells whose key it is, and not what it may do. */
export async function callerOf(client: AwsClient, signal: AbortSignal): Promise<Caller> {
  const answer = await client.sts('GetCallerIdentity', (api, options) => api.getCallerIdentity({}, options), signal);
  return {account: answer.Account ?? '', arn: answer.Arn ?? '', requestId: answer.$metadata.requestId ?? ''};
}
