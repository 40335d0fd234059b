import type {Action} from '../../contract/operation.ts';
import {type Checking, findOperation} from '../checking.ts';
import type {OutlinedStep} from '../outline.ts';

/** What an operation's own rollback needs is known from the step alone: found missing at rollback, it would leave staging changed. */
export function checkOwnRollback({call, path, rollback}: OutlinedStep, {drivers, report}: Checking): void {
  if (rollback?.none !== undefined || rollback?.uses !== undefined) return;
  const found = findOperation(call, drivers);
  if (found?.kind !== 'action' || found.operation.rollback === undefined) return;
  const {uses} = found.operation.rollback;
  const [driverName = '', name = ''] = uses.split('/');
  const action = drivers.get(driverName)?.actions[name];
  if (action === undefined) throw new Error(`\`${call.uses}\` is rolled back by \`${uses}\`, which there is not`);
  for (const key of missingIn(action, madeOf(found.operation, call.with))) {
    const message = `Expected \`${key}\`: the step's own rollback, \`${uses}\`, needs it. Give it here, or name another \`rollback\`.`;
    report({code: 'bad-rollback', message, path: call.raw.with === undefined ? path : [...path, 'with']});
  }
}

function madeOf(operation: Action, given: unknown): Readonly<Record<string, unknown>> {
  const parsed = operation.input.safeParse(given);
  const input = parsed.success ? parsed.data : given;
  return operation.rollback?.with(input, undefined) ?? {};
}

/** What is a reference has a value by then; what is wrong in another way is another diagnostic's. */
function missingIn(action: Action, made: Readonly<Record<string, unknown>>): readonly string[] {
  const given = Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined));
  const parsed = action.input.safeParse(given);
  if (parsed.success) return [];
  const keys = parsed.error.issues.map(({path}) => String(path[0] ?? ''));
  return [...new Set(keys)].filter((key) => key !== '' && !Object.hasOwn(given, key));
}
