import type {Action, ByHandPlace} from '../contract/operation.ts';
import {expectedIdentities} from '../plan/expected-identities.ts';
import {knownInput} from '../plan/known-input.ts';
import type {Plan, PlannedCall, PlannedConnection} from '../plan/plan.ts';

/**
 * What a person has to do instead of an action. Where the driver knows it as lines for a shell, a sentence that ends in a
 * colon stands before them on a line of its own, and a remark after them, so that nothing that is put behind it becomes
 * part of a command; else it is exactly what the action would have been given. Holds no secret.
 */
export function byHand(
  plan: Pick<Plan, 'base' | 'connections' | 'guard' | 'steps'>,
  call: PlannedCall<Action>,
  made: PlannedCall<Action>['template'],
): string {
  const {operation, on, uses} = call;
  const connection = plan.connections.find(({name}) => name === on);
  const lines = operation.byHand?.(knownInput(operation.input, made), placeOf(plan, connection));
  const check = describeCheck(plan, call);
  if (lines === undefined) {
    return `do what \`${uses}\`${describeConnection(on)} does, with ${JSON.stringify(made)}, and see that ${check ?? 'it worked'}`;
  }
  const then = check === undefined ? '' : `, and see that ${check}`;
  return inShell(`run this in a POSIX shell${then}`, lines);
}

/** The same for the run's own credential on a connection, known by its facts; undefined where the driver does not say how. */
export function endByHand(
  plan: Pick<Plan, 'base' | 'connections' | 'guard'>,
  name: string,
  facts: Readonly<Record<string, string>>,
): string | undefined {
  const connection = plan.connections.find((planned) => planned.name === name);
  const lines = connection?.connection.endByHand?.(facts, placeOf(plan, connection));
  return lines === undefined ? undefined : inShell("revoke the run's own credential, in a POSIX shell", lines);
}

function placeOf({base, guard}: Pick<Plan, 'base' | 'guard'>, connection: PlannedConnection | undefined): ByHandPlace {
  if (connection === undefined) return {connection, base};
  const expected = expectedIdentities(guard, connection);
  const known = knownInput(connection.connection.input, connection.template);
  return {connection: known, base, ...(expected.length === 0 ? {} : {expected})};
}

function inShell(sentence: string, lines: readonly string[]): string {
  return [`${sentence}:`, ...lines, '# It says Done at its end, or stops at what failed.'].join('\n');
}

/** How the drill itself would see that this rollback worked, where it says so. */
function describeCheck({steps}: Pick<Plan, 'steps'>, call: PlannedCall<Action>): string | undefined {
  const rollback = steps.find((step) => step.rollback.kind !== 'none' && step.rollback.call === call)?.rollback;
  const check = rollback?.kind === 'given' ? rollback.check : undefined;
  if (check === undefined) return undefined;
  const {uses, on, template} = check.call;
  return `\`${uses}\`${describeConnection(on)}, with ${JSON.stringify(template)}, is ${check.expect.join(' or ')}`;
}

function describeConnection(on: string | undefined): string {
  return on === undefined ? '' : ` on connection \`${on}\``;
}
