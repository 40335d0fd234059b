import type {OutlinedCall} from '../outline.ts';
import {referencesIn} from '../references.ts';

/** The captures that a capture needs before it, by name. */
export function neededBy(call: Pick<OutlinedCall, 'with'>): ReadonlySet<string> {
  return new Set(
    referencesIn(call.with)
      .filter(({context}) => context === 'capture')
      .map(({path}) => path[0] ?? ''),
  );
}

/** Names in an order in which each needs only those before it; otherwise as written. `cycle` holds those that need each other. */
export function orderCaptures(captures: ReadonlyMap<string, Pick<OutlinedCall, 'with'>>): {
  readonly order: readonly string[];
  readonly cycle: readonly string[];
} {
  const order = new Set<string>();
  const open = new Set<string>();
  let cycle: readonly string[] = [];
  const place = (name: string): void => {
    const call = captures.get(name);
    if (call === undefined || order.has(name)) return;
    if (open.has(name)) {
      const names = [...open];
      if (cycle.length === 0) cycle = names.slice(names.indexOf(name));
      return;
    }
    open.add(name);
    for (const needed of neededBy(call)) place(needed);
    open.delete(name);
    order.add(name);
  };
  for (const name of captures.keys()) place(name);
  return {order: [...order], cycle};
}
