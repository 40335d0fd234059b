import type {Checking} from '../checking.ts';
import {neededBy, orderCaptures} from './order-captures.ts';

/** Captures do not need each other in a circle, and each is watched: what nothing asks about proves nothing. */
export function checkCaptures({outline, report}: Checking): void {
  const {captures, access} = outline;
  const [first, ...others] = orderCaptures(captures).cycle;
  if (first !== undefined) {
    const circle = [first, ...others, first].map((name) => `\`${name}\``).join(' → ');
    report({
      code: 'reference-cycle',
      message: `Expected captures that need only others, got a circle: ${circle}.`,
      path: ['capture', first],
    });
  }

  const used = new Set<string>();
  const use = (name: string): void => {
    const call = captures.get(name);
    if (call === undefined || used.has(name)) return;
    used.add(name);
    for (const needed of neededBy(call)) use(needed);
  };
  for (const call of access.values()) for (const name of neededBy(call)) use(name);
  for (const name of captures.keys()) {
    if (used.has(name)) continue;
    const message = `Expected an access to use the capture \`${name}\`, got none. Ask with it, or leave it out.`;
    report({code: 'unused-capture', message, path: ['capture', name]});
  }
}
