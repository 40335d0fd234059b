import {parseDuration, renderDuration} from '../../util/duration.ts';
import type {Checking} from '../checking.ts';
import type {OutlinedCall} from '../outline.ts';
import {isRecord} from '../path.ts';

/** What is asked less than twice while everything settles can't be shown to stay dead, or well. */
export function checkTiming({document, outline, report}: Checking): void {
  const settleMs = milliseconds(isRecord(document.value) ? document.value.settle : undefined, 10_000);
  if (settleMs === undefined) return;
  const check = (call: OutlinedCall, what: string): void => {
    const {every} = call.raw;
    const everyMs = milliseconds(every, 1000);
    if (everyMs === undefined || 2 * everyMs <= settleMs) return;
    const found = `${every === undefined ? 'the default of ' : ''}\`${renderDuration(everyMs)}\``;
    report({
      code: 'asked-too-seldom',
      message: `Expected \`every\` to be at most half of \`settle\` (${renderDuration(settleMs)}), got ${found}: what is asked so seldom can't be shown to stay ${what}.`,
      path: every === undefined ? call.path : [...call.path, 'every'],
      ...(every === undefined ? {} : {at: 'value' as const}),
    });
  };
  for (const call of outline.access.values()) check(call, 'dead');
  for (const call of outline.dependents.values()) check(call, 'well');
}

/** Undefined where it is no duration, which is told elsewhere. */
function milliseconds(given: unknown, otherwise: number): number | undefined {
  if (given === undefined) return otherwise;
  const parsed = typeof given === 'string' ? parseDuration(given) : undefined;
  return parsed?.ok === true ? parsed.value : undefined;
}
