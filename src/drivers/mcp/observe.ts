import type {Observation} from '../../contract/observation.ts';
import type {Context} from '../../contract/operation.ts';
import {ask} from './ask.ts';
import type {Client} from './client-fields.ts';
import {judgeSilence} from './judge-answer.ts';
import type {Asked, Question} from './question.ts';
import type {McpSession} from './session.ts';

/** Asks once, and remembers the era that it found. */
export async function askAs(
  {token, era: wanted}: Client,
  question: Question,
  {connection: session, signal}: Pick<Context<McpSession>, 'connection' | 'signal'>,
): Promise<Asked> {
  const endpoint = {...session.endpoint, ...(token === undefined ? {} : {token})};
  const asked = await ask(endpoint, wanted === 'auto' ? session.era : wanted, question, signal);
  if (wanted === 'auto' && asked.era !== undefined) session.era = asked.era;
  return asked;
}

/** One sample: what the server answered, as `judge` sees it, or that it did not. */
export async function observe(
  client: Client,
  question: Question,
  ctx: Pick<Context<McpSession>, 'connection' | 'signal'>,
  judge: (asked: Asked) => Observation,
): Promise<Observation> {
  const era = client.era === 'auto' ? ctx.connection.era : client.era;
  try {
    return judge(await askAs(client, question, ctx));
  } catch (error) {
    return judgeSilence(error, era, ctx.connection.endpoint.tls?.cert !== undefined);
  }
}
