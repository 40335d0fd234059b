import {createConnection} from 'node:net';
import * as z from 'zod';
import {err, ok, type Result} from '../util/result.ts';
import {type Declaration, declarationSchema, placeIn} from './intervention-door.ts';
import {findRun} from './list-runs.ts';

const answerWithinMs = 10_000;

/**
 * Puts on record that somebody helped while a run goes on: it fails then, and says who and why. The value is the run's name.
 * An error says what to do where no such run goes on.
 */
export async function declareIntervention(
  declaration: Declaration,
  where: {readonly stateDir: string; readonly run: string},
): Promise<Result<string, string>> {
  const checked = declarationSchema.safeParse(declaration);
  if (!checked.success) return err('Expected a name (1 to 200 characters) and a reason (1 to 2000 characters).');
  const {stateDir} = where;
  const found = await findRun(stateDir, where.run);
  if (found === undefined) {
    return err(`Expected a run \`${where.run}\` in \`${stateDir}\`, and there is none. \`offdrill list\` shows them.`);
  }
  const {run, folder, result} = found;
  const ended = `Expected \`${run}\` to go on, and it does not. What was done by hand can be declared only while a run goes on.`;
  if (result !== undefined) return err(ended);
  const place = await placeIn(folder);
  try {
    const {refused} = await ask(place.name, checked.data);
    return refused === undefined ? ok(run) : err(refused);
  } catch {
    return err(ended);
  } finally {
    await place.close();
  }
}

const answerSchema = z.object({refused: z.string().optional()});

async function ask(name: string, declaration: Declaration): Promise<z.infer<typeof answerSchema>> {
  const said = await new Promise<string>((resolve, reject) => {
    const socket = createConnection(name);
    let text = '';
    socket.setEncoding('utf8').setTimeout(answerWithinMs, () => socket.destroy(new Error('no answer')));
    socket.on('connect', () => socket.write(`${JSON.stringify(declaration)}\n`));
    socket.on('data', (piece) => {
      text += piece;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
  return answerSchema.parse(JSON.parse(said));
}
