import {largestSkewMs} from '../../contract/clock.ts';
import {DriverError} from '../../contract/driver-error.ts';
import type {Context} from '../../contract/operation.ts';
import {shellWord} from '../shell-quote.ts';
import type {AccessKey} from './access-keys.ts';
import type {AwsSession} from './session.ts';
import {spreadMs} from './spread.ts';

type Ctx = Context<AwsSession>;

/** Nothing was made where AWS said no. */
const definite = ['forbidden', 'unauthenticated', 'not-found', 'conflict', 'rate-limited', 'rejected'];

/**
 * Asks for a key of a user, with the question on record before it is asked: where no answer came, by a time limit or by the
 * end of this process, a key may be there of which nobody has the secret.
 */
export async function askForKey<Answer>(user: string, ctx: Ctx, ask: () => Promise<Answer>): Promise<Answer> {
  const question = `${user} ${new Date(ctx.clock.now()).toISOString()}`;
  ctx.own('key-asked', question);
  try {
    const answer = await ask();
    ctx.own('key-answered', question);
    return answer;
  } catch (error) {
    if (error instanceof DriverError && definite.includes(error.code)) ctx.own('key-answered', question);
    throw error;
  }
}

/** With the file that it is for: another step may issue one for another file. */
export function ownKeyFor(id: string, file: string): string {
  return `${id} for ${file}`;
}

/** Keys that were there before the run asked for one are nobody's answer. */
export function noteKeys(user: string, keys: readonly AccessKey[], ctx: Ctx): void {
  if (!ctx.owns('keys-noted', user)) for (const {id} of keys) ctx.own('key-before', id);
  ctx.own('keys-noted', user);
}

/**
 * A key that may be the answer to a question of the run that was not answered may be a person's as well: AWS tells when it
 * was made, and not by whom. So nothing is done with it, and a person is asked to look.
 */
export function refuseUnknownKey(user: string, keys: readonly AccessKey[], ctx: Ctx): void {
  const open = ctx.connection
    .owned('key-asked')
    .filter((question) => question.startsWith(`${user} `) && !ctx.owns('key-answered', question))
    .map((question) => Date.parse(question.slice(user.length + 1)));
  const unknown = keys.find(
    ({id, createdAt}) =>
      !ctx.owns('key-before', id) && !isOwn(id, ctx) && open.some((askedAt) => mayAnswer(askedAt, createdAt)),
  );
  if (unknown === undefined) return;
  const {id, createdAt = 'a time that AWS does not tell'} = unknown;
  throw new DriverError(
    `Expected to know every access key of user \`${user}\`, found \`${id}\`, made at ${createdAt}: a question of the run for a key was not answered then, so that it may be the run's, and nobody has its secret. Find out who made it. Where nobody did, delete it with \`aws iam delete-access-key --user-name ${shellWord(user)} --access-key-id ${shellWord(id)}\`, and go on with \`offdrill resume\`.`,
    {code: 'conflict', detail: 'unknown-key'},
  );
}

function isOwn(id: string, {connection}: Ctx): boolean {
  return connection.owned('access-key').some((key) => key.startsWith(`${id} `));
}

/** By AWS's clock and this machine's, which may differ. */
function mayAnswer(askedAt: number, createdAt: string | undefined): boolean {
  if (createdAt === undefined) return true;
  const at = Date.parse(createdAt);
  return at >= askedAt - largestSkewMs && at <= askedAt + spreadMs + largestSkewMs;
}
