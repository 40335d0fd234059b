import type {Doubt, Linted} from './doubt.ts';
import {probeOf} from './probe-of.ts';

/** A list may come from a cache: it is no proof beside which nothing stands. */
export function lintHints({drill, drivers}: Linted): readonly Doubt[] {
  return Object.entries(drill.access).flatMap(([name, access]): readonly Doubt[] => {
    if (probeOf(access, drivers)?.hint !== true) return [];
    const others = Object.entries(drill.access).filter(([other, {on}]) => other !== name && on === access.on);
    if (others.some(([, other]) => probeOf(other, drivers)?.hint !== true)) return [];
    return [
      {
        code: 'hint-only',
        message: `\`${access.uses}\` is a hint, and the only access on ${access.on === undefined ? 'its system' : `\`${access.on}\``}: what it says may come from a cache. Add one that does something, such as a call.`,
        path: ['access', name],
        criterion: 'access-removed',
      },
    ];
  });
}
