import {referencesIn} from '../references.ts';
import type {Doubt, Linted} from './doubt.ts';
import {captureOf} from './probe-of.ts';

/** Siblings prove that the right is gone; only an access that asks about what was taken proves that the integration's own holdings are. */
export function lintCaptures({drill, drivers}: Linted): readonly Doubt[] {
  const taken = Object.entries(drill.capture).filter(([, call]) => captureOf(call, drivers)?.kind === 'taken');
  const asked = Object.values(drill.access).flatMap((access) => referencesIn(access.with));
  if (taken.some(([name]) => asked.some(({context, path}) => context === 'capture' && path[0] === name))) return [];
  const [first] = taken;
  if (first !== undefined) {
    const [name] = first;
    const message = `\`${name}\` is taken, and no access asks about anything that is: whether the integration's own holdings die is not seen. Add an access that uses it.`;
    return [{code: 'no-taken-capture', message, path: ['capture', name], criterion: 'access-removed'}];
  }
  const message =
    Object.keys(drill.capture).length === 0
      ? 'Nothing is captured that the integration really holds: what it held before may live on unseen. Capture it, by `vault/holdings` or `postgres/sessions`.'
      : 'All captures are minted: siblings of what the integration holds, which prove that the right is gone, and not that its own holdings are. Capture those too, by `vault/holdings` or `postgres/sessions`.';
  const path = Object.keys(drill.capture).length === 0 ? ['access'] : ['capture'];
  return [{code: 'no-taken-capture', message, path, criterion: 'access-removed'}];
}
