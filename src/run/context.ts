import type {Session} from '../contract/driver.ts';
import {DriverError} from '../contract/driver-error.ts';
import type {Context} from '../contract/operation.ts';
import type {Facilities} from './facilities.ts';

/** What one operation is given, with its calls to the outside journalled under its name. */
export function createContext(
  facilities: Facilities,
  operation: {readonly uses: string; readonly on: string | undefined},
  signal: AbortSignal,
): Context {
  const {clock, redactor, run, owned, plan} = facilities;
  return {
    signal,
    clock,
    redactor,
    run,
    base: plan.base,
    connection: operation.on === undefined ? undefined : sessionOf(facilities, operation.on),
    own: (kind, id) => owned.add(kind, id),
    owns: (kind, id) => owned.has(kind, id),
    confirm: async (instruction) => {
      const {askPerson} = facilities;
      if (askPerson === undefined) throw nobodyToAsk(instruction);
      const startedAt = clock.now();
      const by = await askPerson(instruction, signal);
      const at = clock.now();
      const data = {operation: operation.uses, instruction, by, tookMs: Math.round(at - startedAt), at};
      facilities.journal({type: 'manual.confirmed', data});
    },
    draining: (what, until) =>
      facilities.journal({type: 'draining', data: {operation: operation.uses, what, until, at: clock.now()}}),
    call: async (name, fn) => {
      const startedAt = clock.now();
      const finish = (outcome: string): void =>
        facilities.journal({
          type: 'call',
          data: {operation: operation.uses, call: name, ms: Math.round((clock.now() - startedAt) * 100) / 100, outcome},
        });
      try {
        const result = await fn();
        finish('ok');
        return result;
      } catch (error) {
        finish(failureOf(error).code);
        throw error;
      }
    },
  };
}

function nobodyToAsk(instruction: string): DriverError {
  return new DriverError(`Expected a terminal to ask a person on, and there is none. To do by hand: ${instruction}`, {
    code: 'conflict',
    detail: 'nobody-to-ask',
  });
}

/** Only a server that said who it is has one: whoever brings things back begins without those that do not answer. */
function sessionOf({sessions}: Facilities, connection: string): Session {
  const session = sessions.get(connection);
  if (session !== undefined) return session;
  throw new DriverError(
    `Expected connection \`${connection}\` to be open, and its server has not answered. Start it, or correct its address.`,
    {code: 'unreachable', detail: 'not-connected'},
  );
}

/** What is kept of an error: a code and a message. Never a stack, never a cause: both may hold what was sent. */
export function failureOf(error: unknown): {code: string; message: string} {
  if (error instanceof DriverError) {
    const code = error.detail === undefined ? error.code : `${error.code}:${error.detail}`;
    return {code, message: error.message};
  }
  if (error instanceof Error) return {code: error.name === 'AbortError' ? 'aborted' : 'error', message: error.message};
  return {code: 'error', message: 'Something was thrown that is no error.'};
}
