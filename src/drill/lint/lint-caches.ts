import {renderDuration} from '../../util/duration.ts';
import type {Access} from '../drill.ts';
import type {Advice, Doubt, Linted} from './doubt.ts';

type Cached = {readonly name: string; readonly ttlMs: number; readonly access: Access};

/** What an application keeps in a cache answers on when the secret is gone: whoever looks for less time may look away too early. */
export function lintCaches({drill}: Linted): readonly (Doubt | Advice)[] {
  const cached = Object.entries(drill.access).flatMap(([name, access]): readonly Cached[] =>
    access.cacheTtlMs === undefined ? [] : [{name, ttlMs: access.cacheTtlMs, access}],
  );
  return [...doubtSettle(cached, drill.settleMs), ...cached.flatMap(adviseLimit)];
}

function doubtSettle(cached: readonly Cached[], settleMs: number): readonly Doubt[] {
  const [longest] = cached.toSorted((a, b) => b.ttlMs - a.ttlMs);
  if (longest === undefined || settleMs >= longest.ttlMs) return [];
  const {name, ttlMs} = longest;
  return [
    {
      code: 'settle-before-cache',
      message: `Expected \`settle\` to be at least the longest \`cache-ttl\` (${renderDuration(ttlMs)}, of \`${name}\`), got ${renderDuration(settleMs)}: a copy that another instance of the application holds may answer again when nobody looks any more. Give \`settle\` as long.`,
      path: ['access', name, 'cache-ttl'],
      criterion: 'access-removed',
    },
  ];
}

/** It may pass all the same: what was not in a cache is denied at once. */
function adviseLimit({name, ttlMs, access: {deniedWithinMs}}: Cached): readonly Advice[] {
  if (deniedWithinMs >= ttlMs) return [];
  return [
    {
      code: 'limit-before-cache',
      message: `Expected \`denied-within\` of \`${name}\` to be at least its \`cache-ttl\` (${renderDuration(ttlMs)}), got ${renderDuration(deniedWithinMs)}: its cache may answer for longer than that, and the drill fails though all is done. Give it as long, unless a step empties the cache.`,
      path: ['access', name, 'denied-within'],
    },
  ];
}
