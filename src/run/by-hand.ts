import type {Action} from '../contract/operation.ts';
import {knownInput} from '../plan/known-input.ts';
import type {Plan, PlannedCall} from '../plan/plan.ts';

/** What a person has to do instead of an action: as lines for a shell where the driver knows them, else exactly what it would have been given. Holds no secret. */
export function byHand(
  plan: Pick<Plan, 'base' | 'connections'>,
  call: PlannedCall<Action>,
  made: PlannedCall<Action>['template'],
): string {
  const {operation, on, uses} = call;
  const connection = plan.connections.find(({name}) => name === on);
  const at = {
    connection: connection === undefined ? undefined : knownInput(connection.connection.input, connection.template),
    base: plan.base,
  };
  const lines = operation.byHand?.(knownInput(operation.input, made), at);
  if (lines !== undefined) return lines.join('\n');
  const where = on === undefined ? '' : ` on connection \`${on}\``;
  return `do what \`${uses}\`${where} does, with ${JSON.stringify(made)}, and see that it worked`;
}
