import {type Checking, findOperation} from '../checking.ts';
import type {OutlinedCall} from '../outline.ts';

/** A list may come from a cache: it is no proof beside which nothing stands. */
export function checkHints(checking: Checking): void {
  const {outline, report} = checking;
  const calls = [...outline.access.values()];
  for (const call of calls) {
    if (!isHint(call, checking)) continue;
    if (calls.some((other) => other.on === call.on && !isHint(other, checking))) continue;
    const where = call.on === undefined ? 'its system' : `\`${call.on}\``;
    const message = `Expected another access on ${where}: \`${call.uses}\` is a hint, since what it says may come from a cache. Add one that does something, such as a call.`;
    report({code: 'hint-only', message, path: [...call.path, 'uses'], at: 'value'});
  }
}

function isHint(call: OutlinedCall, {drivers}: Checking): boolean {
  const found = findOperation(call, drivers);
  return found?.kind === 'probe' && found.operation.hint === true;
}
